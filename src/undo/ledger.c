/* SPDX-License-Identifier: MIT */
#include "undo/ledger.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/lock.h"
#include "base/log.h"

#include <assert.h>
#include <string.h>

/* uthash must report a failed allocation (hh.tbl stays NULL), not end the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

enum { DESCRIPTION_SIZE = 160 };

/* What one session wants of one resource. */
struct claim {
    struct resource *resource;
    struct ledger_session *session; /* NULL: an orphan, whose session ended and whose undo failed */
    struct claim *above, *below;    /* in the resource's stack */
    struct claim *newer, *older;    /* of the session, or among the orphans */
    unsigned round;                 /* of ledger_retry(), that last took up this orphan */
    struct state wanted;            /* what the session asked for: to compare with */
    struct state shape;             /* how the machine filled in what `wanted` leaves open: to put
                                     * back; known since a newer claim covered this one */
};

/* Whoever has reserved a resource has its stack, base and claims to itself, without the lock.
 * An orphan is always on top of its stack: further down it would have nothing left to undo. */
struct resource {
    UT_hash_handle hh;
    const struct kind *kind;
    struct bytes key; /* lies in `identity`, behind the kind */
    struct claim *top;
    struct state base;
    bool reserved;
    unsigned users; /* the one who has reserved it and those who wait for it */
    struct condition released;
    unsigned char identity[];
};

struct ledger {
    void *context;
    struct lock lock;           /* guards what follows, and `reserved` and `users` of resources */
    struct resource *resources; /* the touched ones only: a hash by kind and key */
    struct claim *orphans;
    size_t claim_count;
    unsigned round;
};

/* ---- states ---- */

static const struct state absent;

static bool satisfies(const struct kind *kind, const struct state *found,
                      const struct state *wanted)
{
    if (!found->size || !wanted->size)
        return found->size == wanted->size;
    return kind->satisfies(state_bytes(found), state_bytes(wanted));
}

/* ---- resources: reserving one keeps everybody else away from it ---- */

struct reservation {
    struct ledger *ledger;
    struct resource *resource;
};

static struct resource *resource_create(const struct kind *kind, struct bytes key)
{
    struct resource *resource = calloc(1, sizeof(*resource) + sizeof(kind) + key.size);
    if (!resource)
        return NULL;
    resource->kind = kind;
    memcpy(resource->identity, &kind, sizeof(kind));
    memcpy(resource->identity + sizeof(kind), key.at, key.size);
    resource->key = (struct bytes){resource->identity + sizeof(kind), key.size};
    return resource;
}

/* With the lock held. */
static void wait_for(struct ledger *ledger, struct resource *resource)
{
    resource->users++;
    while (resource->reserved)
        condition_wait(&resource->released, &ledger->lock);
    resource->reserved = true;
}

/* `resource` stays NULL when memory is short. */
static struct reservation reserve(struct ledger *ledger, const struct kind *kind, struct bytes key)
{
    CLEANUP_FREE struct resource *fresh = resource_create(kind, key);
    struct resource *resource = NULL;
    if (!fresh)
        return (struct reservation){ledger, NULL};
    lock_acquire(&ledger->lock);
    HASH_FIND(hh, ledger->resources, fresh->identity, sizeof(kind) + key.size, resource);
    if (!resource) {
        HASH_ADD_KEYPTR(hh, ledger->resources, fresh->identity, sizeof(kind) + key.size, fresh);
        if (fresh->hh.tbl)
            resource = TAKE(fresh);
    }
    if (resource)
        wait_for(ledger, resource);
    lock_release(&ledger->lock);
    return (struct reservation){ledger, resource};
}

static struct reservation reserve_known(struct ledger *ledger, struct resource *resource)
{
    lock_acquire(&ledger->lock);
    wait_for(ledger, resource);
    lock_release(&ledger->lock);
    return (struct reservation){ledger, resource};
}

