/* SPDX-License-Identifier: MIT */
/* spawn.h: start a program that inherits its three standard handles and nothing else. */
#ifndef BRIDGE_SPAWN_H
#define BRIDGE_SPAWN_H

#include "bridge.h"

/* The caller's token with Administrators for denial only and without its privileges: what an
 * ordinary user, or an administrator whom UAC has filtered, is given. */
uint32_t restricted_token(struct request *request, HANDLE *token);

struct spawn {
    wchar_t *command;         /* written to by CreateProcess */
    const wchar_t *directory; /* NULL: this process' */
    HANDLE token;             /* NULL: this process' */
    HANDLE input, output;     /* inheritable; output is also for errors */
    HANDLE job;               /* or NULL */
};

uint32_t spawn(struct request *request, const struct spawn *spawn, PROCESS_INFORMATION *started);

#endif
