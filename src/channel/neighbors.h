/* SPDX-License-Identifier: MIT */
/* neighbors.h: flush_neighbors. Not undone: what the neighbour cache forgets, it learns again. */
#ifndef CHANNEL_NEIGHBORS_H
#define CHANNEL_NEIGHBORS_H

#include "channel/channel.h"

uint32_t handle_flush_neighbors(struct channel *channel, const struct message *message);

#endif
