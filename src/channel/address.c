/* SPDX-License-Identifier: MIT */
#include "channel/address.h"

#include "channel/arguments.h"
#include "resource/address.h"

static uint32_t read_address_key(struct channel *channel, const struct message_address *address,
                                 struct address_key *key)
{
    uint32_t error = argument_prefix(address->family, address->prefix_length);
    if (error)
        return error;
    *key = (struct address_key){.address = argument_ip(address->family, &address->address)};
    return argument_interface(channel->network, &address->interface, &key->interface_luid);
}

uint32_t handle_add_address(struct channel *channel, const struct message *message)
{
    struct address_key key;
    uint32_t error = read_address_key(channel, &message->address, &key);
    return error ? error
                 : address_add(channel->ledger, &channel->session, &key,
                               (uint8_t)message->address.prefix_length);
}

uint32_t handle_delete_address(struct channel *channel, const struct message *message)
{
    struct address_key key;
    uint32_t error = read_address_key(channel, &message->address, &key);
    return error ? error : address_delete(channel->ledger, &channel->session, &key);
}
