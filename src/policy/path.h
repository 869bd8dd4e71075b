/* SPDX-License-Identifier: MIT */
/* path.h: Windows paths as text, before any of them is opened. */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include "policy/policy.h"

/* Joins `file` to the absolute `directory` unless it is absolute itself, resolves "." and "..",
 * turns
 * '/' into '\'. Returns 0, or ERROR_BAD_PATHNAME for what must not even be opened: UNC and device
 * paths (\\server, \\?\, \\.\), drive-relative ones (C:file, \file), alternate data streams, names
 * that Windows trims (trailing dot or blank), reserved device names, control characters, wildcards;
 * ERROR_FILENAME_EXCED_RANGE when it does not fit. */
uint32_t path_resolve(const char16_t *directory, const char16_t *file,
                      char16_t path[POLICY_PATH_UNITS]);

/* True when `path` names something below `directory` (which ends in a backslash). */
bool path_is_below(const struct policy *policy, const char16_t *directory, const char16_t *path);

#endif
