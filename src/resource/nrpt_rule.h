/* SPDX-License-Identifier: MIT */
/* nrpt_rule.h: a kind of resource: a rule of the Name Resolution Policy Table, which is a key of
 * the registry with its values, in group policy's place or the system's. Facts: docs/protocol.md,
 * "NRPT". */
#ifndef RESOURCE_NRPT_RULE_H
#define RESOURCE_NRPT_RULE_H

#include "dns/nrpt.h"
#include "system/network.h"
#include "undo/ledger.h"

extern const struct kind rule_kind;

/* Where rules of ours must be: in group policy's place if that exists, since Windows then looks
 * nowhere else. */
uint32_t rules_find_place(struct network *network, bool *is_policy);

/* As ledger_set(), and as ledger_release() but for success if the session has no claim. `key` is
 * the rule's. */
uint32_t rule_set(struct ledger *ledger, struct ledger_session *session, bool is_policy,
                  const struct nrpt_rule *rule);
uint32_t rule_release(struct ledger *ledger, struct ledger_session *session, bool is_policy,
                      const char16_t *key);

/* Deletes every rule of the process. For rules that no claim is about: they are left over from an
 * earlier process with the same id. */
uint32_t rules_delete_of_process(struct network *network, uint32_t process_id);

#endif
