/* SPDX-License-Identifier: MIT */
/* session.h: one client from its connection to its end, in a thread of its own.
 *
 * In this order: start-up data, who the client is, what it may do, openvpn.exe, its process id to
 * the client, the text to openvpn.exe's standard input, the requests of openvpn.exe until it ends,
 * undo, and the last reply. Nothing that a client or an openvpn.exe does ends more than its
 * session.
 */
#ifndef SERVICE_SESSION_H
#define SERVICE_SESSION_H

#include "service/service.h"

/* Serves the client that has connected to `pipe`, which it takes over, or refuses it when there are
 * too many clients. Returns at once. */
void session_accept(struct service *service, HANDLE pipe);

#endif
