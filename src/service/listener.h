/* SPDX-License-Identifier: MIT */
/* listener.h: waits for clients on the pipes of endpoints.h.
 *
 * Of each pipe several instances wait at once. One thread waits for connections and for nothing
 * else: identifying a client, refusing it and starting its session never wait for that client.
 * Facts: docs/protocol.md, "Client pipe". */
#ifndef SERVICE_LISTENER_H
#define SERVICE_LISTENER_H

#include "service/endpoints.h"
#include "service/service.h"

enum { LISTENER_INSTANCES = 6 };

struct listener {
    struct service *service;
    struct listener_pipe {
        const struct endpoint *endpoint;
        char16_t name[NAME_UNITS];
        struct listener_instance {
            HANDLE pipe; /* NULL: it could not be made, and is tried again */
            OVERLAPPED connecting;
            bool is_connected;
        } instances[LISTENER_INSTANCES];
        bool is_failing; /* the last attempt to listen failed and has been logged */
    } pipes[ENDPOINT_COUNT];
};

/* Makes the first instance of each pipe, which only succeeds when nobody else has a pipe of that
 * name. Returns 0 or a Win32 error, logged: nothing is open then. */
uint32_t listener_open(struct listener *listener, struct service *service);

/* Serves until the service stops. Returns 0, or the Win32 error that made waiting impossible. */
uint32_t listener_run(struct listener *listener);

void listener_close(struct listener *listener);

#endif
