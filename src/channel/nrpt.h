/* SPDX-License-Identifier: MIT */
/* nrpt.h: add_nrpt_cfg and del_nrpt_cfg: which name servers are asked for which domains, and with
 * it the adapter's name servers and search domains. Facts: docs/protocol.md, "NRPT". */
#ifndef CHANNEL_NRPT_H
#define CHANNEL_NRPT_H

#include "channel/channel.h"

uint32_t handle_add_nrpt(struct channel *channel, const struct message *message);
uint32_t handle_delete_nrpt(struct channel *channel, const struct message *message);

#endif
