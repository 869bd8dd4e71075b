/* SPDX-License-Identifier: MIT */
/* The routes that Windows derives from the addresses of an interface (machine.h). */
#include "machine.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>

enum { METRIC = 256, MOST_DERIVED = 5, LOOPBACK_TYPE = 24 };

static unsigned bits_of(const struct machine_ip *ip)
{
    return ip->family == AF_INET ? 32 : 128;
}

/* Sets all bits behind the first `length`, to 0 or 1. */
static void fill_host_bits(struct machine_ip *ip, unsigned length, bool value)
{
    for (unsigned bit = length; bit < bits_of(ip); bit++) {
        const uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        ip->bytes[bit / 8] =
            (uint8_t)(value ? ip->bytes[bit / 8] | mask : ip->bytes[bit / 8] & ~mask);
    }
}

static void derive_route(struct route_row rows[MOST_DERIVED], size_t *count,
                         const struct address_row *address, const struct machine_ip *prefix,
                         unsigned length)
{
    const bool is_advertised = address->prefix_origin == IpPrefixOriginRouterAdvertisement;
    struct route_row *row = &rows[(*count)++];
    *row = (struct route_row){
        .luid = address->luid,
        .created = address->created,
        .prefix = *prefix,
        .next_hop.family = prefix->family,
        .metric = METRIC,
        .protocol = MIB_IPPROTO_LOCAL,
        .origin = is_advertised ? NlroRouterAdvertisement : NlroManual,
        .valid_lifetime = is_advertised ? address->valid_lifetime : INFINITE,
        .preferred_lifetime = is_advertised ? address->preferred_lifetime : INFINITE,
        .prefix_length = (uint8_t)length,
        .autoconfigure_address = 1,
        .immortal = !is_advertised,
    };
    fill_host_bits(&row->prefix, length, false);
}

/* The subnet, the address itself, all of the subnet, and multicast; of IPv4 also everybody. */
static size_t derive_routes(const struct address_row *address, struct route_row rows[MOST_DERIVED])
{
    static const struct machine_ip multicast[] = {{AF_INET, 0, {0xE0}}, {AF_INET6, 0, {0xFF}}};
    const struct machine_ip *ip = &address->address;
    const unsigned length = address->prefix_length;
    const bool is_ipv4 = ip->family == AF_INET;
    struct machine_ip everybody = {.family = AF_INET}, all = *ip;
    size_t count = 0;
    derive_route(rows, &count, address, ip, bits_of(ip));
    if (length < bits_of(ip))
        derive_route(rows, &count, address, ip, length);
    derive_route(rows, &count, address, &multicast[!is_ipv4], is_ipv4 ? 4 : 8);
    if (is_ipv4) {
        fill_host_bits(&everybody, 0, true);
        derive_route(rows, &count, address, &everybody, 32);
        fill_host_bits(&all, length, true);
        if (length < 31)
            derive_route(rows, &count, address, &all, 32);
    }
    return count;
}

static bool is_same_prefix(const struct route_row *a, const struct route_row *b)
{
    return a->luid == b->luid && a->prefix_length == b->prefix_length &&
           machine_ip_equal(&a->prefix, &b->prefix);
}

/* Whether an address of the interface has this route. */
static bool is_derived(struct machine *machine, const struct route_row *route)
{
    struct route_row rows[MOST_DERIVED];
    const struct address_row *address;
    for (size_t cursor = 0; (address = machine_next_address(machine, &cursor));) {
        size_t count = address->luid == route->luid ? derive_routes(address, rows) : 0;
        while (count > 0)
            if (is_same_prefix(&rows[--count], route))
                return true;
    }
    return false;
}

static void add_derived_routes(struct machine *machine, const struct address_row *address)
{
    const struct interface_row *adapter = machine_interface(machine, address->luid, 0);
    struct route_row rows[MOST_DERIVED];
    for (size_t count = derive_routes(address, rows); count > 0; count--) {
        rows[count - 1].loopback = adapter && adapter->type == LOOPBACK_TYPE;
        machine_add_route(machine, &rows[count - 1]);
    }
}

void machine_derive_routes(struct machine *machine, const struct address_row *old,
                           const struct address_row *new)
{
    struct machine windows = *machine;
    struct route_row rows[MOST_DERIVED];
    windows.driver = true;
    for (size_t count = old ? derive_routes(old, rows) : 0; count > 0; count--) {
        const struct route_row *row = machine_route(machine, &rows[count - 1]);
        if (row && row->protocol == MIB_IPPROTO_LOCAL && !is_derived(machine, row))
            machine_delete_route(&windows, &rows[count - 1]);
    }
    if (new)
        add_derived_routes(&windows, new);
}

void machine_derive_all_routes(struct machine *machine)
{
    struct machine windows = *machine;
    const struct route_row *route;
    const struct address_row *address;
    windows.driver = true;
    for (size_t cursor = 0; (route = machine_next_route(machine, &cursor));)
        if (route->autoconfigure_address && route->protocol == MIB_IPPROTO_LOCAL &&
            !is_derived(machine, route))
            machine_delete_route(&windows, route);
    for (size_t cursor = 0; (address = machine_next_address(machine, &cursor));)
        add_derived_routes(&windows, address);
}
