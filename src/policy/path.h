/* SPDX-License-Identifier: MIT */
/* path.h: Windows paths as text, before any of them is opened.
 *
 * Facts: Microsoft, "Naming Files, Paths, and Namespaces". */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include "policy/policy.h"

/* Joins `file` to the absolute `directory` unless it is absolute itself (the directory is not
 * looked at then), turns '/' into '\', drops empty and "." components and resolves "..", as text,
 * which is how Windows does it too. Returns 0, or ERROR_BAD_PATHNAME for what must not even be
 * opened: UNC and device paths (\\server, \\?\, \\.\), drive-relative ones (C:file, \file), ".."
 * above the root, alternate data streams, names that Windows trims (trailing dot or blank),
 * reserved device names with or without an extension, control characters, wildcards and the other
 * characters that no file name can have; ERROR_FILENAME_EXCED_RANGE when it does not fit. What it
 * returns it would return again: it is a path that Windows takes as it is written. */
uint32_t path_resolve(const char16_t *directory, const char16_t *file,
                      char16_t path[POLICY_PATH_UNITS]);

/* True when `path`, which has no "..", names something below `directory`, which ends in a
 * backslash; the directory is not below itself. */
bool path_is_below(const struct policy *policy, const char16_t *directory, const char16_t *path);

#endif
