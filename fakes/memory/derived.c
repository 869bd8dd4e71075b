/* SPDX-License-Identifier: MIT */
/* The routes that Windows derives from the addresses of an interface: they come with an address and
 * go with the last one that has them. Of those that a program has made itself under the same key it
 * leaves both. */
#include "fakes/memory/rows.h"

enum { INFINITE_LIFETIME = 0xffffffff, METRIC = 256, PROTOCOL_LOCAL = 2, MOST_DERIVED = 5 };

static const struct route_settings derived_settings = {
    .metric = METRIC,
    .protocol = PROTOCOL_LOCAL,
    .valid_lifetime = INFINITE_LIFETIME,
    .preferred_lifetime = INFINITE_LIFETIME,
    .autoconfigure_address = 1,
    .immortal = 1,
};

static void derive_route(struct route_key keys[MOST_DERIVED], size_t *count, uint64_t luid,
                         const struct ip *prefix, unsigned length)
{
    struct route_key *key = &keys[(*count)++];
    *key = (struct route_key){luid, *prefix, (uint8_t)length, {.family = prefix->family}};
    ip_cut(&key->prefix, length);
}

static void set_host_bits(struct ip *ip, unsigned length)
{
    for (unsigned bit = length; bit < ip_bits(ip->family); bit++)
        ip->bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

/* The subnet, the address itself, all of the subnet, and multicast; of IPv4 also everybody. */
static size_t derive_routes(const struct address_key *address, unsigned length,
                            struct route_key keys[MOST_DERIVED])
{
    static const struct ip multicast[] = {{FAMILY_4, {0xE0}}, {FAMILY_6, {0xFF}}};
    const uint64_t luid = address->interface_luid;
    const struct ip *ip = &address->address;
    const bool is_ipv4 = ip->family == FAMILY_4;
    struct ip everybody = {.family = FAMILY_4}, all = *ip;
    size_t count = 0;
    derive_route(keys, &count, luid, ip, ip_bits(ip->family));
    if (length < ip_bits(ip->family))
        derive_route(keys, &count, luid, ip, length);
    derive_route(keys, &count, luid, &multicast[!is_ipv4], is_ipv4 ? 4 : 8);
    if (is_ipv4) {
        set_host_bits(&everybody, 0);
        derive_route(keys, &count, luid, &everybody, 32);
        set_host_bits(&all, length);
        if (length < 31)
            derive_route(keys, &count, luid, &all, 32);
    }
    return count;
}

static bool is_same_prefix(const struct route_key *a, const struct route_key *b)
{
    return a->prefix_length == b->prefix_length &&
           ip_is_within(&a->prefix, &b->prefix, a->prefix_length);
}

/* Whether an address of the interface has this route. */
static bool is_derived(const struct fake_machine *machine, const struct route_key *route)
{
    struct route_key keys[MOST_DERIVED];
    for (const struct address_row *row = machine->addresses; row; row = row->hh.next) {
        size_t count = row->key.interface_luid == route->interface_luid
                           ? derive_routes(&row->key, row->settings.prefix_length, keys)
                           : 0;
        while (count > 0)
            if (is_same_prefix(&keys[--count], route))
                return true;
    }
    return false;
}

void derived_routes_come(struct fake_machine *machine, const struct address_key *address,
                         unsigned length)
{
    struct route_key keys[MOST_DERIVED];
    for (size_t count = derive_routes(address, length, keys); count > 0; count--)
        if (!find_route(machine, &keys[count - 1]))
            insert_route(machine, &keys[count - 1], &derived_settings);
}

void derived_routes_go(struct fake_machine *machine, const struct address_key *address,
                       unsigned length)
{
    struct route_key keys[MOST_DERIVED];
    for (size_t count = derive_routes(address, length, keys); count > 0; count--) {
        struct route_row *row = find_route(machine, &keys[count - 1]);
        if (row && row->settings.protocol == PROTOCOL_LOCAL && !is_derived(machine, &row->key))
            remove_route(machine, row);
    }
}
