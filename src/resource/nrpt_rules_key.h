/* SPDX-License-Identifier: MIT */
/* nrpt_rules_key.h: a kind of resource: the key above the system's NRPT rules, which need not be
 * there, and goes with the last rule if we made it. */
#ifndef RESOURCE_NRPT_RULES_KEY_H
#define RESOURCE_NRPT_RULES_KEY_H

#include "undo/ledger.h"

extern const struct kind rules_key_kind;

/* As ledger_add() and ledger_release(), but for success if it is there, and if the session has no
 * claim. */
uint32_t rules_key_add(struct ledger *ledger, struct ledger_session *session);
uint32_t rules_key_release(struct ledger *ledger, struct ledger_session *session);

#endif
