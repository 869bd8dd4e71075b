/* SPDX-License-Identifier: MIT */
/* dhcp.h: a kind of resource: how an interface gets its IPv4 addresses: by DHCP, or which ones are
 * fixed. Facts: docs/protocol.md, "WINS, DHCP and MTU". */
#ifndef RESOURCE_DHCP_H
#define RESOURCE_DHCP_H

#include "undo/ledger.h"

extern const struct kind dhcp_kind;

/* By DHCP, for as long as the session wants it: as ledger_set(). */
uint32_t dhcp_enable(struct ledger *ledger, struct ledger_session *session,
                     uint64_t interface_luid);

#endif
