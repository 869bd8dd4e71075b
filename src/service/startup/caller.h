/* SPDX-License-Identifier: MIT */
/* caller.h: who the client is, and acting as the client.
 *
 * The client is impersonated twice at most, each time in one short function that reverts before it
 * returns: to take a copy of its token, and to open a file with its rights. */
#ifndef SERVICE_STARTUP_CALLER_H
#define SERVICE_STARTUP_CALLER_H

#include "service/failure.h"
#include "service/settings.h"

enum { CALLER_NAME_UNITS = 257 };

struct caller {
    HANDLE token; /* an impersonation token, at impersonation level */
    unsigned char sid[SECURITY_MAX_SID_SIZE];
};

/* Takes the identity of the client that has sent the last message on `pipe`. A client that allows
 * less than impersonation gets ERROR_BAD_IMPERSONATION_LEVEL. Zero-initialise the caller. */
struct failure caller_identify(HANDLE pipe, struct caller *caller);
void caller_close(struct caller *caller); /* usable with CLEANUP() */

/* Opens an existing file or folder with the caller's rights. `flags` as for CreateFile. */
uint32_t caller_open(const struct caller *caller, const char16_t *path, uint32_t access,
                     uint32_t share, uint32_t flags, HANDLE *file);

/* Whether the caller may use any option: the service user, or a member of Administrators or of the
 * settings' group, by token (a deny-only membership counts) or by the group's list (so that a user
 * who was added a moment ago need not log on again). Logs by what right. */
bool caller_is_authorised(const struct caller *caller, const struct settings *settings);

/* The user of the process at the other end of `pipe`, before it has said anything. Returns the size
 * of the SID, 0 when it cannot be found out. */
uint32_t client_process_user(HANDLE pipe, unsigned char sid[SECURITY_MAX_SID_SIZE]);

/* A token's TOKEN_USER, TOKEN_GROUPS, ... on the heap. Returns 0 or a Win32 error. */
uint32_t token_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void **information);

#endif
