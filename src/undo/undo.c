/* SPDX-License-Identifier: MIT */
/* The end of claims: what they changed is put back. */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"

/* When an adapter is made anew it has its defaults again, and what was deleted from it may be there
 * again. That cannot be told from a change by somebody else, so nobody is accused of it. */
static void log_left_alone(const struct claim *claim, const struct state *found)
{
    char what[DESCRIPTION_SIZE];
    const struct kind *kind = claim->resource->kind;
    bool may_be_anew = kind->is_away || !found->size || !claim->wanted.size;
    log_information_of(LOG_LEFT_ALONE,
                       may_be_anew
                           ? "%s: no longer as it was set, because its interface was made anew "
                             "or another program has changed it; left as it is"
                           : "%s: changed by another program since, left as it is",
                       resource_describe(claim->resource, what));
}

void log_gone(const struct resource *resource)
{
    char what[DESCRIPTION_SIZE];
    log_information_of(LOG_LEFT_ALONE, "%s: its interface has gone since, left as it is",
                       resource_describe(resource, what));
}

/* Retries stay silent: only the first failure is logged. */
static uint32_t log_undo_failure(const struct claim *claim, uint32_t error)
{
    char what[DESCRIPTION_SIZE];
    if (claim->session)
        log_error_of(LOG_UNDO_FAILED, error, "%s: cannot be undone now, will be tried again",
                     resource_describe(claim->resource, what));
    return error;
}

/* Whether there is nothing to put back. What an orphan waits for may have gone for good; in a
 * session it is then absent, as much else may be. */
static uint32_t check_gone(struct ledger *ledger, const struct claim *claim,
                           struct ledger_summary *summary, bool *is_gone)
{
    enum presence presence;
    uint32_t error = resource_presence(ledger, claim->resource, &presence);
    *is_gone = presence == REPLACED || (presence == GONE && !claim->session);
    if (!error && *is_gone && summary->left_alone++ < MOST_NAMED)
        log_gone(claim->resource);
    return error;
}

/* What the machine must be without the claim, where `found` is. */
static uint32_t state_without(struct ledger *ledger, const struct claim *claim,
                              const struct state *found, struct state *target)
{
    if (claim->resource->kind->shares)
        return resource_combine(ledger, claim->resource, found, &claim->wanted, false, target);
    state_copy(target, claim_state_below(claim));
    return 0;
}

/* Invariant 8. */
static bool is_none_but_hindered(struct ledger *ledger, const struct kind *kind)
{
    if (others_have_more(ledger, kind))
        return false;
    lock_acquire(&ledger->lock);
    bool is_none = ledger->claim_count == ledger->hindered_count && ledger->reserved_count == 1;
    lock_release(&ledger->lock);
    return is_none;
}

/* Returns 0 when nothing is to be put back any more. What hinders the end of a session may be
 * another change of the same one, so only what still waits when that has ended is logged. */
static uint32_t wait_or_leave_out(struct ledger *ledger, struct claim *claim, const char *obstacle,
                                  struct ledger_summary *summary)
{
    char what[DESCRIPTION_SIZE];
    const struct resource *resource = claim->resource;
    claim_set_hindered(ledger, claim, true);
    if (is_none_but_hindered(ledger, resource->kind)) {
        if (summary->left_alone++ < MOST_NAMED)
            log_information_of(LOG_OBSTACLE, "%s: not put back, because %s",
                               resource_describe(resource, what), obstacle);
        return 0;
    }
    if (!claim->session && !claim->is_told && summary->waiting++ < MOST_NAMED)
        log_information_of(LOG_OBSTACLE, "%s: not put back yet, because %s",
                           resource_describe(resource, what), obstacle);
    claim->is_told = !claim->session;
    return ERROR_NOT_READY;
}

/* Makes the machine what it must be without the claim, which is in force. */
static uint32_t claim_put_back(struct ledger *ledger, struct claim *claim,
                               struct ledger_summary *summary)
{
    struct resource *resource = claim->resource;
    const struct purpose purpose = {.session = claim->session ? claim->session->id : 0,
                                    .base = &resource->base,
                                    .is_undo = true};
    CLEANUP_STATE struct state found = {0}, target = {0};
    /* put back before the crash: its entry is open for the flush alone, and nothing is to count */
    bool only_waits = !claim->is_undecided && state_equal(&claim->wanted, &resource->base);
    bool is_gone = false;
    const char *obstacle;
    if (claim->is_void)
        return 0;
    uint32_t error = resource->others_error;
    if (!error)
        error = check_gone(ledger, claim, summary, &is_gone);
    if (!error && is_gone)
        return 0;
    if (!error)
        error = resource_probe(ledger, resource, &found);
    if (!error)
        error = state_without(ledger, claim, &found, &target);
    if (error)
        return log_undo_failure(claim, error);
    if (state_equal(&found, &target)) {
        resource_set_combined(resource, &target);
        summary->unchanged += !only_waits;
        return 0;
    }
    if (!resource->kind->shares && !states_satisfy(resource->kind, &found, &claim->wanted)) {
        if (resource_is_wanted_elsewhere(resource, &found))
            return 0;
        if (summary->left_alone++ < MOST_NAMED || claim->session)
            log_left_alone(claim, &found);
        return 0;
    }
    error = resource_find_obstacle(ledger, resource, &found, &target,
                                   state_equal(&target, &resource->base), &obstacle);
    if (!error && obstacle)
        return wait_or_leave_out(ledger, claim, obstacle, summary);
    claim_set_hindered(ledger, claim, false);
    if (!error)
        error = resource_change(ledger, resource, &purpose, &found, &target);
    if (error == ERROR_NOT_FOUND && !target.size)
        error = 0; /* gone meanwhile */
    if (error)
        return log_undo_failure(claim, error);
    resource_set_combined(resource, &target);
    summary->changed++;
    return 0;
}

