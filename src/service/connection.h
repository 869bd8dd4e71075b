/* SPDX-License-Identifier: MIT */
/* connection.h: a client of one of the service's pipes: its place among the clients, and the thread
 * in which it is served or refused.
 *
 * Nothing is done for a client before it has sent something, every wait has a limit, and the
 * clients of a user and of all are counted from their first moment. */
#ifndef SERVICE_CONNECTION_H
#define SERVICE_CONNECTION_H

#include "service/clients.h"
#include "service/failure.h"
#include "service/pipe_io.h"

struct service;

struct connection {
    const struct connection_type *type;
    struct service *service;
    struct clients *clients;
    struct client_user *user; /* NULL: there are too many clients */
    uint64_t connected;       /* when the client was there: a FILETIME in one number */
    struct pipe pipe;
};

/* What the clients of a pipe have in common. Both functions are called in the client's thread, and
 * return when it has had its time to read what it was sent; it is then disconnected. */
struct connection_type {
    size_t size; /* of the structure that begins with the connection; its other bytes are 0 */
    void (*serve)(struct connection *connection);
    void (*refuse)(struct connection *connection, struct failure reason);
};

/* Takes over `pipe`, an instance to which a client has connected. Returns at once. */
void connection_accept(const struct connection_type *type, struct service *service,
                       struct clients *clients, HANDLE pipe);

/* Reads one message and throws it away: a client that writes before it reads would lose its refusal
 * if the pipe were closed at once. */
void connection_discard(struct connection *connection);

#endif
