/* SPDX-License-Identifier: MIT */
/* vpn_adapter.h: the rule that requests are served only for VPN adapters. Within src/channel only.
 */
#ifndef CHANNEL_VPN_ADAPTER_H
#define CHANNEL_VPN_ADAPTER_H

#include "channel/channel.h"

/* 0 when the request may be served: the driver of the interface is one of
 * channel->options.vpn_adapters, or there is no such interface at all. ERROR_ACCESS_DENIED, logged
 * once a session, when it is another; or why that can't be told. */
uint32_t vpn_adapter_check(struct channel *channel, enum message_kind kind,
                           const struct message_interface *interface);

#endif
