/* SPDX-License-Identifier: MIT */
/* config_path.h: where a path really leads, once all links, short names and letter cases are out of
 * the way: the two questions that the option check asks of the file system. */
#ifndef SERVICE_STARTUP_CONFIG_PATH_H
#define SERVICE_STARTUP_CONFIG_PATH_H

#include "policy/policy.h"
#include "service/startup/caller.h"

/* The path of an open file or folder, normalised, without \\?\ when it is a local one. Returns 0 or
 * a Win32 error. */
uint32_t final_path_of(HANDLE file, char16_t path[POLICY_PATH_UNITS]);

/* A local path starts with a drive letter; what is left of others is \\?\. */
bool path_is_local(const char16_t *path);

/* A policy that asks as `caller`. `config_directory` is a buffer that must live as long as it. */
struct policy config_policy(const struct caller *caller, const struct settings *settings,
                            char16_t config_directory[POLICY_PATH_UNITS]);

#endif
