/* SPDX-License-Identifier: MIT */
/* spawn.h: starts a program that inherits its three standard handles and no others. */
#ifndef BRIDGE_SPAWN_H
#define BRIDGE_SPAWN_H

#include "bridge.h"

/* The caller's token without its privileges and with Administrators for denial only: like that of
 * an ordinary user, or of an administrator filtered by UAC. */
uint32_t restricted_token(struct request *request, HANDLE *token);

struct spawn {
    wchar_t *command;         /* written to by CreateProcess */
    const wchar_t *directory; /* NULL: this process' */
    HANDLE token;             /* NULL: this process' */
    HANDLE input, output;     /* inheritable; output is also stderr */
    HANDLE job;               /* or NULL */
};

uint32_t spawn(struct request *request, const struct spawn *spawn, PROCESS_INFORMATION *started);

#endif
