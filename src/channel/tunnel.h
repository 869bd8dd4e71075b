/* SPDX-License-Identifier: MIT */
/* tunnel.h: the session's tunnel, through which the kill switch lets traffic: the VPN adapter that
 * it has changed last. Within src/channel only.
 *
 * With `vpn_adapters` "*" no adapter is known to be one of a VPN, and there is no tunnel. */
#ifndef CHANNEL_TUNNEL_H
#define CHANNEL_TUNNEL_H

#include "channel/channel.h"

/* Before a request is served that makes a tunnel of its adapter (channel->asked_luid). On an error,
 * which is logged, it must not be served: openvpn.exe would take it for a tunnel. */
uint32_t tunnel_open(struct channel *channel, enum message_kind kind);

/* After it: if it has failed, the session has the tunnel from before it. */
void tunnel_settle(struct channel *channel, bool is_served);

/* Before anything of the session is undone. */
void tunnel_close(struct channel *channel);

#endif
