/* SPDX-License-Identifier: MIT */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <assert.h>

/* ---- what a session asks of a resource ---- */

/* Once begun: with the resource reserved, and what was found there. Ends with its scope, also when
 * it could not be begun. */
struct request {
    struct ledger *ledger;
    struct ledger_session *session;
    struct reservation reserved;
    struct claim *own;   /* what the session has on the resource, or NULL */
    struct claim *spare; /* for claim_enter() */
    struct state wanted, found;
    struct state target; /* what the machine is to be: `wanted`, or with a share the whole */
};

/* The states first: their copies are counted under the reservation. */
static void request_end(struct request *request)
{
    state_drop(&request->found);
    state_drop(&request->wanted);
    state_drop(&request->target);
    resource_release(&request->reserved);
    free(request->spare);
}
#define CLEANUP_REQUEST CLEANUP(request_end)

/* Whether nobody can say how it is before an undo has been tried. */
static bool resource_is_in_doubt(const struct resource *resource)
{
    const struct kind *kind = resource->kind;
    return resource->top && resource->top->is_undecided &&
           (kind->probe_interrupted || kind->shares);
}

/* `wanted` without bytes: to be absent. */
static uint32_t request_begin(struct request *request, const struct kind *kind, struct bytes key,
                              struct bytes wanted)
{
    request->spare = claim_create();
    request->reserved = resource_reserve(request->ledger, kind, key);
    struct resource *resource = request->reserved.resource;
    if (!request->spare || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = resource->others_error;
    if (!error)
        error = state_set(&request->wanted, wanted);
    if (!error && resource_is_in_doubt(resource))
        error = orphan_undo(request->ledger, resource);
    if (!error)
        error = resource_probe(request->ledger, resource, &request->found);
    if (!error)
        error = resource_rebase_if_replaced(request->ledger, resource, &request->found);
    if (error)
        return error;
    request->own = claim_of(resource, request->session);
    if (kind->shares)
        return resource_combine(request->ledger, resource, &request->found, &request->wanted, true,
                                &request->target);
    state_copy(&request->target, &request->wanted);
    return 0;
}

static bool request_is_of_others(const struct request *request)
{
    return resource_is_wanted_elsewhere(request->reserved.resource, &request->found);
}

/* Whether what is there is what the newest claim wants. */
static bool request_is_in_force(const struct request *request)
{
    const struct resource *resource = request->reserved.resource;
    return resource->top && !resource->top->is_void &&
           states_satisfy(resource->kind, &request->found, resource_in_force(resource));
}

/* Sessions that ask at the same time may exceed their user's limit by one each. */
static bool request_exceeds_quota(const struct request *request)
{
    const struct ledger_session *session = request->session;
    if (request->own)
        return false;
    lock_acquire(&request->ledger->lock);
    bool is_full = session->count >= LEDGER_SESSION_CLAIMS ||
                   (session->user && session->user->count >= session->user->limit);
    lock_release(&request->ledger->lock);
    return is_full;
}

static uint32_t request_change(struct request *request, const struct state *to)
{
    struct resource *resource = request->reserved.resource;
    const struct purpose purpose = {.session = request->session->id,
                                    .base = resource_base_under(resource, &request->found)};
    return resource_change(request->ledger, resource, &purpose, &request->found, to);
}

static uint32_t request_share(struct request *request)
{
    struct resource *resource = request->reserved.resource;
    const struct purpose purpose = {.session = request->session->id,
                                    .base = resource_base_under(resource, &request->found)};
    return entry_share(request->ledger, resource, &purpose, &request->found);
}

/* The resource becomes as wanted, unless it is so already, and a claim remembers that. */
static uint32_t request_fulfil(struct request *request)
{
    struct resource *resource = request->reserved.resource;
    bool is_orphaned = resource->top && !resource->top->session;
    bool is_so = !resource->kind->shares &&
                 states_satisfy(resource->kind, &request->found, &request->wanted);
    uint32_t error = !is_so                          ? request_change(request, &request->target)
                     : request_is_of_others(request) ? request_share(request)
                                                     : 0;
    if (error)
        return error;
    claim_enter(request->ledger, resource, request->session, request->own, &request->spare,
                &request->wanted, &request->found);
    resource_set_combined(resource, &request->target);
    if (is_so && is_orphaned)
        entry_restate(request->ledger, resource, request->session->id);
    return 0;
}

/* The session's claim, the newest of the living, ends, and the resource becomes what it must be
 * without that. */
static uint32_t request_end_own(struct request *request)
{
    uint32_t error = request_change(request, claim_state_below(request->own));
    if (error)
        return error;
    orphan_discard(request->ledger, request->reserved.resource);
    claim_discard(request->ledger, request->own);
    return 0;
}

uint32_t ledger_add(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_REQUEST struct request request = {.ledger = ledger, .session = session};
    uint32_t error = request_begin(&request, kind, key, state);
    if (error)
        return error;
    const struct resource *resource = request.reserved.resource;
    const struct claim *own = request.own;
    bool is_ours = request_is_in_force(&request);
    bool is_shared = is_ours || request_is_of_others(&request);
    if (request.found.size && (!is_shared || claim_wants_presence(own)))
        return ERROR_OBJECT_ALREADY_EXISTS;
    if (request_exceeds_quota(&request))
        return ERROR_NOT_ENOUGH_QUOTA;

    /* What the session deleted and now wants back, if no other session has a say in it. */
    if (own && is_ours && own == claim_newest_live(resource) && !own->below &&
        resource->base.size && states_satisfy(kind, &resource->base, &request.wanted))
        return request_end_own(&request);
    return request_fulfil(&request);
}

uint32_t ledger_delete(struct ledger *ledger, struct ledger_session *session,
                       const struct kind *kind, struct bytes key)
{
    CLEANUP_REQUEST struct request request = {.ledger = ledger, .session = session};
    uint32_t error = request_begin(&request, kind, key, (struct bytes){NULL, 0});
    if (error)
        return error;
    const struct resource *resource = request.reserved.resource;
    const struct claim *newest = claim_newest_live(resource);
    struct claim *own = request.own;
    bool has_wanted_it = claim_wants_presence(own);
    if (!request.found.size) {
        if (has_wanted_it) /* an own "absent" still has the base to put back */
            claim_discard(ledger, own);
        return ERROR_NOT_FOUND;
    }
    if (has_wanted_it && own != newest && claim_wants_presence(newest)) {
        claim_discard(ledger, own); /* others want it too, and newer */
        return 0;
    }
    if (has_wanted_it && own == newest && request_is_in_force(&request) &&
        (own->below || !resource->base.size))
        return request_end_own(&request);
    if (!has_wanted_it && request_is_of_others(&request))
        return ERROR_ACCESS_DENIED;
    if (request_exceeds_quota(&request))
        return ERROR_NOT_ENOUGH_QUOTA;
    return request_fulfil(&request);
}

uint32_t ledger_set(struct ledger *ledger, struct ledger_session *session, const struct kind *kind,
                    struct bytes key, struct bytes state)
{
    CLEANUP_REQUEST struct request request = {.ledger = ledger, .session = session};
    uint32_t error = request_begin(&request, kind, key, state);
    return error ? error : request_fulfil(&request);
}

/* ---- the whole ---- */

struct ledger *ledger_create(void *context, struct journal *journal, struct other_journals *others,
                             uint32_t (*flush)(void *context))
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger) {
        ledger->context = context;
        ledger->journal = journal;
        ledger->others.journals = others;
        ledger->flush = flush;
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
    while (ledger->waiting) {
        CLEANUP_RELEASE struct reservation reserved =
            resource_reserve_known(ledger, ledger->waiting);
        reserved.resource->entry = 0;
    }
    assert(!ledger->resources);
    others_close(&ledger->others);
    free(ledger);
}

size_t ledger_claim_count(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    size_t count = ledger->claim_count;
    lock_release(&ledger->lock);
    return count;
}
