/* SPDX-License-Identifier: MIT */
/* dns_service.h: handles of Dnscache, the service of the DNS client, are not Windows' own. */
#ifndef FAKES_HOOKS_DNS_SERVICE_H
#define FAKES_HOOKS_DNS_SERVICE_H

#include <stdbool.h>
#include <windows.h>

bool dns_service_is(SC_HANDLE handle);

#endif
