/* SPDX-License-Identifier: MIT */
/* route.h: a kind of resource: one row of the routing table. */
#ifndef RESOURCE_ROUTE_H
#define RESOURCE_ROUTE_H

#include "system/network.h"
#include "undo/ledger.h"

extern const struct kind route_kind;

/* As ledger_add() and ledger_delete(). Prefix and next hop must be valid addresses of one family,
 * and the prefix length valid for it (base/ip.h). `metric` 0xffffffff: any will do. */
uint32_t route_add(struct ledger *ledger, struct ledger_session *session,
                   const struct route_key *key, uint32_t metric);
/* ERROR_ACCESS_DENIED too for a route that Windows derives from an address of the interface, or of
 * the loopback: it goes by itself with that address, and must not come back then. */
uint32_t route_delete(struct network *network, struct ledger *ledger,
                      struct ledger_session *session, const struct route_key *key);

#endif
