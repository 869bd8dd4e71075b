/* SPDX-License-Identifier: MIT */
/* address.h: a kind of resource: one on-link address of an interface. */
#ifndef RESOURCE_ADDRESS_H
#define RESOURCE_ADDRESS_H

#include "system/network.h"
#include "undo/ledger.h"

extern const struct kind address_kind;

/* As ledger_add() and ledger_delete(). The key's address and the prefix length must be valid for
 * its family (base/ip.h). */
uint32_t address_add(struct ledger *ledger, struct ledger_session *session,
                     const struct address_key *key, uint8_t prefix_length);
uint32_t address_delete(struct ledger *ledger, struct ledger_session *session,
                        const struct address_key *key);

/* As ledger_knows(): what Windows tells of this address may be our own doing. */
bool address_is_known(struct ledger *ledger, const struct address_key *key);

#endif
