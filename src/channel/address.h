/* SPDX-License-Identifier: MIT */
/* address.h: add_address and del_address. */
#ifndef CHANNEL_ADDRESS_H
#define CHANNEL_ADDRESS_H

#include "channel/channel.h"

uint32_t handle_add_address(struct channel *channel, const struct message *message);
uint32_t handle_delete_address(struct channel *channel, const struct message *message);

#endif