/* A resource without claims is as it was before us: nothing need be remembered of it. */
static void release(struct reservation *reservation)
{
    struct ledger *ledger = reservation->ledger;
    struct resource *resource = reservation->resource;
    if (!resource)
        return;
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
#define CLEANUP_RELEASE CLEANUP(release)

static const struct state *in_force(const struct resource *resource)
{
    return resource->top ? &resource->top->wanted : &resource->base;
}

static uint32_t probe(struct ledger *ledger, struct resource *resource, struct state *found)
{
    state_copy(found, resource->top ? &resource->top->wanted : &absent);
    return resource->kind->probe(ledger->context, resource->key, found);
}

/* The one place from which the machine is changed. What must be on disk before a change (the
 * intent, with the base that it may have to put back) and after it (the mark) belongs around this
 * call. */
static uint32_t change(struct ledger *ledger, struct resource *resource, const struct state *from,
                       const struct state *to)
{
    if (state_equal(from, to))
        return 0;
    return resource->kind->change(ledger->context, resource->key, state_bytes(from),
                                  state_bytes(to));
}

/* ---- claims, all with the resource reserved ---- */

/* The newest claim whose session lives. */
static struct claim *newest_live(const struct resource *resource)
{
    struct claim *top = resource->top;
    return top && !top->session ? top->below : top;
}

/* As many steps as sessions share the resource. */
static struct claim *claim_of(const struct resource *resource, const struct ledger_session *session)
{
    struct claim *claim = resource->top;
    while (claim && claim->session != session)
        claim = claim->below;
    return claim;
}

/* Memory is taken before the machine is changed, so that no change goes unremembered. */
static struct claim *claim_create(void)
{
    return calloc(1, sizeof(struct claim));
}

static bool wants_presence(const struct claim *claim)
{
    return claim && claim->wanted.size;
}

/* What must be there once `claim` and all above it have ended. */
static const struct state *state_below(const struct claim *claim)
{
    return claim->below ? &claim->below->shape : &claim->resource->base;
}

static void claim_unlink(struct ledger *ledger, struct claim *claim)
{
    DL_DELETE2(claim->resource->top, claim, above, below);
    lock_acquire(&ledger->lock);
    if (claim->session) {
        DL_DELETE2(claim->session->newest, claim, newer, older);
        claim->session->count--;
    } else {
        DL_DELETE2(ledger->orphans, claim, newer, older);
    }
    ledger->claim_count--;
    lock_release(&ledger->lock);
}

static void claim_discard(struct ledger *ledger, struct claim *claim)
{
    if (!claim)
        return;
    claim_unlink(ledger, claim);
    state_drop(&claim->wanted);
    state_drop(&claim->shape);
    free(claim);
}

/* After a change made the top of the stack what its living claims want. */
static void orphan_discard(struct ledger *ledger, struct resource *resource)
{
    if (resource->top && !resource->top->session)
        claim_discard(ledger, resource->top);
}

/* After the change: the session's claim, `own` or else `*spare` (which it takes over), is on top
 * and newest with `wanted`. `found` is what was there before the change. */
static void claim_enter(struct ledger *ledger, struct resource *resource,
                        struct ledger_session *session, struct claim *own, struct claim **spare,
                        const struct state *wanted, const struct state *found)
{
    if (!satisfies(resource->kind, found, in_force(resource)))
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
    state_copy(&own->wanted, wanted);
    state_copy(&own->shape, wanted);
    DL_PREPEND2(resource->top, own, above, below);
    lock_acquire(&ledger->lock);
    DL_PREPEND2(session->newest, own, newer, older);
    session->count++;
    ledger->claim_count++;
    lock_release(&ledger->lock);
}

static bool is_full(const struct ledger_session *session)
{
    return session->count >= LEDGER_SESSION_CLAIMS;
}

uint32_t ledger_add(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0}, wanted = {0};
    uint32_t error = state_set(&wanted, state);
    if (!error)
        error = probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    struct claim *own = claim_of(resource, session);
    bool is_ours = resource->top && satisfies(kind, &found, in_force(resource));
    if (found.size && (!is_ours || wants_presence(own)))
        return ERROR_OBJECT_ALREADY_EXISTS;
    if (!own && is_full(session))
        return ERROR_NOT_ENOUGH_QUOTA;

    /* What the session deleted and now wants back, if no other session has a say in it. */
    const struct state *base = &resource->base;
    if (own && is_ours && own == newest_live(resource) && !own->below && base->size &&
        satisfies(kind, base, &wanted)) {
        error = change(ledger, resource, &found, base);
        if (error)
            return error;
        orphan_discard(ledger, resource);
        claim_discard(ledger, own);
        return 0;
    }
    error = satisfies(kind, &found, &wanted) ? 0 : change(ledger, resource, &found, &wanted);
    if (!error)
        claim_enter(ledger, resource, session, own, &spare, &wanted, &found);
    return error;
}

uint32_t ledger_delete(struct ledger *ledger, struct ledger_session *session,
                       const struct kind *kind, struct bytes key)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0};
    uint32_t error = probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    struct claim *own = claim_of(resource, session);
    if (!found.size) {
        if (wants_presence(own)) /* an own "absent" still has the base to put back */
            claim_discard(ledger, own);
        return ERROR_NOT_FOUND;
    }
    if (wants_presence(own) && own != newest_live(resource) &&
        wants_presence(newest_live(resource))) {
        claim_discard(ledger, own); /* others want it too, and newer */
        return 0;
    }
    if (wants_presence(own) && own == newest_live(resource) &&
        satisfies(kind, &found, in_force(resource)) && (own->below || !resource->base.size)) {
        error = change(ledger, resource, &found, state_below(own));
        if (error)
            return error;
        orphan_discard(ledger, resource);
        claim_discard(ledger, own);
        return 0;
    }
    if (!own && is_full(session))
        return ERROR_NOT_ENOUGH_QUOTA;
    error = change(ledger, resource, &found, &absent);
    if (!error)
        claim_enter(ledger, resource, session, own, &spare, &absent, &found);
    return error;
}

