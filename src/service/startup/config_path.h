/* SPDX-License-Identifier: MIT */
/* config_path.h: the final path of a file, with links, short names and letter case resolved, and
 * the two functions by which the option check asks the file system. */
#ifndef SERVICE_STARTUP_CONFIG_PATH_H
#define SERVICE_STARTUP_CONFIG_PATH_H

#include "policy/policy.h"
#include "service/settings.h"
#include "service/caller.h"

/* The final path of an open file or folder, without \\?\ when it is local. Returns 0 or a Win32
 * error.
 */
uint32_t final_path_of(HANDLE file, char16_t path[POLICY_PATH_UNITS]);

/* Whether the path starts with a drive letter and a backslash. */
bool path_is_local(const char16_t *path);

/* A policy that opens files as `caller`. It points into `config_directory`, a buffer. */
struct policy config_policy(const struct caller *caller, const struct settings *settings,
                            char16_t config_directory[POLICY_PATH_UNITS]);

#endif
