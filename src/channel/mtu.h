/* SPDX-License-Identifier: MIT */
/* mtu.h: set_mtu. */
#ifndef CHANNEL_MTU_H
#define CHANNEL_MTU_H

#include "channel/channel.h"

uint32_t handle_set_mtu(struct channel *channel, const struct message *message);

#endif
