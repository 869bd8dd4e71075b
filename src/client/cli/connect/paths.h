/* SPDX-License-Identifier: MIT */
/* paths.h: finds the paths of a connection's configuration and log. Results are absolute paths. */
#ifndef CLIENT_PATHS_H
#define CLIENT_PATHS_H

#include <stdint.h>
#include <uchar.h>

enum { PATH_UNITS = 1024 };

/* Gets the path of the configuration file that the user named, and its folder. Returns 0 or a Win32
 * code, such as ERROR_FILE_NOT_FOUND; ERROR_DIRECTORY_NOT_SUPPORTED: it is a folder. */
uint32_t paths_config(const char16_t *named, char16_t config[PATH_UNITS],
                      char16_t directory[PATH_UNITS]);

/* Gets the path of the log that the user named; for NULL,
 * %LOCALAPPDATA%\Gatehouse\log\<name of config>.log, and creates its folders. Returns 0 or a Win32
 * code; ERROR_DIRECTORY_NOT_SUPPORTED: it is a folder. */
uint32_t paths_log(const char16_t *named, const char16_t *config, char16_t log[PATH_UNITS]);

#endif
