/* SPDX-License-Identifier: MIT */
#include "channel/dhcp.h"

#include "channel/arguments.h"
#include "resource/dhcp.h"

uint32_t handle_enable_dhcp(struct channel *channel, const struct message *message)
{
    uint64_t luid;
    uint32_t error = argument_interface(channel->network, &message->dhcp.interface, &luid);
    return error ? error : dhcp_enable(channel->ledger, &channel->session, luid);
}
