/* SPDX-License-Identifier: MIT */
#include "service/endpoints.h"

#include "service/control/serve.h"
#include "service/session.h"

/* SYSTEM may do everything; nobody else may make an instance (0x4); authenticated users may read
 * and write; anonymous ones may do nothing. The order is not the canonical one on purpose: SYSTEM's
 * right to make instances must be found before Everyone's denial. */
#define CLIENT_PIPE_SECURITY                                                                       \
    u"D:(A;OICI;GA;;;S-1-5-18)(D;OICI;0x4;;;S-1-1-0)(A;OICI;GRGW;;;S-1-5-11)(D;;GA;;;S-1-5-7)"

/* The same, but nothing of lower integrity than a user's ordinary programs may open it, for reading
 * either (the label: no write up, no read up). What runs in an AppContainer may open what its
 * package or all packages are granted, which is nothing here. */
#define CONTROL_PIPE_SECURITY CLIENT_PIPE_SECURITY u"S:(ML;;NWNR;;;ME)"

const struct endpoint endpoints[ENDPOINT_COUNT] = {
    {name_of_client_pipe, CLIENT_PIPE_SECURITY, session_accept},
    {name_of_control_pipe, CONTROL_PIPE_SECURITY, control_accept},
};
