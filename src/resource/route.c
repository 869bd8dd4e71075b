/* SPDX-License-Identifier: MIT */
#include "resource/route.h"

#include "base/bytes.h"
#include "resource/interface.h"
#include "resource/kinds.h"

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

static void route_store_key(unsigned char at[KEY_SIZE], const struct route_key *key)
{
    store_u64(at, key->interface_luid);
    ip_store(at + 8, &key->prefix);
    at[8 + IP_SIZE] = key->prefix_length;
    ip_store(at + 8 + IP_SIZE + 1, &key->next_hop);
}

static struct route_key route_load_key(struct bytes key)
{
    const unsigned char *at = key.at;
    return (struct route_key){
        .interface_luid = load_u64(at),
        .prefix = ip_load(at + 8),
        .prefix_length = at[8 + IP_SIZE],
        .next_hop = ip_load(at + 8 + IP_SIZE + 1),
    };
}

static void route_store_settings(unsigned char at[STATE_SIZE],
                                 const struct route_settings *settings)
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

static struct route_settings route_load_settings(struct bytes state)
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

static bool route_is_valid(struct bytes key, struct bytes state)
{
    if (key.size != KEY_SIZE || (state.size && state.size != STATE_SIZE))
        return false;
    const struct route_key route = route_load_key(key);
    return ip_is_valid(&route.prefix) && ip_is_valid(&route.next_hop) &&
           route.prefix.family == route.next_hop.family &&
           ip_prefix_is_valid(route.prefix.family, route.prefix_length);
}

static uint32_t route_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct route_key route = route_load_key(key);
    struct route_settings settings;
    uint32_t error = network->get_route(network, &route, &settings);
    if (error)
        return absent_if_gone(error, state);
    state->size = STATE_SIZE;
    route_store_settings(state->bytes, &settings);
    return 0;
}

static uint32_t route_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct route_key route = route_load_key(key);
    if (!to.size)
        return network->delete_route(network, &route);
    const struct route_settings settings = route_load_settings(to);
    return from.size ? network->set_route(network, &route, &settings)
                     : network->create_route(network, &route, &settings);
}

/* The client chose the metric, perhaps, and Windows keeps the protocol; the rest Windows may fill
 * in as it likes. */
static bool route_satisfies(struct bytes found, struct bytes wanted)
{
    const struct route_settings have = route_load_settings(found);
    const struct route_settings want = route_load_settings(wanted);
    return have.protocol == want.protocol &&
           (want.metric == METRIC_NOT_CHOSEN || have.metric == want.metric);
}

static void route_describe(struct bytes key, char *text, size_t size)
{
    const struct route_key route = route_load_key(key);
    char prefix[IP_LINE_SIZE], next_hop[IP_LINE_SIZE];
    ip_to_line(&route.prefix, prefix);
    ip_to_line(&route.next_hop, next_hop);
    snprintf(text, size, "route %s/%u via %s on interface %016llx", prefix, route.prefix_length,
             next_hop, (unsigned long long)route.interface_luid);
}

const struct kind route_kind = {
    .name = "route",
    .number = KIND_ROUTE,
    .lifetime = LIFETIME_BOOT,
    .is_valid = route_is_valid,
    .identify = interface_identify,
    .probe = route_probe,
    .change = route_change,
    .satisfies = route_satisfies,
    .describe = route_describe,
};

uint32_t route_add(struct ledger *ledger, struct ledger_session *session,
                   const struct route_key *key, uint32_t metric)
{
    unsigned char key_bytes[KEY_SIZE], state[STATE_SIZE];
    const struct route_settings settings = {
        .metric = metric,
        .protocol = PROTOCOL_NETMGMT,
        .valid_lifetime = INFINITE_LIFETIME,
        .preferred_lifetime = INFINITE_LIFETIME,
    };
    route_store_key(key_bytes, key);
    route_store_settings(state, &settings);
    return ledger_add(ledger, session, &route_kind, (struct bytes){key_bytes, KEY_SIZE},
                      (struct bytes){state, STATE_SIZE});
}

uint32_t route_delete(struct ledger *ledger, struct ledger_session *session,
                      const struct route_key *key)
{
    unsigned char key_bytes[KEY_SIZE];
    route_store_key(key_bytes, key);
    return ledger_delete(ledger, session, &route_kind, (struct bytes){key_bytes, KEY_SIZE});
}
