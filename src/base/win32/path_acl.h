/* SPDX-License-Identifier: MIT */
/* path_acl.h: who can change what lies at a path: the file or folder itself, or what the path leads
 * to, by moving a folder above it away. */
#ifndef BASE_WIN32_PATH_ACL_H
#define BASE_WIN32_PATH_ACL_H

#include "base/win32/file_acl.h"

#include <uchar.h>

enum { PATH_ACL_UNITS = 1024 };

/* The first that was found. path_finding_free() is for CLEANUP(). */
struct path_finding {
    char16_t path[PATH_ACL_UNITS]; /* what can be changed */
    PSID account;                  /* by whom */
    PSECURITY_DESCRIPTOR descriptor;
};
void path_finding_free(struct path_finding *finding);

/* Looks at a file and its folder, or at a folder, and at all folders above. That accounts may make
 * folders in a drive's root is no finding: others are in the way there. Zero-initialise the
 * finding. */
bool path_acl_find(const char16_t *path, bool is_file, file_acl_judge *counts, const void *context,
                   struct path_finding *finding);

#endif
