/* SPDX-License-Identifier: MIT */
/* serve.h: one client of the control pipe from its connection to its end, in a thread of its own.
 *
 * As on the client pipe: nothing is done for a client before it has sent something, every wait has
 * a limit, and the connections of a user and of all are limited, counted from the beginning. The
 * caller is who its token says. Facts: docs/protocol.md, "Control pipe". */
#ifndef SERVICE_CONTROL_SERVE_H
#define SERVICE_CONTROL_SERVE_H

#include "service/service.h"

/* Serves the client that has connected to `pipe`, which it takes over, or refuses it when there are
 * too many. Returns at once. */
void control_accept(struct service *service, HANDLE pipe);

#endif
