/* SPDX-License-Identifier: MIT */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <assert.h>

/* ---- what a session wishes of a resource ---- */

/* Once begun: with the resource reserved, and what was found there. Ends with its scope, also when
 * it could not be begun. */
struct wish {
    struct ledger *ledger;
    struct ledger_session *session;
    struct reservation reserved;
    struct claim *own;   /* what the session has on the resource, or NULL */
    struct claim *spare; /* for claim_enter() */
    struct state wanted, found;
};

/* The states first: their copies are counted under the reservation. */
static void wish_end(struct wish *wish)
{
    state_drop(&wish->found);
    state_drop(&wish->wanted);
    resource_release(&wish->reserved);
    free(wish->spare);
}
#define CLEANUP_WISH CLEANUP(wish_end)

/* Whether nobody can say how it is before an undo has been tried. */
static bool is_in_doubt(const struct resource *resource)
{
    return resource->top && resource->top->is_undecided && resource->kind->probe_interrupted;
}

/* `wanted` without bytes: to be absent. */
static uint32_t wish_begin(struct wish *wish, const struct kind *kind, struct bytes key,
                           struct bytes wanted)
{
    wish->spare = claim_create();
    wish->reserved = resource_reserve(wish->ledger, kind, key);
    struct resource *resource = wish->reserved.resource;
    if (!wish->spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = state_set(&wish->wanted, wanted);
    if (!error && is_in_doubt(resource))
        error = orphan_undo(wish->ledger, resource);
    if (!error)
        error = resource_probe(wish->ledger, resource, &wish->found);
    if (!error)
        error = resource_check_presence(wish->ledger, resource, &wish->found);
    if (error)
        return error;
    wish->own = claim_of(resource, wish->session);
    return 0;
}

/* Whether what is there is what the newest claim wants. */
static bool is_in_force(const struct wish *wish)
{
    const struct resource *resource = wish->reserved.resource;
    return resource->top && !resource->top->is_void &&
           states_satisfy(resource->kind, &wish->found, resource_in_force(resource));
}

/* Sessions that ask at the same time may exceed their user's limit by one each. */
static bool exceeds_quota(const struct wish *wish)
{
    const struct ledger_session *session = wish->session;
    if (wish->own)
        return false;
    lock_acquire(&wish->ledger->lock);
    bool is_full = session->count >= LEDGER_SESSION_CLAIMS ||
                   (session->user && session->user->count >= session->user->limit);
    lock_release(&wish->ledger->lock);
    return is_full;
}

static uint32_t change_to(struct wish *wish, const struct state *to)
{
    struct resource *resource = wish->reserved.resource;
    const struct purpose purpose = {.session = wish->session->id,
                                    .base = resource_base_under(resource, &wish->found)};
    return resource_change(wish->ledger, resource, &purpose, &wish->found, to);
}

/* The resource becomes as wanted, unless it is so already, and a claim remembers that. */
static uint32_t fulfil(struct wish *wish)
{
    struct resource *resource = wish->reserved.resource;
    bool is_orphaned = resource->top && !resource->top->session;
    bool is_so = states_satisfy(resource->kind, &wish->found, &wish->wanted);
    uint32_t error = is_so ? 0 : change_to(wish, &wish->wanted);
    if (error)
        return error;
    claim_enter(wish->ledger, resource, wish->session, wish->own, &wish->spare, &wish->wanted,
                &wish->found);
    if (is_so && is_orphaned)
        entry_restate(wish->ledger, resource, wish->session->id);
    return 0;
}

/* The session's claim, the newest of the living, ends, and the resource becomes what it must be
 * without that. */
static uint32_t end_own(struct wish *wish)
{
    uint32_t error = change_to(wish, claim_state_below(wish->own));
    if (error)
        return error;
    orphan_discard(wish->ledger, wish->reserved.resource);
    claim_discard(wish->ledger, wish->own);
    return 0;
}

uint32_t ledger_add(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_WISH struct wish wish = {.ledger = ledger, .session = session};
    uint32_t error = wish_begin(&wish, kind, key, state);
    if (error)
        return error;
    const struct resource *resource = wish.reserved.resource;
    const struct claim *own = wish.own;
    bool is_ours = is_in_force(&wish);
    if (wish.found.size && (!is_ours || claim_wants_presence(own)))
        return ERROR_OBJECT_ALREADY_EXISTS;
    if (exceeds_quota(&wish))
        return ERROR_NOT_ENOUGH_QUOTA;

    /* What the session deleted and now wants back, if no other session has a say in it. */
    if (own && is_ours && own == claim_newest_live(resource) && !own->below &&
        resource->base.size && states_satisfy(kind, &resource->base, &wish.wanted))
        return end_own(&wish);
    return fulfil(&wish);
}

uint32_t ledger_delete(struct ledger *ledger, struct ledger_session *session,
                       const struct kind *kind, struct bytes key)
{
    CLEANUP_WISH struct wish wish = {.ledger = ledger, .session = session};
    uint32_t error = wish_begin(&wish, kind, key, (struct bytes){NULL, 0});
    if (error)
        return error;
    const struct resource *resource = wish.reserved.resource;
    const struct claim *newest = claim_newest_live(resource);
    struct claim *own = wish.own;
    bool has_wanted_it = claim_wants_presence(own);
    if (!wish.found.size) {
        if (has_wanted_it) /* an own "absent" still has the base to put back */
            claim_discard(ledger, own);
        return ERROR_NOT_FOUND;
    }
    if (has_wanted_it && own != newest && claim_wants_presence(newest)) {
        claim_discard(ledger, own); /* others want it too, and newer */
        return 0;
    }
    if (has_wanted_it && own == newest && is_in_force(&wish) &&
        (own->below || !resource->base.size))
        return end_own(&wish);
    if (exceeds_quota(&wish))
        return ERROR_NOT_ENOUGH_QUOTA;
    return fulfil(&wish);
}

uint32_t ledger_set(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_WISH struct wish wish = {.ledger = ledger, .session = session};
    uint32_t error = wish_begin(&wish, kind, key, state);
    return error ? error : fulfil(&wish);
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