uint32_t ledger_set(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_FREE struct claim *spare = claim_create();
    CLEANUP_RELEASE struct reservation reserved = reserve(ledger, kind, key);
    struct resource *resource = reserved.resource;
    if (!spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;

    CLEANUP_STATE struct state found = {0}, wanted = {0};
    uint32_t error = state_set(&wanted, state);
    if (!error)
        error = probe(ledger, resource, &found);
    if (error)
        return error;
    if (!resource->top)
        state_copy(&resource->base, &found);
    if (!satisfies(kind, &found, &wanted))
        error = change(ledger, resource, &found, &wanted);
    if (!error)
        claim_enter(ledger, resource, session, claim_of(resource, session), &spare, &wanted,
                    &found);
    return error;
}

/* ---- undo ---- */

static uint32_t log_undo(uint32_t error, const struct claim *claim)
{
    char what[DESCRIPTION_SIZE] = "";
    claim->resource->kind->describe(claim->resource->key, what, sizeof(what));
    if (!error)
        log_information("%s: changed by another program since, left as it is", what);
    else if (claim->session) /* and not at each further attempt */
        log_error(error, "%s: cannot be undone now, will be tried again", what);
    return error;
}

/* Makes the machine what it must be without the claim, which is on top. */
static uint32_t put_back(struct ledger *ledger, struct claim *claim)
{
    struct resource *resource = claim->resource;
    const struct state *target = state_below(claim);
    CLEANUP_STATE struct state found = {0};
    uint32_t error = probe(ledger, resource, &found);
    if (error)
        return log_undo(error, claim);
    if (!satisfies(resource->kind, &found, &claim->wanted))
        return state_equal(&found, target) ? 0 : log_undo(0, claim);
    error = change(ledger, resource, &found, target);
    if (error == ERROR_NOT_FOUND && !target->size)
        return 0; /* gone meanwhile */
    return error ? log_undo(error, claim) : 0;
}

uint32_t ledger_release(struct ledger *ledger, struct ledger_session *session,
                        const struct kind *kind, struct bytes key)
{
    CLEANUP_RELEASE struct reservation reserved = reserve(ledger, kind, key);
    if (!reserved.resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    struct claim *own = claim_of(reserved.resource, session);
    if (!own)
        return ERROR_NOT_FOUND;
    uint32_t error = own == reserved.resource->top ? put_back(ledger, own) : 0;
    if (!error)
        claim_discard(ledger, own);
    return error;
}

/* A failed claim leaves its session and stays on top of the stack as an orphan. */
static void claim_end(struct ledger *ledger, struct claim *claim)
{
    if (claim != claim->resource->top || !put_back(ledger, claim)) {
        claim_discard(ledger, claim);
        return;
    }
    if (!claim->session)
        return;
    lock_acquire(&ledger->lock);
    DL_DELETE2(claim->session->newest, claim, newer, older);
    claim->session->count--;
    claim->session = NULL;
    DL_PREPEND2(ledger->orphans, claim, newer, older);
    lock_release(&ledger->lock);
}

size_t ledger_undo(struct ledger *ledger, struct ledger_session *session)
{
    while (session->newest) {
        struct claim *claim = session->newest;
        CLEANUP_RELEASE struct reservation reserved = reserve_known(ledger, claim->resource);
        claim_end(ledger, claim);
    }
    return ledger_retry(ledger);
}

/* Reserves the resource of an orphan that this round has not taken up, if there is one. */
static struct reservation reserve_orphaned(struct ledger *ledger, unsigned round)
{
    struct reservation reserved = {ledger, NULL};
    lock_acquire(&ledger->lock);
    for (struct claim *orphan = ledger->orphans; orphan; orphan = orphan->older) {
        if (orphan->round >= round || orphan->resource->reserved)
            continue;
        orphan->round = round;
        reserved.resource = orphan->resource;
        wait_for(ledger, orphan->resource);
        break;
    }
    lock_release(&ledger->lock);
    return reserved;
}

static size_t count_orphans(struct ledger *ledger)
{
    size_t count = 0;
    lock_acquire(&ledger->lock);
    for (const struct claim *orphan = ledger->orphans; orphan; orphan = orphan->older)
        count++;
    lock_release(&ledger->lock);
    return count;
}

static void retry_each(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    unsigned round = ++ledger->round;
    lock_release(&ledger->lock);
    for (;;) {
        CLEANUP_RELEASE struct reservation reserved = reserve_orphaned(ledger, round);
        if (!reserved.resource)
            break;
        claim_end(ledger, reserved.resource->top);
    }
}

/* One may have waited for another: a key for what is below it. So as long as that helps. */
size_t ledger_retry(struct ledger *ledger)
{
    size_t before, count = count_orphans(ledger);
    do {
        before = count;
        retry_each(ledger);
        count = count_orphans(ledger);
    } while (count && count < before);
    return count;
}

/* ---- the whole ---- */

struct ledger *ledger_create(void *context, struct journal *journal)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger)
        ledger->context = context;
    (void)journal;
    return ledger;
}

void ledger_destroy(struct ledger *ledger)
{
    if (!ledger)
        return;
    while (ledger->orphans) {
        CLEANUP_RELEASE struct reservation reserved =
            reserve_known(ledger, ledger->orphans->resource);
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
