/* SPDX-License-Identifier: MIT */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <string.h>

/* ---- states ---- */

static const struct state absent;

bool states_satisfy(const struct kind *kind, const struct state *found, const struct state *wanted)
{
    if (!found->size || !wanted->size)
        return found->size == wanted->size;
    return kind->satisfies(state_bytes(found), state_bytes(wanted));
}

/* ---- resources: reserving one keeps everybody else away from it ---- */

static void entry_close(struct ledger *ledger, struct resource *resource)
{
    if (resource->entry)
        journal_mark(ledger->journal, resource->entry, JOURNAL_CLOSED, false);
    resource->entry = 0;
}

static struct resource *resource_create(const struct kind *kind, struct bytes key)
{
    struct resource *resource = calloc(1, sizeof(*resource) + sizeof(kind) + key.size);
    if (!resource)
        return NULL;
    resource->kind = kind;
    memcpy(resource->name, &kind, sizeof(kind));
    memcpy(resource->name + sizeof(kind), key.at, key.size);
    resource->key = (struct bytes){resource->name + sizeof(kind), key.size};
    return resource;
}

void resource_wait_for(struct ledger *ledger, struct resource *resource)
{
    resource->users++;
    while (resource->reserved)
        condition_wait(&resource->released, &ledger->lock);
    resource->reserved = true;
}

struct reservation resource_reserve(struct ledger *ledger, const struct kind *kind,
                                    struct bytes key)
{
    CLEANUP_FREE struct resource *fresh = resource_create(kind, key);
    struct resource *resource = NULL;
    if (!fresh)
        return (struct reservation){ledger, NULL};
    lock_acquire(&ledger->lock);
    HASH_FIND(hh, ledger->resources, fresh->name, sizeof(kind) + key.size, resource);
    if (!resource) {
        HASH_ADD_KEYPTR(hh, ledger->resources, fresh->name, sizeof(kind) + key.size, fresh);
        if (fresh->hh.tbl)
            resource = TAKE(fresh);
    }
    if (resource)
        resource_wait_for(ledger, resource);
    lock_release(&ledger->lock);
    return (struct reservation){ledger, resource};
}

struct reservation resource_reserve_known(struct ledger *ledger, struct resource *resource)
{
    lock_acquire(&ledger->lock);
    resource_wait_for(ledger, resource);
    lock_release(&ledger->lock);
    return (struct reservation){ledger, resource};
}

void resource_release(struct reservation *reservation)
{
    struct ledger *ledger = reservation->ledger;
    struct resource *resource = reservation->resource;
    if (!resource)
        return;
    if (!resource->top)
        entry_close(ledger, resource);
    lock_acquire(&ledger->lock);
    resource->reserved = false;
    if (--resource->users) {
        condition_wake_all(&resource->released);
    } else if (!resource->top) {
        HASH_DEL(ledger->resources, resource);
        state_drop(&resource->base);
        free(resource);
    }
    lock_release(&ledger->lock);
}
const struct state *resource_in_force(const struct resource *resource)
{
    const struct claim *top = resource->top;
    return top && !top->is_void ? &top->wanted : &resource->base;
}

/* An interrupted change has been looked at. */
static void decide(const struct kind *kind, struct claim *orphan, const struct state *found)
{
    if (orphan->may_be_mixed)
        state_copy(&orphan->wanted, found);
    else if (!states_satisfy(kind, found, &orphan->wanted) &&
             states_satisfy(kind, found, &orphan->shape))
        state_copy(&orphan->wanted, &orphan->shape);
    orphan->is_undecided = orphan->may_be_mixed = false;
}

static uint32_t probe_interrupted(struct ledger *ledger, struct resource *resource,
                                  struct state *found)
{
    const struct claim *orphan = resource->top;
    return resource->kind->probe_interrupted(ledger->context, resource->key,
                                             state_bytes(&orphan->shape),
                                             state_bytes(&orphan->wanted), found);
}

static bool is_away(struct ledger *ledger, const struct resource *resource)
{
    const struct bytes identity = {resource->identity, resource->identity_size};
    return resource->kind->is_away && identity.size &&
           resource->kind->is_away(ledger->context, resource->key, identity);
}

uint32_t resource_presence(struct ledger *ledger, const struct resource *resource,
                           enum presence *presence)
{
    const struct kind *kind = resource->kind;
    unsigned char now[KIND_IDENTITY_SIZE];
    size_t size = 0;
    *presence = PRESENT;
    if (!kind->identify || !resource->identity_size)
        return 0;
    uint32_t error = kind->identify(ledger->context, resource->key, now, &size);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_FOUND) {
        *presence = is_away(ledger, resource) ? AWAY : GONE;
        return 0;
    }
    bool is_same = size == resource->identity_size && memcmp(now, resource->identity, size) == 0;
    if (!error && !is_same)
        *presence = REPLACED;
    return error;
}

