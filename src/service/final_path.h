/* SPDX-License-Identifier: MIT */
/* final_path.h: where an open file or folder really lies, with links, short names and letter case
 * resolved. */
#ifndef SERVICE_FINAL_PATH_H
#define SERVICE_FINAL_PATH_H

#include "policy/policy.h"

#include <stdint.h>
#include <windows.h>

/* The final path, without \\?\ when it is local. Returns 0 or a Win32 error. */
uint32_t final_path_of(HANDLE file, char16_t path[POLICY_PATH_UNITS]);

/* Whether the path starts with a drive letter and a backslash. */
bool path_is_local(const char16_t *path);

#endif
