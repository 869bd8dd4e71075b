/* SPDX-License-Identifier: MIT */
#include "resource/route.h"

#include "base/errors.h"
#include "resource/fields.h"
#include "resource/interface.h"
#include "resource/kinds.h"

#include <stdio.h>

enum {
    INFINITE_LIFETIME = 0xffffffff,
    METRIC_NOT_CHOSEN = 0xffffffff,
    PROTOCOL_LOCAL = 2,  /* NL_ROUTE_PROTOCOL: Windows has derived it from an address */
    PROTOCOL_NETMGMT = 3 /* set by a program */
};

static const struct field route_key_fields[] = {
    FIELD(struct route_key, interface_luid, 8),
    FIELD_OF_IP(struct route_key, prefix),
    FIELD(struct route_key, prefix_length, 1),
    FIELD_OF_IP(struct route_key, next_hop),
};
static const struct field_table route_key_table = FIELD_TABLE(route_key_fields);

static const struct field route_settings_fields[] = {
    FIELD(struct route_settings, metric, 4),
    FIELD(struct route_settings, protocol, 4),
    FIELD(struct route_settings, valid_lifetime, 4),
    FIELD(struct route_settings, preferred_lifetime, 4),
    FIELD(struct route_settings, site_prefix_length, 1),
    FIELD(struct route_settings, loopback, 1),
    FIELD(struct route_settings, autoconfigure_address, 1),
    FIELD(struct route_settings, publish, 1),
    FIELD(struct route_settings, immortal, 1),
};
static const struct field_table route_settings_table = FIELD_TABLE(route_settings_fields);

static struct route_key route_load_key(struct bytes key)
{
    struct route_key route = {0};
    fields_load(&route_key_table, key, &route);
    return route;
}

static struct route_settings route_load_settings(struct bytes state)
{
    struct route_settings settings = {0};
    fields_load(&route_settings_table, state, &settings);
    return settings;
}

/* ---- the kind ---- */

static bool route_is_valid(struct bytes key, struct bytes state)
{
    if (!fields_are_valid(&route_key_table, key) ||
        (state.size && !fields_are_valid(&route_settings_table, state)))
        return false;
    const struct route_key route = route_load_key(key);
    return route.prefix.family == route.next_hop.family &&
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
    return fields_store_state(&route_settings_table, &settings, state);
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

/* Whether a route without next hop reaches `ip` on the interface: of a gateway outside of every
 * subnet, as cloud providers and PPP have it. */
static uint32_t route_reaches(struct network *network, uint64_t luid, const struct ip *ip,
                              bool *reaches)
{
    struct route_settings ignored;
    struct route_key route = {luid, *ip, 0, {.family = ip->family}};
    uint32_t error = ERROR_NOT_FOUND;
    for (unsigned length = ip_bits(ip->family) + 1; error == ERROR_NOT_FOUND && length-- > 0;) {
        route.prefix_length = (uint8_t)length;
        ip_cut(&route.prefix, length);
        error = network->get_route(network, &route, &ignored);
    }
    *reaches = !error;
    return error == ERROR_NOT_FOUND ? 0 : error;
}

static uint32_t route_is_on_link(struct network *network, const struct route_key *route,
                                 bool *is_on_link)
{
    const struct ip none = {.family = route->next_hop.family};
    *is_on_link = ip_is_link_local(&route->next_hop) ||
                  ip_is_within(&route->next_hop, &none, ip_bits(none.family));
    if (*is_on_link)
        return 0;
    uint32_t error =
        network->is_in_subnet(network, route->interface_luid, &route->next_hop, is_on_link);
    if (error || *is_on_link)
        return error;
    return route_reaches(network, route->interface_luid, &route->next_hop, is_on_link);
}

/* Windows takes a route through a gateway that no link of the interface reaches, so the network to
 * which it belonged must be found out here. A default route that was there before us is better than
 * none. */
static uint32_t route_find_obstacle(void *context, struct bytes key, bool is_undo,
                                    const char **obstacle)
{
    struct network *network = context;
    const struct route_key route = route_load_key(key);
    bool is_on_link, has_another = true;
    uint32_t error = route_is_on_link(network, &route, &is_on_link);
    if (!error && !is_on_link && is_undo && !route.prefix_length)
        error = network->has_default_route(network, route.interface_luid, route.prefix.family,
                                           &has_another);
    *obstacle = error || is_on_link || !has_another ? NULL : "its next hop is not on link";
    return error;
}

/* Compares the protocol, and the metric if the client chose one. Windows fills in the rest. */
static bool route_satisfies(struct bytes found, struct bytes desired)
{
    const struct route_settings have = route_load_settings(found);
    const struct route_settings want = route_load_settings(desired);
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
    .find_obstacle = route_find_obstacle,
    .satisfies = route_satisfies,
    .describe = route_describe,
};

uint32_t route_add(struct ledger *ledger, struct ledger_session *session,
                   const struct route_key *key, uint32_t metric)
{
    unsigned char key_bytes[FIELDS_SIZE], state[FIELDS_SIZE];
    const struct route_settings settings = {
        .metric = metric,
        .protocol = PROTOCOL_NETMGMT,
        .valid_lifetime = INFINITE_LIFETIME,
        .preferred_lifetime = INFINITE_LIFETIME,
    };
    return ledger_add(ledger, session, &route_kind, fields_store(&route_key_table, key, key_bytes),
                      fields_store(&route_settings_table, &settings, state));
}

uint32_t route_delete(struct network *network, struct ledger *ledger,
                      struct ledger_session *session, const struct route_key *key)
{
    unsigned char key_bytes[FIELDS_SIZE];
    struct route_settings settings;
    uint32_t error = network->get_route(network, key, &settings);
    if (!error && (settings.protocol == PROTOCOL_LOCAL || settings.loopback))
        return ERROR_ACCESS_DENIED;
    if (error && error != ERROR_NOT_FOUND && error != ERROR_FILE_NOT_FOUND)
        return error;
    return ledger_delete(ledger, session, &route_kind,
                         fields_store(&route_key_table, key, key_bytes));
}
