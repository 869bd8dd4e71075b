/* SPDX-License-Identifier: MIT */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <assert.h>

static const struct state absent;

static bool is_full(const struct ledger_session *session)
{
    return session->count >= LEDGER_SESSION_CLAIMS;
}

uint32_t ledger_add(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0}, wanted = {0};
    uint32_t error = state_set(&wanted, state);
    if (!error)
        error = resource_probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    const struct purpose purpose = {.session = session->id,
                                    .base = resource_base_under(resource, &found)};
    struct claim *own = claim_of(resource, session);
    bool is_ours = resource->top && states_satisfy(kind, &found, resource_in_force(resource));
    if (found.size && (!is_ours || claim_wants_presence(own)))
        return ERROR_OBJECT_ALREADY_EXISTS;
    if (!own && is_full(session))
        return ERROR_NOT_ENOUGH_QUOTA;

    /* What the session deleted and now wants back, if no other session has a say in it. */
    const struct state *base = &resource->base;
    if (own && is_ours && own == claim_newest_live(resource) && !own->below && base->size &&
        states_satisfy(kind, base, &wanted)) {
        error = resource_change(ledger, resource, &purpose, &found, base);
        if (error)
            return error;
        orphan_discard(ledger, resource);
        claim_discard(ledger, own);
        return 0;
    }
    error = states_satisfy(kind, &found, &wanted)
                ? 0
                : resource_change(ledger, resource, &purpose, &found, &wanted);
    if (!error)
        claim_enter(ledger, resource, session, own, &spare, &wanted, &found);
    return error;
}

uint32_t ledger_delete(struct ledger *ledger, struct ledger_session *session,
                       const struct kind *kind, struct bytes key)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0};
    uint32_t error = resource_probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    const struct purpose purpose = {.session = session->id,
                                    .base = resource_base_under(resource, &found)};
    struct claim *own = claim_of(resource, session);
    if (!found.size) {
        if (claim_wants_presence(own)) /* an own "absent" still has the base to put back */
            claim_discard(ledger, own);
        return ERROR_NOT_FOUND;
    }
    if (claim_wants_presence(own) && own != claim_newest_live(resource) &&
        claim_wants_presence(claim_newest_live(resource))) {
        claim_discard(ledger, own); /* others want it too, and newer */
        return 0;
    }
    if (claim_wants_presence(own) && own == claim_newest_live(resource) &&
        states_satisfy(kind, &found, resource_in_force(resource)) &&
        (own->below || !resource->base.size)) {
        error = resource_change(ledger, resource, &purpose, &found, claim_state_below(own));
        if (error)
            return error;
        orphan_discard(ledger, resource);
        claim_discard(ledger, own);
        return 0;
    }
    if (!own && is_full(session))
        return ERROR_NOT_ENOUGH_QUOTA;
    error = resource_change(ledger, resource, &purpose, &found, &absent);
    if (!error)
        claim_enter(ledger, resource, session, own, &spare, &absent, &found);
    return error;
}

uint32_t ledger_set(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0}, wanted = {0};
    uint32_t error = state_set(&wanted, state);
    if (!error)
        error = resource_probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    const struct purpose purpose = {.session = session->id,
                                    .base = resource_base_under(resource, &found)};
    if (!states_satisfy(kind, &found, &wanted))
        error = resource_change(ledger, resource, &purpose, &found, &wanted);
    if (!error)
        claim_enter(ledger, resource, session, claim_of(resource, session), &spare, &wanted,
                    &found);
    return error;
}

/* ---- the whole ---- */

struct ledger *ledger_create(void *context, struct journal *journal)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger) {
        ledger->context = context;
        ledger->journal = journal;
    }
    return ledger;
}

/* The journal's entries stay open. */
void ledger_destroy(struct ledger *ledger)
{
    if (!ledger)
        return;
    while (ledger->orphans) {
        CLEANUP_RELEASE struct reservation reserved =
            resource_reserve_known(ledger, ledger->orphans->resource);
        reserved.resource->entry = 0;
        claim_discard(ledger, ledger->orphans);
    }
    assert(!ledger->resources);
    free(ledger);
}

size_t ledger_claim_count(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    size_t count = ledger->claim_count;
    lock_release(&ledger->lock);
    return count;
}
