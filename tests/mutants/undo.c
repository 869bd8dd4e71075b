/* SPDX-License-Identifier: MIT */
/* Defects of undo and recovery. */
#include "tests/mutants/switches.h"
#include "undo/claims.h"

#include <string.h>

uint32_t __real_resource_change(struct ledger *ledger, struct resource *resource,
                                const struct purpose *purpose, const struct state *from,
                                const struct state *to);
uint32_t __wrap_resource_change(struct ledger *ledger, struct resource *resource,
                                const struct purpose *purpose, const struct state *from,
                                const struct state *to);
size_t __real_ledger_undo(struct ledger *ledger, struct ledger_session *session);
size_t __wrap_ledger_undo(struct ledger *ledger, struct ledger_session *session);
uint32_t __real_ledger_recover(struct ledger *ledger, const struct kind *const kinds[],
                               size_t count, struct ledger_summary *summary);
uint32_t __wrap_ledger_recover(struct ledger *ledger, const struct kind *const kinds[],
                               size_t count, struct ledger_summary *summary);

/* Whether a recovery is under way; it is before there is another thread. */
static bool mutant_recovers;

static bool mutant_leaves_out(const struct kind *kind)
{
    return mutant_has(L"no-undo") ||
           (mutant_has(L"no-undo-of-the-metric") && strcmp(kind->name, "metric") == 0) ||
           (mutant_recovers && mutant_has(L"forgets-routes-after-a-crash") &&
            strcmp(kind->name, "route") == 0);
}

uint32_t __wrap_resource_change(struct ledger *ledger, struct resource *resource,
                                const struct purpose *purpose, const struct state *from,
                                const struct state *to)
{
    if (purpose->is_undo && mutant_leaves_out(resource->kind))
        return 0;
    return __real_resource_change(ledger, resource, purpose, from, to);
}

/* Oldest first: what the session has claimed is put into the opposite order. */
size_t __wrap_ledger_undo(struct ledger *ledger, struct ledger_session *session)
{
    struct claim *turned = NULL, *claim, *next;
    if (mutant_has(L"undo-oldest-first")) {
        DL_FOREACH_SAFE2(session->newest, claim, next, older)
        {
            DL_DELETE2(session->newest, claim, newer, older);
            DL_PREPEND2(turned, claim, newer, older);
        }
        session->newest = turned;
    }
    return __real_ledger_undo(ledger, session);
}

uint32_t __wrap_ledger_recover(struct ledger *ledger, const struct kind *const kinds[],
                               size_t count, struct ledger_summary *summary)
{
    mutant_recovers = true;
    uint32_t error = __real_ledger_recover(ledger, kinds, count, summary);
    mutant_recovers = false;
    return error;
}
