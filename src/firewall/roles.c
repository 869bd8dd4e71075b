/* SPDX-License-Identifier: MIT */
#include "firewall/roles.h"

#include "base/text.h"
#include "firewall/kill_switch.h"

/* How many filters a role may have. A role that is retired stays here, with the most that it ever
 * had: what an old version has left must be found. */
static const struct {
    enum filter_role role;
    uint32_t filters;
} roles[] = {
    {ROLE_GATEWAY, GATEWAYS_MAX},
    {ROLE_LOOPBACK, 8},
    {ROLE_TUNNEL, 4 * KILL_SWITCH_TUNNELS},
    {ROLE_DNS, 2},
    {ROLE_DHCPV4_OUT, 1},
    {ROLE_DHCPV4_RENEWAL, 1},
    {ROLE_DHCPV4_IN, 1},
    {ROLE_DHCPV6_OUT, 1},
    {ROLE_DHCPV6_IN, 1},
    {ROLE_ROUTER_SOLICITATION, 1},
    {ROLE_NEIGHBOUR_SOLICITATION, 1},
    {ROLE_NEIGHBOUR_ADVERTISEMENT, 1},
    {ROLE_ROUTER_ADVERTISEMENT, 1},
    {ROLE_NEIGHBOUR_IN, 1},
    {ROLE_MULTICAST_LISTENER, 1},
    {ROLE_MULTICAST_QUERY, 1},
    {ROLE_LAN_V4_OUT, 1},
    {ROLE_LAN_V4_IN, 1},
    {ROLE_LAN_V6_OUT, 1},
    {ROLE_LAN_V6_IN, 1},
    {ROLE_BLOCK, 8},
    {ROLE_FORWARD_OUT, 2 * KILL_SWITCH_TUNNELS},
    {ROLE_FORWARD_BACK, 2 * KILL_SWITCH_TUNNELS},
    {ROLE_FORWARD_BLOCK, 4},
};

struct uuid role_key(const struct firewall_owner *owner, enum filter_role role, uint32_t index)
{
    enum { BYTES_OF_UNIT = 3, BYTES_OF_NUMBERS = 2 * 11 };
    char16_t units[ROLE_INSTANCE_UNITS + BYTES_OF_NUMBERS + 1];
    char name[BYTES_OF_UNIT * ARRAY_COUNT(units)];
    struct text text = TEXT_ON(units);
    text_append(&text, owner->instance);
    text_append_format(&text, "/%u/%u", (unsigned)role, (unsigned)index);
    return uuid_of_name(&owner->space, name, text_to_utf8(units, text.length, name, sizeof(name)));
}

bool role_known_filter(size_t nth, enum filter_role *role, uint32_t *index)
{
    for (size_t i = 0; i < ARRAY_COUNT(roles); i++) {
        *role = roles[i].role;
        *index = (uint32_t)nth;
        if (nth < roles[i].filters)
            return true;
        nth -= roles[i].filters;
    }
    return false;
}
