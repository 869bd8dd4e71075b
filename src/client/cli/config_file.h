/* SPDX-License-Identifier: MIT */
/* config_file.h: the configuration file that a user names. */
#ifndef CLIENT_CLI_CONFIG_FILE_H
#define CLIENT_CLI_CONFIG_FILE_H

#include "client/cli/connect/paths.h"
#include "client/cli/report.h"

#include <stddef.h>

/* Finds it: `named` is a path, or the name of a file in one of the folders for them (configs.h).
 * Gets its absolute path and its folder. Returns 0 or a Win32 code as paths_config(). */
uint32_t config_file_find(const char16_t *instance, const char16_t *named,
                          char16_t config[PATH_UNITS], char16_t directory[PATH_UNITS]);

/* Reports what is wrong with a file that the user has named. Returns the exit code. */
enum exit_code config_file_refuse(const struct report *report, uint32_t error,
                                  const char16_t *name);

/* Reads all of it, with the rights of the user. The caller frees *bytes. Returns 0 or a Win32 code;
 * ERROR_FILE_TOO_LARGE: it has more than a mebibyte. */
uint32_t config_file_read(const char16_t *path, char **bytes, size_t *size);

#endif
