/* SPDX-License-Identifier: MIT */
/* connection.h: what the service keeps of a client of the control pipe. Within
 * src/service/control only. */
#ifndef SERVICE_CONTROL_CONNECTION_H
#define SERVICE_CONTROL_CONNECTION_H

#include "control/control.h"
#include "base/win32/account.h"
#include "service/caller.h"
#include "service/connection.h"
#include "service/service.h"
#include "wire/control_request.h"

/* Who asks, for the verbs, and with the token for host.c. */
struct served_caller {
    struct control_caller known; /* what the verbs see */
    const struct caller *caller;
};

struct control_connection {
    struct connection accepted;
    struct control_host host;                   /* the functions of host.h lead back here */
    struct listed_session *attached;            /* ends with this connection; held; NULL: none */
    bool has_asked;                             /* a request was served */
    unsigned char named[SECURITY_MAX_SID_SIZE]; /* the user who was looked up last, and the name: */
    char16_t name[ACCOUNT_UNITS];               /* a domain may take long; empty: nobody yet */
    unsigned char request[CONTROL_REQUEST_MAX_UNITS * sizeof(char16_t)];
};

#endif
