/* SPDX-License-Identifier: MIT */
/* mtu.h: a kind of resource: the largest packet that an interface sends in a family. */
#ifndef RESOURCE_MTU_H
#define RESOURCE_MTU_H

#include "undo/ledger.h"

extern const struct kind mtu_kind;

/* As ledger_set(). */
uint32_t mtu_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                 uint16_t family, uint32_t mtu);

#endif
