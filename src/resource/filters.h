/* SPDX-License-Identifier: MIT */
/* filters.h: a kind of resource: a block, which is the packet filters of one policy. */
#ifndef RESOURCE_FILTERS_H
#define RESOURCE_FILTERS_H

#include "system/firewall.h"
#include "undo/ledger.h"

extern const struct kind filters_kind;

/* Each block has an id of its own; as ledger_add() and ledger_release(). */
uint32_t filters_add(struct ledger *ledger, struct ledger_session *session, uint64_t id,
                     const struct firewall_policy *policy);
uint32_t filters_release(struct ledger *ledger, struct ledger_session *session, uint64_t id);

#endif
