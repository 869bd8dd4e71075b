/* SPDX-License-Identifier: MIT */
#include "fakes/memory/machine.h"

#include <stdlib.h>
#include <string.h>

enum { INFINITE_LIFETIME = 0xffffffff };

/* NL_PREFIX_ORIGIN, NL_SUFFIX_ORIGIN */
enum { MANUAL = 1, WELL_KNOWN = 2, DHCP = 3, LINK_LAYER = 4 };

/* NL_ROUTE_PROTOCOL */
enum { PROTOCOL_LOCAL = 2, PROTOCOL_NETMGMT = 3 };

/* NET_LUID: the interface type (6 Ethernet, 71 wireless) above a number of the system's choice. */
#define LUID(type, number) ((uint64_t)(type) << 48 | (uint64_t)(number) << 24)

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        .family = 2, .bytes = { a, b, c, d }                                                       \
    }
#define LINK_LOCAL(last)                                                                           \
    {                                                                                              \
        .family = 23, .bytes = { [0] = 0xFE, [1] = 0x80, [15] = (last) }                           \
    }
#define V6_NONE                                                                                    \
    {                                                                                              \
        .family = 23                                                                               \
    }

static const struct machine_interface interfaces[] = {
    {POPULATED_ETHERNET, LUID(6, 0x8001), "Ethernet"},
    {POPULATED_WIFI, LUID(71, 0x8002), "Wi-Fi"},
    {POPULATED_TAP, LUID(6, 0x8003), "OpenVPN TAP-Windows6"},
    {POPULATED_VPN, LUID(6, 0x8004), "Local Area Connection 2"},
    {POPULATED_UMLAUT, LUID(6, 0x8005), "B\xC3\xBCro-VPN"},
};

static const struct {
    uint32_t interface;
    struct ip address;
    struct address_settings settings;
} addresses[] = {
    {POPULATED_ETHERNET, V4(192, 168, 1, 23), {24, 0, DHCP, DHCP, 86400, 43200}},
    {POPULATED_WIFI, V4(192, 168, 1, 57), {24, 1, DHCP, DHCP, 7200, 3600}},
    {POPULATED_TAP,
     V4(10, 98, 0, 1),
     {16, 0, MANUAL, MANUAL, INFINITE_LIFETIME, INFINITE_LIFETIME}},
    {POPULATED_ETHERNET,
     LINK_LOCAL(5),
     {64, 0, WELL_KNOWN, LINK_LAYER, INFINITE_LIFETIME, INFINITE_LIFETIME}},
    {POPULATED_TAP,
     LINK_LOCAL(9),
     {64, 0, WELL_KNOWN, LINK_LAYER, INFINITE_LIFETIME, INFINITE_LIFETIME}},
};

#define ROUTE_SETTINGS(metric, protocol, publish)                                                  \
    {                                                                                              \
        metric, protocol, INFINITE_LIFETIME, INFINITE_LIFETIME, 0, 0, 1, publish, 1                \
    }

static const struct {
    uint32_t interface;
    struct ip prefix;
    uint8_t prefix_length;
    struct ip next_hop;
    struct route_settings settings;
} routes[] = {
    {POPULATED_ETHERNET, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1),
     ROUTE_SETTINGS(0, PROTOCOL_NETMGMT, 0)},
    {POPULATED_WIFI,
     V4(0, 0, 0, 0),
     0,
     V4(192, 168, 1, 1),
     {25, PROTOCOL_NETMGMT, 7200, 3600, 0, 0, 1, 1, 0}},
    {POPULATED_ETHERNET, V4(192, 168, 1, 0), 24, V4(0, 0, 0, 0),
     ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_ETHERNET, V4(192, 168, 1, 23), 32, V4(0, 0, 0, 0),
     ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_WIFI, V4(192, 168, 1, 0), 24, V4(0, 0, 0, 0),
     ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_WIFI, V4(192, 168, 1, 57), 32, V4(0, 0, 0, 0),
     ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_TAP, V4(10, 98, 0, 0), 16, V4(0, 0, 0, 0), ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_TAP, V4(10, 99, 0, 0), 16, V4(10, 8, 0, 1), ROUTE_SETTINGS(50, PROTOCOL_NETMGMT, 1)},
    {POPULATED_ETHERNET, LINK_LOCAL(0), 64, V6_NONE, ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_TAP, LINK_LOCAL(0), 64, V6_NONE, ROUTE_SETTINGS(256, PROTOCOL_LOCAL, 0)},
    {POPULATED_ETHERNET, V6_NONE, 0, LINK_LOCAL(1), ROUTE_SETTINGS(25, PROTOCOL_NETMGMT, 0)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t luid_of(uint32_t index)
{
    for (size_t i = 0; i < COUNT(interfaces); i++) {
        if (interfaces[i].index == index)
            return interfaces[i].luid;
    }
    abort();
}

static void must(uint32_t error)
{
    if (error)
        abort();
}

static void populate_settings(struct fake_machine *machine, struct network *network)
{
    const struct interface_metric chosen = {.automatic = 0, .metric = 50};
    const uint64_t wifi = luid_of(POPULATED_WIFI), tap = luid_of(POPULATED_TAP);
    must(network->set_metric(network, wifi, 2, &chosen));
    must(network->set_metric(network, wifi, 23, &chosen));
    must(network->set_mtu(network, tap, 2, 1400));
    machine_remove_ipv6(machine, POPULATED_UMLAUT);
}

void machine_populate(struct fake_machine *machine)
{
    struct network *network = machine_network(machine);
    for (size_t i = 0; i < COUNT(interfaces); i++)
        machine_add_interface(machine, interfaces[i].index, interfaces[i].luid,
                              interfaces[i].alias);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct address_key key = {luid_of(addresses[i].interface), addresses[i].address};
        must(network->create_address(network, &key, &addresses[i].settings));
    }
    for (size_t i = 0; i < COUNT(routes); i++) {
        struct route_key key = {luid_of(routes[i].interface), routes[i].prefix,
                                routes[i].prefix_length, routes[i].next_hop};
        must(network->create_route(network, &key, &routes[i].settings));
    }
    populate_settings(machine, network);
}
