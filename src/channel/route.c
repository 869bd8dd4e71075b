/* SPDX-License-Identifier: MIT */
#include "channel/route.h"

#include "channel/arguments.h"
#include "resource/route.h"

static uint32_t read_route_key(struct channel *channel, const struct message_route *route,
                               struct route_key *key)
{
    uint32_t error = argument_prefix(route->family, route->prefix_length);
    if (error)
        return error;
    *key = (struct route_key){
        .prefix = argument_ip(route->family, &route->prefix),
        .prefix_length = (uint8_t)route->prefix_length,
        .next_hop = argument_ip(route->family, &route->gateway),
    };
    return argument_interface(channel->network, &route->interface, &key->interface_luid);
}

uint32_t handle_add_route(struct channel *channel, const struct message *message)
{
    struct route_key key;
    uint32_t error = read_route_key(channel, &message->route, &key);
    return error ? error
                 : route_add(channel->ledger, &channel->session, &key,
                             (uint32_t)message->route.metric);
}

uint32_t handle_delete_route(struct channel *channel, const struct message *message)
{
    struct route_key key;
    uint32_t error = read_route_key(channel, &message->route, &key);
    return error ? error : route_delete(channel->network, channel->ledger, &channel->session, &key);
}
