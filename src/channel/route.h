/* SPDX-License-Identifier: MIT */
/* route.h: add_route and del_route. */
#ifndef CHANNEL_ROUTE_H
#define CHANNEL_ROUTE_H

#include "channel/channel.h"

uint32_t handle_add_route(struct channel *channel, const struct message *message);
uint32_t handle_delete_route(struct channel *channel, const struct message *message);

#endif
