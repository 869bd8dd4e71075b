/* SPDX-License-Identifier: MIT */
/* changeable.h: whether those who are no administrators could change a program.
 *
 * Unusual accounts that can are a warning (install_folder.h); here it is about those with whom the
 * program is no longer what an administrator has installed: every local user, and the caller. */
#ifndef SERVICE_CHANGEABLE_H
#define SERVICE_CHANGEABLE_H

#include "service/caller.h"
#include "base/win32/path_acl.h"

/* Whether every local user, or this caller who is no administrator, could change the file at
 * `path`, what is beside it or what the path leads to; `finding` (zero-initialised) then says where
 * and who. An access list that cannot be read may be a user's, who keeps it secret. An
 * administrator who is filtered by UAC counts as one. Returns 0 or the Win32 error with which the
 * caller's groups cannot be read. */
uint32_t changeable_by_users(const char16_t *path, const struct caller *caller, bool *is_changeable,
                             struct path_finding *finding);

#endif
