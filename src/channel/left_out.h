/* SPDX-License-Identifier: MIT */
/* left_out.h: which parts of a DNS or NRPT request are left out so that the others are served, and
 * what the event says of them. Within src/channel only. Facts: docs/protocol.md, "Refused, or
 * served in part". */
#ifndef CHANNEL_LEFT_OUT_H
#define CHANNEL_LEFT_OUT_H

#include "channel/channel.h"
#include "dns/domains.h"

/* Notes the names that were no domains, if any. */
void leave_out_names(struct channel *channel, const struct domains_left_out *left_out);

/* True if the error of setting them costs them only, which is noted then: the adapter lacks the
 * family, or the search list is full. */
bool leave_out_name_servers(struct channel *channel, uint16_t family, uint32_t error);
bool leave_out_search_domains(struct channel *channel, uint32_t error);

#endif