uint32_t resource_probe(struct ledger *ledger, struct resource *resource, struct state *found)
{
    const struct kind *kind = resource->kind;
    bool is_undecided = resource->top && resource->top->is_undecided;
    state_copy(found, resource->top ? &resource->top->wanted : &absent);
    uint32_t error = is_undecided && kind->probe_interrupted
                         ? probe_interrupted(ledger, resource, found)
                         : kind->probe(ledger->context, resource->key, found);
    if (!error && !found->size && is_away(ledger, resource))
        error = ERROR_NOT_READY;
    if (!error && is_undecided)
        decide(kind, resource->top, found);
    return error;
}

static void begin_anew(struct ledger *ledger, struct resource *resource, const struct state *found)
{
    entry_close(ledger, resource);
    resource->identity_size = 0;
    orphan_discard(ledger, resource);
    state_copy(&resource->base, found);
    for (struct claim *claim = resource->top; claim; claim = claim->below)
        claim->is_void = true;
}

uint32_t resource_check_presence(struct ledger *ledger, struct resource *resource,
                                 const struct state *found)
{
    enum presence presence = PRESENT;
    uint32_t error = resource->top ? resource_presence(ledger, resource, &presence) : 0;
    if (!error && (!resource->top || presence == REPLACED))
        begin_anew(ledger, resource, found);
    return error;
}

const struct state *resource_base_under(const struct resource *resource, const struct state *found)
{
    return states_satisfy(resource->kind, found, resource_in_force(resource)) ? &resource->base
                                                                              : found;
}

/* ---- changing ---- */

void entry_mark_orphaned(struct ledger *ledger, const struct resource *resource)
{
    if (resource->entry)
        journal_mark(ledger->journal, resource->entry, JOURNAL_ORPHANED, false);
}

/* Asked once for an entry. */
static uint32_t identify(struct ledger *ledger, struct resource *resource)
{
    size_t size = 0;
    if (resource->entry || !resource->kind->identify)
        return 0;
    uint32_t error =
        resource->kind->identify(ledger->context, resource->key, resource->identity, &size);
    if (!error)
        resource->identity_size = (uint8_t)size;
    return error;
}

/* Known to all. */
static bool is_way_back(const struct purpose *purpose, const struct state *to)
{
    return purpose->is_undo && state_equal(to, purpose->base);
}

static uint32_t intend(struct ledger *ledger, struct resource *resource,
                       const struct purpose *purpose, const struct state *from,
                       const struct state *to)
{
    const struct kind *kind = resource->kind;
    uint32_t error = identify(ledger, resource);
    if (error)
        return error;
    const struct journal_change change = {
        .kind = kind->number,
        .outlives_restart = kind->lifetime == LIFETIME_DISK,
        .goes_on = is_way_back(purpose, to),
        .session = purpose->session,
        .identity = {resource->identity, resource->identity_size},
        .key = resource->key,
        .base = state_bytes(purpose->base),
        .from = state_bytes(from),
        .to = state_bytes(to),
    };
    return journal_intend(ledger->journal, &change, &resource->entry);
}

static uint32_t change(struct ledger *ledger, const struct resource *resource,
                       const struct state *from, const struct state *to)
{
    return resource->kind->change(ledger->context, resource->key, state_bytes(from),
                                  state_bytes(to));
}

/* The resource is now in the state `now`. */
static void mark(struct ledger *ledger, struct resource *resource, const struct purpose *purpose,
                 const struct state *now, enum journal_outcome outcome)
{
    const struct kind *kind = resource->kind;
    bool is_as_before = state_equal(now, purpose->base);
    journal_mark(ledger->journal, resource->entry, is_as_before ? JOURNAL_CLOSED : outcome,
                 kind->is_in_steps && kind->lifetime == LIFETIME_DISK);
    if (is_as_before)
        resource->entry = 0;
}

/* Of what has been changed already, into another state than the base, on the disk: there is one
 * more that it had since, ours or what somebody else has made of it. */
static bool is_third_state(const struct resource *resource, const struct purpose *purpose,
                           const struct state *to)
{
    return resource->kind->lifetime == LIFETIME_DISK && resource->entry &&
           !state_equal(to, purpose->base);
}

