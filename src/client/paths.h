/* SPDX-License-Identifier: MIT */
/* paths.h: where the configuration and the log of a connection lie. Paths are absolute. */
#ifndef CLIENT_PATHS_H
#define CLIENT_PATHS_H

#include <stdint.h>
#include <uchar.h>

enum { PATH_UNITS = 1024 };

/* The absolute path of the file the user named, and its folder. Returns 0 or a Win32 code, such as
 * ERROR_FILE_NOT_FOUND. */
uint32_t paths_config(const char16_t *named, char16_t config[PATH_UNITS],
                      char16_t directory[PATH_UNITS]);

/* The log that the user named, or, for NULL, %LOCALAPPDATA%\Gatehouse\log\<name of config>.log,
 * whose folders are made. */
uint32_t paths_log(const char16_t *named, const char16_t *config, char16_t log[PATH_UNITS]);

#endif
