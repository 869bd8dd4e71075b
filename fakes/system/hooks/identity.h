/* SPDX-License-Identifier: MIT */
/* identity.h: who is behind a token.
 *
 * An owner is OWNER_UNKNOWN (the real token answers), OWNER_SERVICE (this process) or the process
 * id of a pipe client. Each token handle that the program gets is remembered with its owner, each
 * thread with the owner that it impersonates. */
#ifndef FAKES_HOOKS_IDENTITY_H
#define FAKES_HOOKS_IDENTITY_H

#include "watch.h"

#include <windows.h>

enum { OWNER_UNKNOWN = 0, OWNER_SERVICE = 1 };

void identity_prepare(void); /* once, before the hooks work */

uint32_t token_owner(HANDLE token);
void token_set_owner(HANDLE token, uint32_t owner);
/* OWNER_UNKNOWN when the thread does not impersonate. */
uint32_t thread_owner(void);
void thread_set_owner(uint32_t owner);

/* The persona that plays the owner: the one of that process id, else the default one, else NULL.
 * The machine's lock is held. */
const struct persona *persona_of(uint32_t owner);
/* SECURITY_IMPERSONATION_LEVEL that the owner grants. Takes the lock itself. */
uint32_t persona_level(uint32_t owner);

#endif
