/* SPDX-License-Identifier: MIT */
#include "channel/wins.h"

#include "channel/arguments.h"
#include "dns/name_servers.h"
#include "resource/wins.h"

uint32_t handle_add_wins(struct channel *channel, const struct message *message)
{
    const struct message_wins *wins = &message->wins;
    char16_t servers[NAME_SERVERS_CAPACITY];
    struct ip ips[ARGUMENT_IPS];
    uint64_t luid;
    size_t count;
    if (!wins->interface.index || !wins->address_count)
        return 0;
    uint32_t error = argument_interface(channel->network, &wins->interface, &luid);
    if (!error)
        error = argument_ips(FAMILY_IPV4, wins->address_count, wins->addresses, ips, &count);
    if (error)
        return error;
    name_servers_of(ips, count, servers);
    return wins_set(channel->ledger, &channel->session, luid, servers);
}

uint32_t handle_delete_wins(struct channel *channel, const struct message *message)
{
    uint64_t luid;
    if (!message->wins.interface.index)
        return 0;
    uint32_t error = argument_interface(channel->network, &message->wins.interface, &luid);
    return error ? error : wins_release(channel->ledger, &channel->session, luid);
}
