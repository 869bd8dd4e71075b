/* SPDX-License-Identifier: MIT */
/* Claims: a resource's stack of them, and the lists of sessions and orphans that they are in. */
#include "undo/claims.h"

#include "base/cleanup.h"

struct claim *claim_newest_live(const struct resource *resource)
{
    struct claim *claim = resource->top;
    while (claim && !claim->session)
        claim = claim->below;
    return claim;
}

struct claim *claim_of(const struct resource *resource, const struct ledger_session *session)
{
    struct claim *claim = resource->top;
    while (claim && claim->session != session)
        claim = claim->below;
    return claim;
}

struct claim *claim_create(void)
{
    return calloc(1, sizeof(struct claim));
}

bool claim_is_in_force(const struct claim *claim)
{
    return claim == claim->resource->top || claim->resource->kind->shares;
}

bool claim_wants_presence(const struct claim *claim)
{
    return claim && !claim->is_void && claim->wanted.size;
}

const struct state *claim_state_below(const struct claim *claim)
{
    const struct claim *below = claim->below;
    if (below && !below->is_void)
        return &below->observed;
    const struct other_claim *other = other_in_force(claim->resource);
    return other ? &other->ours : &claim->resource->base;
}

/* With the lock held, as the two below. */
static void note_claim(const struct claim *claim, bool begins)
{
    const struct ledger_session *session = claim->session;
    if (session->note)
        session->note(session->note_context, claim->resource->kind, claim->resource->key, begins);
}

static void leave_session(struct claim *claim)
{
    struct ledger_session *session = claim->session;
    DL_DELETE2(session->newest, claim, newer, older);
    session->count--;
    note_claim(claim, false);
}

static void enter_session(struct claim *claim)
{
    struct ledger_session *session = claim->session;
    DL_PREPEND2(session->newest, claim, newer, older);
    session->count++;
    note_claim(claim, true);
    claim->user = session->user;
    if (claim->user)
        claim->user->count++;
}

static void claim_unlink(struct ledger *ledger, struct claim *claim)
{
    DL_DELETE2(claim->resource->top, claim, above, below);
    lock_acquire(&ledger->lock);
    if (claim->session) {
        leave_session(claim);
    } else {
        DL_DELETE2(ledger->orphans, claim, newer, older);
        ledger->orphan_count--;
    }
    ledger->claim_count--;
    ledger->hindered_count -= claim->is_hindered;
    claim->is_hindered = claim->is_told = false;
    if (claim->user)
        claim->user->count--;
    lock_release(&ledger->lock);
}

void claim_set_hindered(struct ledger *ledger, struct claim *claim, bool is_hindered)
{
    lock_acquire(&ledger->lock);
    ledger->hindered_count += (size_t)is_hindered - (size_t)claim->is_hindered;
    claim->is_hindered = is_hindered;
    lock_release(&ledger->lock);
}

void claim_discard(struct ledger *ledger, struct claim *claim)
{
    if (!claim)
        return;
    claim_unlink(ledger, claim);
    state_drop(&claim->wanted);
    state_drop(&claim->observed);
    free(claim);
}

void orphan_discard(struct ledger *ledger, struct resource *resource)
{
    if (resource->top && !resource->top->session && !resource->kind->shares)
        claim_discard(ledger, resource->top);
}

void claim_enter(struct ledger *ledger, struct resource *resource, struct ledger_session *session,
                 struct claim *own, struct claim **spare, const struct state *wanted,
                 const struct state *found)
{
    bool is_in_force = states_satisfy(resource->kind, found, resource_in_force(resource));
    const struct state *base = resource_base_under(resource, found);
    if (base != &resource->base)
        state_copy(&resource->base, base); /* somebody else's since */
    else if (is_in_force && resource->top && resource->top != own)
        state_copy(&resource->top->observed, found);
    orphan_discard(ledger, resource);
    if (own)
        claim_unlink(ledger, own);
    else
        own = TAKE(*spare);

    own->resource = resource;
    own->session = session;
    own->is_void = false;
    state_copy(&own->wanted, wanted);
    state_copy(&own->observed, wanted);
    DL_PREPEND2(resource->top, own, above, below);
    lock_acquire(&ledger->lock);
    enter_session(own);
    ledger->claim_count++;
    lock_release(&ledger->lock);
}

void orphan_enter_torn(struct ledger *ledger, struct resource *resource,
                       const struct purpose *purpose, const struct state *from,
                       const struct state *to)
{
    struct claim *top = resource->top;
    bool is_new = !top || top->session;
    struct claim *orphan = is_new ? claim_create() : top;
    if (!orphan)
        return;
    orphan->resource = resource;
    state_copy(&orphan->wanted, purpose->is_undo ? from : to);
    state_copy(&orphan->observed, purpose->is_undo ? to : from);
    orphan->is_undecided = orphan->may_be_mixed = true;
    if (purpose->base != &resource->base)
        state_copy(&resource->base, purpose->base);
    if (is_new)
        orphan_enter(ledger, orphan);
}

void orphan_enter(struct ledger *ledger, struct claim *claim)
{
    lock_acquire(&ledger->lock);
    if (claim->session) {
        leave_session(claim);
    } else {
        DL_PREPEND2(claim->resource->top, claim, above, below);
        ledger->claim_count++;
    }
    claim->session = NULL;
    DL_PREPEND2(ledger->orphans, claim, newer, older);
    ledger->orphan_count++;
    lock_release(&ledger->lock);
}
