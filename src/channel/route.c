/* SPDX-License-Identifier: MIT */
/* add_route and delete_route: one row of the routing table. */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"

#include <stdio.h>

enum {
    KEY_SIZE = 8 + IP_SIZE + 1 + IP_SIZE,
    STATE_SIZE = 21,
    INFINITE_LIFETIME = 0xffffffff,
    METRIC_NOT_CHOSEN = 0xffffffff,
    PROTOCOL_NETMGMT = 3 /* NL_ROUTE_PROTOCOL: set by a program */
};
_Static_assert((int)STATE_SIZE <= (int)STATE_SMALL_SIZE, "a route must be a small state");

/* ---- canonical bytes ---- */

static void store_key(unsigned char at[KEY_SIZE], const struct route_key *key)
{
    store_u64(at, key->interface_luid);
    ip_store(at + 8, &key->prefix);
    at[8 + IP_SIZE] = key->prefix_length;
    ip_store(at + 8 + IP_SIZE + 1, &key->next_hop);
}

static struct route_key load_key(struct bytes key)
{
    const unsigned char *at = key.at;
    return (struct route_key){
        .interface_luid = load_u64(at),
        .prefix = ip_load(at + 8),
        .prefix_length = at[8 + IP_SIZE],
        .next_hop = ip_load(at + 8 + IP_SIZE + 1),
    };
}

static void store_settings(unsigned char at[STATE_SIZE], const struct route_settings *settings)
{
    store_u32(at, settings->metric);
    store_u32(at + 4, settings->protocol);
    store_u32(at + 8, settings->valid_lifetime);
    store_u32(at + 12, settings->preferred_lifetime);
    at[16] = settings->site_prefix_length;
    at[17] = settings->loopback;
    at[18] = settings->autoconfigure_address;
    at[19] = settings->publish;
    at[20] = settings->immortal;
}

static struct route_settings load_settings(struct bytes state)
{
    const unsigned char *at = state.at;
    return (struct route_settings){
        .metric = load_u32(at),
        .protocol = load_u32(at + 4),
        .valid_lifetime = load_u32(at + 8),
        .preferred_lifetime = load_u32(at + 12),
        .site_prefix_length = at[16],
        .loopback = at[17],
        .autoconfigure_address = at[18],
        .publish = at[19],
        .immortal = at[20],
    };
}

/* ---- the kind ---- */

static bool is_valid(struct bytes key, struct bytes state)
{
    const unsigned char *at = key.at;
    if (key.size != KEY_SIZE || (state.size && state.size != STATE_SIZE) || !ip_is_valid(at + 8) ||
        !ip_is_valid(at + 8 + IP_SIZE + 1))
        return false;
    const struct route_key route = load_key(key);
    return route.prefix.family == route.next_hop.family &&
           !check_prefix((int16_t)route.prefix.family, route.prefix_length);
}

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct route_key route = load_key(key);
    struct route_settings settings;
    uint32_t error = network->get_route(network, &route, &settings);
    if (error)
        return absent_if_gone(error, state);
    state->size = STATE_SIZE;
    store_settings(state->bytes, &settings);
    return 0;
}

static uint32_t change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct route_key route = load_key(key);
    if (!to.size)
        return network->delete_route(network, &route);
    const struct route_settings settings = load_settings(to);
    return from.size ? network->set_route(network, &route, &settings)
                     : network->create_route(network, &route, &settings);
}

/* The client chose the metric, perhaps, and Windows keeps the protocol; the rest Windows may fill
 * in as it likes. */
static bool satisfies(struct bytes found, struct bytes wanted)
{
    const struct route_settings have = load_settings(found);
    const struct route_settings want = load_settings(wanted);
    return have.protocol == want.protocol &&
           (want.metric == METRIC_NOT_CHOSEN || have.metric == want.metric);
}

static void describe(struct bytes key, char *text, size_t size)
{
    const struct route_key route = load_key(key);
    char prefix[IP_TEXT_SIZE], next_hop[IP_TEXT_SIZE];
    ip_text(&route.prefix, prefix);
    ip_text(&route.next_hop, next_hop);
    snprintf(text, size, "route %s/%u via %s on interface %016llx", prefix, route.prefix_length,
             next_hop, (unsigned long long)route.interface_luid);
}

const struct kind route_kind = {
    .name = "route",
    .number = KIND_ROUTE,
    .lifetime = LIFETIME_BOOT,
    .is_valid = is_valid,
    .identify = identify_interface,
    .probe = probe,
    .change = change,
    .satisfies = satisfies,
    .describe = describe,
};

/* ---- the messages ---- */

static uint32_t read_key(struct channel *channel, const struct message_route *route,
                         unsigned char key[KEY_SIZE])
{
    struct route_key parts = {0};
    uint32_t error = check_prefix(route->family, route->prefix_length);
    if (!error)
        error = interface_luid(channel->network, &route->interface, &parts.interface_luid);
    if (error)
        return error;
    parts.prefix = ip_of(route->family, &route->prefix);
    parts.prefix_length = (uint8_t)route->prefix_length;
    parts.next_hop = ip_of(route->family, &route->gateway);
    store_key(key, &parts);
    return 0;
}

uint32_t route_add(struct channel *channel, const struct message *message)
{
    unsigned char key[KEY_SIZE], state[STATE_SIZE];
    const struct route_settings settings = {
        .metric = (uint32_t)message->route.metric,
        .protocol = PROTOCOL_NETMGMT,
        .valid_lifetime = INFINITE_LIFETIME,
        .preferred_lifetime = INFINITE_LIFETIME,
    };
    uint32_t error = read_key(channel, &message->route, key);
    if (error)
        return error;
    store_settings(state, &settings);
    return ledger_add(channel->ledger, &channel->changes, &route_kind,
                      (struct bytes){key, sizeof(key)}, (struct bytes){state, sizeof(state)});
}

uint32_t route_delete(struct channel *channel, const struct message *message)
{
    unsigned char key[KEY_SIZE];
    uint32_t error = read_key(channel, &message->route, key);
    if (error)
        return error;
    return ledger_delete(channel->ledger, &channel->changes, &route_kind,
                         (struct bytes){key, sizeof(key)});
}
