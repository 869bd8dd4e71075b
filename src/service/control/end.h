/* SPDX-License-Identifier: MIT */
/* end.h: ends sessions as their clients would: by the event that openvpn.exe waits for, and after a
 * while by ending the process. */
#ifndef SERVICE_CONTROL_END_H
#define SERVICE_CONTROL_END_H

#include "service/session_list.h"

/* Tells each openvpn.exe to end. After 5 s those that still run are ended. Waits until everything
 * is undone, for 30 s in all, and not while the service stops. What takes longer is left in
 * `sessions`, first and counted. */
void sessions_end(struct session_list *list, struct control_sessions *sessions);

/* The same for a session that nobody waits for: returns when its process is told or made to end. */
void session_end(struct session_list *list, struct listed_session *session);

#endif
