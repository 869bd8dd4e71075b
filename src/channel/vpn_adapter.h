/* SPDX-License-Identifier: MIT */
/* vpn_adapter.h: requests may change VPN adapters only. Users could otherwise break any other
 * adapter with an openvpn.exe of their own making. Within src/channel only. Facts:
 * docs/protocol.md, "VPN adapters". */
#ifndef CHANNEL_VPN_ADAPTER_H
#define CHANNEL_VPN_ADAPTER_H

#include "channel/channel.h"

/* 0 when the request may be served: channel->options.vpn_adapters has the driver of the interface,
 * or there is no such interface. The adapter is the user's then. ERROR_ACCESS_DENIED, logged once a
 * session: it is no VPN adapter, or the tunnel of another user. Or the error that kept us from
 * finding out. */
uint32_t vpn_adapter_check(struct channel *channel, enum message_kind kind,
                           const struct message_interface *interface);

/* The part of that which holds for every interface: ERROR_ACCESS_DENIED, logged once a session, for
 * the tunnel of another user (owners.h). */
uint32_t vpn_adapter_check_owner(struct channel *channel, enum message_kind kind,
                                 const struct message_interface *interface);

/* A request that vpn_adapter_check() has let pass has failed: if the adapter became the user's with
 * it, it is not. */
void vpn_adapter_give_back(struct channel *channel);

#endif
