/* SPDX-License-Identifier: MIT */
/* session.h: one client from its connection to its end, in a thread of its own.
 *
 * In this order: start-up data, who the client is, what it may, openvpn.exe, its process id to the
 * client, the text to openvpn's standard input, the requests of openvpn.exe until it ends, undo,
 * and the last reply. Nothing that a client or an openvpn.exe does ends more than its session. */
#ifndef SERVICE_SESSION_H
#define SERVICE_SESSION_H

#include "service/service.h"

/* Both take `pipe`, connected, and the place over, and return at once. */
void session_start(struct service *service, HANDLE pipe, struct client_user *place);

/* For a client that there is no place for: tells it so. Uses a refusal's place. */
void session_refuse(struct service *service, HANDLE pipe);

#endif