void entry_restate(struct ledger *ledger, struct resource *resource, uint64_t session)
{
    const struct state *ours = resource_in_force(resource);
    const struct purpose purpose = {.session = session, .base = &resource->base};
    if (state_equal(ours, &resource->base))
        entry_close(ledger, resource);
    else if (resource->entry && !intend(ledger, resource, &purpose, ours, ours))
        journal_mark(ledger->journal, resource->entry, JOURNAL_APPLIED, false);
}

static uint32_t write_down(struct ledger *ledger, struct resource *resource,
                           const struct purpose *purpose, const struct state *from,
                           const struct state *to)
{
    bool is_third = is_third_state(resource, purpose, to);
    uint32_t error = is_third || resource->is_unsettled ? journal_settle(ledger->journal) : 0;
    resource->is_unsettled = resource->is_unsettled && error;
    if (error && is_third)
        return error;
    return intend(ledger, resource, purpose, from, to);
}

static uint32_t change_with_journal(struct ledger *ledger, struct resource *resource,
                                    const struct purpose *purpose, const struct state *from,
                                    const struct state *to)
{
    bool is_third = is_third_state(resource, purpose, to), had_entry = resource->entry;
    uint32_t error = write_down(ledger, resource, purpose, from, to);
    bool is_written_down = !error;
    if (!error || is_way_back(purpose, to)) {
        error = change(ledger, resource, from, to);
        resource->is_unsettled |= is_third && journal_settle(ledger->journal);
    }
    if (error && had_entry && !state_equal(purpose->base, &resource->base))
        entry_restate(ledger, resource, purpose->session); /* the intent named another base */
    else if (is_written_down && (!error || !purpose->is_repair))
        mark(ledger, resource, purpose, error ? from : to,
             error ? JOURNAL_FAILED : JOURNAL_APPLIED);
    return error;
}

uint32_t resource_change(struct ledger *ledger, struct resource *resource,
                         const struct purpose *purpose, const struct state *from,
                         const struct state *to)
{
    if (state_equal(from, to))
        return 0;
    if (!ledger->journal || resource->kind->lifetime == LIFETIME_PROCESS) {
        uint32_t error = purpose->is_undo ? 0 : identify(ledger, resource);
        return error ? error : change(ledger, resource, from, to);
    }
    return change_with_journal(ledger, resource, purpose, from, to);
}

const char *resource_describe(const struct resource *resource, char text[DESCRIPTION_SIZE])
{
    text[0] = 0;
    resource->kind->describe(resource->key, text, DESCRIPTION_SIZE);
    return text;
}

/* ---- claims, all with the resource reserved ---- */

struct claim *claim_newest_live(const struct resource *resource)
{
    struct claim *top = resource->top;
    return top && !top->session ? top->below : top;
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

bool claim_wants_presence(const struct claim *claim)
{
    return claim && !claim->is_void && claim->wanted.size;
}

const struct state *claim_state_below(const struct claim *claim)
{
    const struct claim *below = claim->below;
    return below && !below->is_void ? &below->shape : &claim->resource->base;
}

/* With the lock held. */
static void leave_session(struct claim *claim)
{
    struct ledger_session *session = claim->session;
    DL_DELETE2(session->newest, claim, newer, older);
    session->count--;
    if (session->user)
        session->user->count--;
}

static void enter_session(struct claim *claim)
{
    struct ledger_session *session = claim->session;
    DL_PREPEND2(session->newest, claim, newer, older);
    session->count++;
    if (session->user)
        session->user->count++;
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
    lock_release(&ledger->lock);
}

void claim_discard(struct ledger *ledger, struct claim *claim)
{
    if (!claim)
        return;
    claim_unlink(ledger, claim);
    state_drop(&claim->wanted);
    state_drop(&claim->shape);
    free(claim);
}

void orphan_discard(struct ledger *ledger, struct resource *resource)
{
    if (resource->top && !resource->top->session)
        claim_discard(ledger, resource->top);
}

void claim_enter(struct ledger *ledger, struct resource *resource, struct ledger_session *session,
                 struct claim *own, struct claim **spare, const struct state *wanted,
                 const struct state *found)
{
    if (!states_satisfy(resource->kind, found, resource_in_force(resource)))
        state_copy(&resource->base, found); /* somebody else's since */
    else if (resource->top && resource->top != own)
        state_copy(&resource->top->shape, found);
    orphan_discard(ledger, resource);
    if (own)
        claim_unlink(ledger, own);
    else
        own = TAKE(*spare);

    own->resource = resource;
    own->session = session;
    own->is_void = false;
    state_copy(&own->wanted, wanted);
    state_copy(&own->shape, wanted);
    DL_PREPEND2(resource->top, own, above, below);
    lock_acquire(&ledger->lock);
    enter_session(own);
    ledger->claim_count++;
    lock_release(&ledger->lock);
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
