/* SPDX-License-Identifier: MIT */
/* wins.h: a kind of resource: the WINS servers of an interface. Facts: docs/protocol.md, "WINS,
 * DHCP and MTU". */
#ifndef RESOURCE_WINS_H
#define RESOURCE_WINS_H

#include "undo/ledger.h"

#include <uchar.h>

extern const struct kind wins_kind;

/* `servers` are IPv4 addresses as dns/name_servers.h makes them. As ledger_set(), and as
 * ledger_release() but for success if the session has no claim. */
uint32_t wins_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                  const char16_t *servers);
uint32_t wins_release(struct ledger *ledger, struct ledger_session *session,
                      uint64_t interface_luid);

#endif
