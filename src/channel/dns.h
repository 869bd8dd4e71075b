/* SPDX-License-Identifier: MIT */
/* dns.h: add_dns_cfg and del_dns_cfg: the name servers of an interface in one family, and domains.
 * Facts: docs/protocol.md, "DNS". */
#ifndef CHANNEL_DNS_H
#define CHANNEL_DNS_H

#include "channel/channel.h"

uint32_t handle_add_dns(struct channel *channel, const struct message *message);
uint32_t handle_delete_dns(struct channel *channel, const struct message *message);

#endif
