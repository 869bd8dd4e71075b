/* SPDX-License-Identifier: MIT */
/* identity.h: whose token a token is.
 *
 * An owner is OWNER_UNKNOWN (the real token's answers are used), OWNER_SERVICE (this process) or
 * the process id of a pipe client. Each token handle that the program gets is remembered with its
 * owner, and each thread with the owner that it impersonates. A client has two tokens: that of its
 * process, and the one that it shows to the pipe's server, at the level that it allows. */
#ifndef FAKES_HOOKS_IDENTITY_H
#define FAKES_HOOKS_IDENTITY_H

#include "watch.h"

#include <windows.h>

enum { OWNER_UNKNOWN = 0, OWNER_SERVICE = 1 };

void identity_prepare(void); /* once, before the hooks are used */

uint32_t token_owner(HANDLE token);
/* OWNER_UNKNOWN when the thread does not impersonate. */
uint32_t thread_owner(void);

/* Whether it is, or is a copy of, the token of the owner's process. */
bool token_is_of_process(HANDLE token);

/* The SECURITY_IMPERSONATION_LEVEL that the token, or the one that the thread impersonates with,
 * allows. Both take the machine's lock. */
uint32_t token_level(HANDLE token);
uint32_t thread_level(void);

/* The owner's persona: that of its process id, else the default one, else NULL. The machine's lock
 * must be held. */
const struct persona *persona_of(uint32_t owner);

#endif
