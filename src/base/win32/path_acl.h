/* SPDX-License-Identifier: MIT */
/* path_acl.h: who can change what lies at a path: the file or folder itself, or what the path leads
 * to, by moving a folder above it away. */
#ifndef BASE_WIN32_PATH_ACL_H
#define BASE_WIN32_PATH_ACL_H

#include "base/win32/account.h"
#include "base/win32/file_acl.h"

#include <stdint.h>
#include <uchar.h>

enum { PATH_ACL_UNITS = 1024 };

/* The first that was found. path_finding_free() is for CLEANUP(). */
struct path_finding {
    char16_t path[PATH_ACL_UNITS]; /* what can be changed, or may be: see `error` */
    PSID account;                  /* by whom */
    uint32_t error; /* an access list on the way could not be read: its owner may keep it secret */
    PSECURITY_DESCRIPTOR descriptor;
};
void path_finding_free(struct path_finding *finding);

/* By whom, for a message: the account, or that it cannot be told. */
void path_finding_describe(const struct path_finding *finding, char16_t text[ACCOUNT_UNITS]);

/* Looks at a file and its folder, or at a folder, and at all folders above. That accounts may make
 * folders in a drive's root is no finding: others are in the way there. Zero-initialise the
 * finding. Whoever runs what lies there must look at its `error`, too, when nothing is found. */
bool path_acl_find(const char16_t *path, bool is_file, file_acl_judge *counts, const void *context,
                   struct path_finding *finding);

#endif
