/* SPDX-License-Identifier: MIT */
/* roles.h: the names of all objects that the kill switch has in the filtering platform.
 *
 * An object's key is the UUID of a name (RFC 9562, version 5) in the name space of the product:
 *
 *     name = instance "/" role "/" index      ; UTF-8, numbers in decimal: "/19/0"
 *
 * So each version finds what any other has added, and no brand and no instance touches another's.
 * A role's number is never changed and never used again. */
#ifndef FIREWALL_ROLES_H
#define FIREWALL_ROLES_H

#include "base/uuid.h"

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum filter_role {
    ROLE_PROVIDER = 1,
    ROLE_SUBLAYER = 2,
    /* filters */
    ROLE_GATEWAY = 10,
    ROLE_LOOPBACK = 11,
    ROLE_TUNNEL = 12,
    ROLE_DNS = 13,
    ROLE_DHCPV4_OUT = 14,
    ROLE_DHCPV4_RENEWAL = 15,
    ROLE_DHCPV4_IN = 16,
    ROLE_DHCPV6_OUT = 17,
    ROLE_DHCPV6_IN = 18,
    ROLE_ROUTER_SOLICITATION = 19,
    ROLE_NEIGHBOUR_SOLICITATION = 20,
    ROLE_NEIGHBOUR_ADVERTISEMENT = 21,
    ROLE_ROUTER_ADVERTISEMENT = 22, /* and redirects */
    ROLE_NEIGHBOUR_IN = 23,
    ROLE_MULTICAST_LISTENER = 24,
    ROLE_MULTICAST_QUERY = 25,
    ROLE_LAN_V4_OUT = 26,
    ROLE_LAN_V4_IN = 27,
    ROLE_LAN_V6_OUT = 28,
    ROLE_LAN_V6_IN = 29,
    ROLE_BLOCK = 30,
    ROLE_FORWARD_OUT = 31,
    ROLE_FORWARD_BACK = 32,
    ROLE_FORWARD_BLOCK = 33,
    FILTER_ROLES /* behind the last one */
};

/* Whose objects they are. */
struct firewall_owner {
    struct uuid space;        /* of the product */
    const char16_t *instance; /* of the service, at most ROLE_INSTANCE_UNITS; empty: the default */
};
enum { ROLE_INSTANCE_UNITS = 128 };

/* The key of an object; the index is 0 for the provider and the sublayer. */
struct uuid role_key(const struct firewall_owner *owner, enum filter_role role, uint32_t index);

/* The keys of all filters that any version may have added, those of retired roles too: `nth` counts
 * from 0 on. Returns false behind the last one. */
bool role_known_filter(size_t nth, enum filter_role *role, uint32_t *index);

#endif
