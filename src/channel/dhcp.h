/* SPDX-License-Identifier: MIT */
/* dhcp.h: enable_dhcp. */
#ifndef CHANNEL_DHCP_H
#define CHANNEL_DHCP_H

#include "channel/channel.h"

uint32_t handle_enable_dhcp(struct channel *channel, const struct message *message);

#endif
