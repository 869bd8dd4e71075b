/* SPDX-License-Identifier: MIT */
/* programs.h: register_dns and create_adapter, for each of which a program is run. Neither is
 * undone: the first leaves nothing behind, and an adapter, like one that an installer has made,
 * stays for the connections to come (docs/protocol.md, "Programs"). */
#ifndef CHANNEL_PROGRAMS_H
#define CHANNEL_PROGRAMS_H

#include "channel/channel.h"

uint32_t handle_register_dns(struct channel *channel, const struct message *message);
uint32_t handle_create_adapter(struct channel *channel, const struct message *message);

#endif
