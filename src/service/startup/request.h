/* SPDX-License-Identifier: MIT */
/* request.h: from a client's first message to its running openvpn.exe. */
#ifndef SERVICE_STARTUP_REQUEST_H
#define SERVICE_STARTUP_REQUEST_H

#include "policy/policy.h"
#include "service/startup/answer.h"
#include "service/startup/launch.h"
#include "service/service.h"

struct request {
    struct service *service;
    struct pipe *client;
    struct answer *answer;
    char16_t reason[POLICY_REASON_UNITS]; /* where a refusal's text lies */
};

/* Serves the start-up data of the client. On success `child` runs, the client has its process id
 * and the child its standard input. A failure is what the client is to be told; no failure and no
 * child means that there is nobody to tell: the client has gone, or the service stops. */
struct failure request_serve(struct request *request, struct child *child);

#endif
