/* SPDX-License-Identifier: MIT */
/* listener.h: the client pipe: a few instances that wait for clients, each connection handed to a
 * session of its own.
 *
 * Runs in one thread and waits for nothing but connections: identifying a client, turning it away
 * and starting its session never wait for that client. Facts: docs/protocol.md, "Client pipe". */
#ifndef SERVICE_LISTENER_H
#define SERVICE_LISTENER_H

#include "service/service.h"

enum { LISTENER_INSTANCES = 6 };

struct listener {
    struct service *service;
    char16_t name[NAME_UNITS];
    struct listener_slot {
        HANDLE pipe; /* NULL: none could be made, to be tried again */
        OVERLAPPED connecting;
        bool is_connected;
    } slots[LISTENER_INSTANCES];
    bool is_failing; /* the last attempt to listen failed and has been logged */
};

/* Makes the first instance, which only succeeds when nobody else has a pipe of that name. Returns 0
 * or a Win32 error, logged. */
uint32_t listener_open(struct listener *listener, struct service *service);

/* Serves until the service stops. Returns 0, or the Win32 error that made waiting impossible. */
uint32_t listener_run(struct listener *listener);

void listener_close(struct listener *listener);

#endif
