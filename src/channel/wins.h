/* SPDX-License-Identifier: MIT */
/* wins.h: add_wins_cfg and del_wins_cfg. */
#ifndef CHANNEL_WINS_H
#define CHANNEL_WINS_H

#include "channel/channel.h"

/* Without an interface index, or without a server, a message asks for nothing, as with the
 * reference. */
uint32_t handle_add_wins(struct channel *channel, const struct message *message);
uint32_t handle_delete_wins(struct channel *channel, const struct message *message);

#endif
