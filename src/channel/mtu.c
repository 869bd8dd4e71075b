/* SPDX-License-Identifier: MIT */
#include "channel/mtu.h"

#include "channel/arguments.h"
#include "resource/mtu.h"

uint32_t handle_set_mtu(struct channel *channel, const struct message *message)
{
    const struct message_mtu *mtu = &message->mtu;
    uint64_t luid;
    uint32_t error = argument_family(mtu->family);
    if (!error)
        error = argument_interface(channel->network, &mtu->interface, &luid);
    return error
               ? error
               : mtu_set(channel->ledger, &channel->session, luid, (uint16_t)mtu->family, mtu->mtu);
}
