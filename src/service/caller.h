/* SPDX-License-Identifier: MIT */
/* caller.h: identifies the client, and opens files and events with its rights.
 *
 * The client is impersonated in three short functions, which revert before they return: one takes a
 * copy of its token, the others open a file or an event. */
#ifndef SERVICE_STARTUP_CALLER_H
#define SERVICE_STARTUP_CALLER_H

#include "service/failure.h"

struct caller {
    HANDLE token; /* an impersonation token, at the client's level */
    HANDLE stop;  /* an event that ends waiting for the caller's files; NULL: there is none */
    unsigned char sid[SECURITY_MAX_SID_SIZE];
};

/* Takes the identity of the client that has sent the last message on `pipe`. A client that allows
 * less than `least` gets ERROR_BAD_IMPERSONATION_LEVEL. Zero-initialise the caller. */
struct failure caller_identify(HANDLE pipe, SECURITY_IMPERSONATION_LEVEL least,
                               struct caller *caller);
void caller_close(struct caller *caller); /* usable with CLEANUP() */

/* Opens an existing file or folder with the caller's rights. `flags` as for CreateFile. Returns
 * ERROR_TIMEOUT if somebody holds it up for too long (file_deadline.h). */
uint32_t caller_open(const struct caller *caller, const char16_t *path, uint32_t access,
                     uint32_t share, uint32_t flags, HANDLE *file);

/* Whether the token has Administrators among its groups, and not for denials only. */
bool caller_is_administrator(const struct caller *caller);

/* Whether the token has one of Windows' own accounts, or a group of this name, and not for denials
 * only. A name may have to be asked of a domain controller. */
bool caller_is_of(const struct caller *caller, WELL_KNOWN_SID_TYPE account);
bool caller_is_of_group(const struct caller *caller, const char16_t *name);

/* Whether the token is a full one of a log-on: neither restricted by its program, nor an
 * AppContainer's, nor of low integrity. */
bool caller_is_unrestricted(const struct caller *caller);

/* Opens an event to set it, with the rights of the token, which is one of a caller. Never makes
 * one. */
uint32_t token_open_event(HANDLE token, const char16_t *name, HANDLE *event);

/* The session of Windows that the token belongs to. */
uint32_t token_session(HANDLE token, uint32_t *session);

/* The user of the process at the other end of `pipe`, which need not have written anything yet.
 * Returns the size of the SID, or 0 when it cannot be found out. */
uint32_t client_process_user(HANDLE pipe, unsigned char sid[SECURITY_MAX_SID_SIZE]);

/* A token's TOKEN_USER, TOKEN_GROUPS, ... on the heap. Returns 0 or a Win32 error. */
uint32_t token_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void **information);

#endif
