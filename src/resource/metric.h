/* SPDX-License-Identifier: MIT */
/* metric.h: a kind of resource: the metric of an interface for a family, chosen by Windows or by
 * somebody. */
#ifndef RESOURCE_METRIC_H
#define RESOURCE_METRIC_H

#include "undo/ledger.h"

extern const struct kind metric_kind;

/* The session wants a metric of its own choice, or no longer does: as ledger_set() and
 * ledger_release(). */
uint32_t metric_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                    uint16_t family, uint32_t metric);
uint32_t metric_release(struct ledger *ledger, struct ledger_session *session,
                        uint64_t interface_luid, uint16_t family);

#endif
