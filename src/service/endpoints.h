/* SPDX-License-Identifier: MIT */
/* endpoints.h: the pipes that clients connect to, one row each.
 *
 * Another pipe of the service is another row in endpoints.c: the listener makes its instances and
 * hands each client over, the row says under which name, to whom, and what serves it. */
#ifndef SERVICE_ENDPOINTS_H
#define SERVICE_ENDPOINTS_H

#include "service/names.h"

#include <windows.h>

struct service;

struct endpoint {
    void (*name)(const char16_t *instance, char16_t name[NAME_UNITS]);
    const char16_t *security; /* SDDL of every instance of the pipe */

    /* Takes over `pipe`, an instance that a client has connected to. Called in the listener's
     * thread, so it returns at once and waits for no client. */
    void (*serve)(struct service *service, HANDLE pipe);
};

enum { ENDPOINT_COUNT = 2 };
extern const struct endpoint endpoints[ENDPOINT_COUNT];

#endif
