/* SPDX-License-Identifier: MIT */
/* request.h: serves a client's start-up message, up to the running openvpn.exe. */
#ifndef SERVICE_STARTUP_REQUEST_H
#define SERVICE_STARTUP_REQUEST_H

#include "policy/policy.h"
#include "service/startup/answer.h"
#include "service/clients.h"
#include "service/profile_store.h"
#include "service/startup/launch.h"
#include "service/session_list.h"
#include "service/settings.h"

struct request {
    const struct settings *settings;
    HANDLE stop; /* an event: the service stops */
    struct pipe *client;
    struct answer *answer;
    struct session_list *sessions;
    struct listed_session *listed; /* once there is an openvpn.exe: it is in the list */
    struct client_user *user;
    struct profile_copies *copies; /* of the user's profiles: openvpn.exe reads them */
    bool is_authorised;            /* known to be; false: not looked up, or not authorised */
    struct policy_refusal refusal;
};

/* Reads and serves the start-up message of the client. After success `child` runs, the session is
 * listed, the client has the process id, and the child its standard input. A failure is to be sent
 * to the client. No failure and no child means that there is no client to answer: it has gone, or
 * the service stops.
 */
struct failure request_serve(struct request *request, struct child *child);

#endif
