/* SPDX-License-Identifier: MIT */
/* block.h: add_wfp_block, add_block_dns and their deletion: packet filters that leave only the
 * tunnel open, and an interface metric that makes Windows ask the tunnel's name servers first.
 * Facts: docs/protocol.md, "Packet filters".
 *
 * Each addition makes a block of its own, on top of those before; a deletion of either message
 * takes the newest. */
#ifndef CHANNEL_BLOCK_H
#define CHANNEL_BLOCK_H

#include "channel/channel.h"

uint32_t handle_add_wfp_block(struct channel *channel, const struct message *message);
uint32_t handle_add_block_dns(struct channel *channel, const struct message *message);
uint32_t handle_delete_block(struct channel *channel, const struct message *message);

#endif
