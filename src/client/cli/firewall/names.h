/* SPDX-License-Identifier: MIT */
/* names.h: asks Windows for the addresses of a name. */
#ifndef CLIENT_NAMES_H
#define CLIENT_NAMES_H

#include "client/cli/firewall/servers.h"

/* A servers_resolver, without a context. Names of other letters are turned into IDNA by Windows. */
uint32_t names_resolve(void *context, const char *host, uint16_t family, struct ip ips[],
                       size_t capacity, size_t *count);

#endif
