/* SPDX-License-Identifier: MIT */
/* caller.h: identifies the client, and opens files with its rights.
 *
 * The client is impersonated in two short functions, which revert before they return: one takes a
 * copy of its token, the other opens a file. */
#ifndef SERVICE_STARTUP_CALLER_H
#define SERVICE_STARTUP_CALLER_H

#include "service/failure.h"

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

/* The user of the process at the other end of `pipe`, which need not have written anything yet.
 * Returns the size of the SID, or 0 when it cannot be found out. */
uint32_t client_process_user(HANDLE pipe, unsigned char sid[SECURITY_MAX_SID_SIZE]);

/* A token's TOKEN_USER, TOKEN_GROUPS, ... on the heap. Returns 0 or a Win32 error. */
uint32_t token_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void **information);

#endif