uint32_t ledger_release(struct ledger *ledger, struct ledger_session *session,
                        const struct kind *kind, struct bytes key)
{
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, key);
    struct ledger_summary ignored = {0};
    if (!reserved.resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    struct claim *own = claim_of(reserved.resource, session);
    if (!own)
        return ERROR_NOT_FOUND;
    uint32_t error = claim_is_in_force(own) ? claim_put_back(ledger, own, &ignored) : 0;
    if (!error)
        claim_discard(ledger, own);
    return error;
}

/* A claim that fails leaves its session and stays on top of the stack as an orphan, unless the
 * failure has put one there already. */
static void claim_end(struct ledger *ledger, struct claim *claim, struct ledger_summary *summary)
{
    struct resource *resource = claim->resource;
    if (!claim_is_in_force(claim) || !claim_put_back(ledger, claim, summary)) {
        claim_discard(ledger, claim);
        return;
    }
    if (!claim_is_in_force(claim))
        claim_discard(ledger, claim);
    else if (claim->session)
        orphan_enter(ledger, claim);
    if (!claim_newest_live(resource))
        entry_mark_orphaned(ledger, resource);
}

uint32_t orphan_undo(struct ledger *ledger, struct resource *resource)
{
    struct ledger_summary ignored = {0};
    uint32_t error = claim_put_back(ledger, resource->top, &ignored);
    if (!error)
        claim_discard(ledger, resource->top);
    return error;
}

/* ---- orphans ---- */

static size_t orphans_left(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    size_t count = ledger->orphan_count;
    lock_release(&ledger->lock);
    return count;
}

size_t ledger_left(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    size_t count = ledger->orphan_count;
    if (ledger->has_flush_failed)
        count += ledger->waiting_count;
    lock_release(&ledger->lock);
    return count;
}

bool ledger_if_untouched(struct ledger *ledger, const struct kind *kind, struct bytes key,
                         void (*act)(void *actor), void *actor)
{
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, key);
    const struct resource *resource = reserved.resource;
    if (!resource || resource->top || resource->others)
        return false;
    act(actor);
    return true;
}

/* The newest orphan that this round has not taken up, or NULL. What a round has taken up goes to
 * the end of the list, so a whole round leaves their order. With the lock held. */
static struct claim *orphan_take_up(struct ledger *ledger, unsigned round)
{
    struct claim *orphan = ledger->orphans;
    if (!orphan || orphan->round >= round)
        return NULL;
    DL_DELETE2(ledger->orphans, orphan, newer, older);
    DL_APPEND2(ledger->orphans, orphan, newer, older);
    orphan->round = round;
    return orphan;
}

/* Reserves its resource, unless another thread is busy with that: then it is the next one's turn.
 */
static struct reservation reserve_orphaned(struct ledger *ledger, unsigned round,
                                           struct claim **orphan)
{
    struct reservation reserved = {ledger, NULL};
    lock_acquire(&ledger->lock);
    *orphan = orphan_take_up(ledger, round);
    while (*orphan && (*orphan)->resource->reserved)
        *orphan = orphan_take_up(ledger, round);
    if (*orphan) {
        reserved.resource = (*orphan)->resource;
        resource_wait_for(ledger, reserved.resource);
    }
    lock_release(&ledger->lock);
    if (reserved.resource)
        resource_enter_elsewhere(ledger, reserved.resource);
    return reserved;
}

static void retry_each(struct ledger *ledger, struct ledger_summary *summary, size_t most)
{
    lock_acquire(&ledger->lock);
    unsigned round = ++ledger->round;
    lock_release(&ledger->lock);
    for (; most > 0; most--) {
        struct claim *orphan;
        CLEANUP_RELEASE struct reservation reserved = reserve_orphaned(ledger, round, &orphan);
        if (!reserved.resource)
            break;
        claim_end(ledger, orphan, summary);
    }
}

/* One may have waited for another: a key for what is below it. So as long as that helps. */
static size_t retry_most(struct ledger *ledger, struct ledger_summary *summary, size_t most)
{
    size_t before, count = orphans_left(ledger);
    do {
        before = count;
        retry_each(ledger, summary, most);
        count = orphans_left(ledger);
    } while (count && count < before);
    lock_acquire(&ledger->lock);
    summary->waiting = ledger->hindered_count;
    lock_release(&ledger->lock);
    summary->failed = count - summary->waiting;
    return count;
}

size_t orphans_retry(struct ledger *ledger, struct ledger_summary *summary)
{
    return retry_most(ledger, summary, SIZE_MAX);
}

size_t ledger_undo(struct ledger *ledger, struct ledger_session *session)
{
    struct ledger_summary ignored = {0};
    while (session->newest) {
        struct claim *claim = session->newest;
        CLEANUP_RELEASE struct reservation reserved =
            resource_reserve_known(ledger, claim->resource);
        claim_end(ledger, claim, &ignored);
    }
    return retry_most(ledger, &ignored, LEDGER_RETRIES);
}

size_t ledger_retry(struct ledger *ledger)
{
    struct ledger_summary ignored = {0};
    return orphans_retry(ledger, &ignored);
}
