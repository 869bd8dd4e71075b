/* SPDX-License-Identifier: MIT */
/* path.h: checks and joins Windows paths as text, before any file is opened.
 *
 * Facts: Microsoft, "Naming Files, Paths, and Namespaces". */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include "policy/policy.h"

/* True if the path begins with a drive letter, a colon and a slash or backslash. */
bool path_is_absolute(const char16_t *path);

/* The path behind the prefix \\?\ if that is followed by a drive letter, a colon and a backslash;
 * otherwise the path itself. With the prefix Windows takes the rest as it is written. */
const char16_t *path_without_prefix(const char16_t *path);

/* Joins `file` to the absolute `directory`, which is ignored if `file` is absolute, and whose
 * prefix
 * \\?\ is. Turns '/' into
 * '\', removes empty and "." components and resolves ".." as text, as Windows does. Returns
 *
 * - 0: Windows opens `path` exactly as it is written; resolving it again gives the same path;
 *
 * - ERROR_BAD_PATHNAME for a path that must not be opened: UNC and device paths (\\server, \\?\ of
 *   a file, \\.\), drive-relative ones (C:file, \file), ".." above the root, alternate data
 * streams, names that Windows trims (a dot or blank at the end), reserved device names with or
 * without an extension, control characters, wildcards and other characters that no file name can
 * have;
 *
 * - ERROR_FILENAME_EXCED_RANGE: the path is longer than POLICY_PATH_UNITS allows. */
uint32_t path_resolve(const char16_t *directory, const char16_t *file,
                      char16_t path[POLICY_PATH_UNITS]);

/* True if `path`, which has no "..", is below `directory`, which ends with a backslash. A directory
 * is not below itself. */
bool path_is_below(const struct policy *policy, const char16_t *directory, const char16_t *path);

#endif
