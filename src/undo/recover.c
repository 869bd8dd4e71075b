/* SPDX-License-Identifier: MIT */
/* Making the machine right again when nobody has asked: after a crash, and after Windows slept. */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"

#include <string.h>

/* ---- after a crash ---- */

static const struct kind *kind_of_entry(const struct kind *const kinds[], size_t count,
                                        const struct journal_entry *entry)
{
    for (size_t i = 0; i < count; i++) {
        const struct kind *kind = kinds[i];
        if (kind->number != entry->kind)
            continue;
        return kind->is_valid(entry->key, entry->base) && kind->is_valid(entry->key, entry->ours) &&
                       (!entry->is_undecided || kind->is_valid(entry->key, entry->other))
                   ? kind
                   : NULL;
    }
    return NULL;
}

static bool take_identity(struct ledger *ledger, const struct journal_entry *entry,
                          struct resource *resource)
{
    if (entry->identity.size > sizeof(resource->identity))
        return false;
    memcpy(resource->identity, entry->identity.at, entry->identity.size);
    resource->identity_size = (uint8_t)entry->identity.size;
    enum presence presence;
    return resource_presence(ledger, resource, &presence) || presence == PRESENT ||
           presence == AWAY;
}

static uint32_t orphan_set_states(struct claim *orphan, const struct journal_entry *entry)
{
    uint32_t error = state_set(&orphan->resource->base, entry->base);
    if (!error)
        error = state_set(&orphan->wanted, entry->ours);
    if (!error)
        error = state_set(&orphan->observed, entry->is_undecided ? entry->other : entry->ours);
    orphan->is_undecided = entry->is_undecided;
    orphan->may_be_mixed =
        entry->is_undecided && !entry->is_whole && orphan->resource->kind->is_in_steps;
    return error;
}

/* The entry becomes an orphan of a session that nobody remembers. ERROR_NOT_ENOUGH_MEMORY: it stays
 * in the journal. */
static uint32_t entry_adopt(struct ledger *ledger, const struct kind *kind,
                            const struct journal_entry *entry, struct ledger_summary *summary)
{
    CLEANUP_FREE struct claim *orphan = claim_create();
    CLEANUP_RELEASE struct reservation reserved = resource_reserve(ledger, kind, entry->key);
    struct resource *resource = reserved.resource;
    if (!orphan || !resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    orphan->resource = resource;
    if (!take_identity(ledger, entry, resource)) {
        if (summary->left_alone++ < MOST_NAMED)
            log_gone(resource);
        resource->entry = entry->number; /* to be closed with its release */
        return 0;
    }
    if (orphan_set_states(orphan, entry)) {
        state_drop(&orphan->wanted);
        state_drop(&orphan->observed);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    resource->entry = entry->number;
    resource_set_combined(resource, &orphan->wanted);
    resource->is_unflushed = entry->outlives_restart;
    resource->is_marked_orphaned = entry->is_orphan;
    orphan_enter(ledger, TAKE(orphan));
    return 0;
}

static uint32_t take_over(struct ledger *ledger, const struct kind *const kinds[], size_t count,
                          const struct journal_entry *entry, struct ledger_summary *summary)
{
    const struct kind *kind = kind_of_entry(kinds, count, entry);
    if (kind)
        return entry_adopt(ledger, kind, entry, summary);
    if (summary->left_alone++ < MOST_NAMED)
        log_error_of(LOG_UNDO_FAILED, ERROR_INVALID_DATA,
                     "A change of unknown kind (%u) is not undone", (unsigned)entry->kind);
    return 0;
}

/* The process that made the last changes may have ended before they reached the disk (invariant 5).
 * One flush does for all; if it fails, each undo tries again. */
static void flush_found(struct ledger *ledger)
{
    bool is_needed = false;
    for (const struct claim *orphan = ledger->orphans; orphan; orphan = orphan->older)
        is_needed |= orphan->resource->is_unflushed;
    if (!is_needed || flush_changes(ledger))
        return;
    for (const struct claim *orphan = ledger->orphans; orphan; orphan = orphan->older)
        orphan->resource->is_unflushed = false;
}

static void mark_orphans(struct ledger *ledger)
{
    for (const struct claim *orphan = ledger->orphans; orphan; orphan = orphan->older)
        entry_mark_orphaned(ledger, orphan->resource);
}

/* There is no other thread yet. Oldest first, so that the newest ends up first among the orphans.
 */
uint32_t ledger_recover(struct ledger *ledger, const struct kind *const kinds[], size_t count,
                        struct ledger_summary *summary)
{
    size_t entries = 0;
    uint32_t error = 0;
    *summary = (struct ledger_summary){0};
    if (!ledger->journal)
        return 0;
    const struct journal_entry *entry = journal_found(ledger->journal, &entries);
    for (; entries > 0 && !error; entries--, entry++)
        error = take_over(ledger, kinds, count, entry, summary);
    journal_forget_found(ledger->journal);
    if (error)
        return error;
    flush_found(ledger);
    summary->failed = orphans_retry(ledger, summary);
    mark_orphans(ledger);
    return 0;
}

/* ---- after Windows slept, or its network changed ---- */

/* Resources that somebody living has a claim on, each with one more user, so that it stays. NULL
 * when there is none or memory is short. */
static struct resource **hold_all(struct ledger *ledger, size_t *count)
{
    *count = 0;
    lock_acquire(&ledger->lock);
    struct resource **all = calloc(HASH_COUNT(ledger->resources) + 1u, sizeof(struct resource *));
    for (struct resource *at = all ? ledger->resources : NULL; at; at = at->hh.next) {
        at->users++;
        all[(*count)++] = at;
    }
    lock_release(&ledger->lock);
    return all;
}

static struct reservation reserve_held(struct ledger *ledger, struct resource *resource)
{
    lock_acquire(&ledger->lock);
    resource->users--;
    resource_wait_for(ledger, resource);
    lock_release(&ledger->lock);
    resource_enter_elsewhere(ledger, resource);
    return (struct reservation){ledger, resource};
}

/* What is not there at all any more has been lost, not been changed by anyone: the base stays. */
static uint32_t make_again(struct ledger *ledger, struct resource *resource,
                           const struct state *found)
{
    const struct claim *newest = claim_newest_live(resource);
    const struct state *wanted = resource_in_force(resource);
    const struct state *base =
        found->size || !wanted->size ? resource_base_under(resource, found) : &resource->base;
    const struct purpose purpose = {
        .session = newest->session->id, .base = base, .is_repair = true};
    uint32_t error = resource_change(ledger, resource, &purpose, found, wanted);
    if (!error)
        state_copy(&resource->base, base);
    return error;
}

static void resource_verify(struct ledger *ledger, struct resource *resource,
                            struct ledger_summary *summary)
{
    char what[DESCRIPTION_SIZE];
    const char *obstacle = NULL;
    struct claim *newest = claim_newest_live(resource);
    CLEANUP_STATE struct state found = {0};
    if (!newest || (newest != resource->top && !resource->kind->shares) || newest->is_void)
        return;
    uint32_t error = resource_probe(ledger, resource, &found);
    if (!error)
        error = resource_rebase_if_replaced(ledger, resource, &found);
    if (!error && (newest->is_void || resource_is_wanted_elsewhere(resource, &found) ||
                   states_satisfy(resource->kind, &found, resource_in_force(resource)))) {
        summary->unchanged++;
        return;
    }
    if (!error)
        error = resource_find_obstacle(ledger, resource, &found, resource_in_force(resource), false,
                                       &obstacle);
    if (!error && obstacle) {
        if (!newest->is_told && summary->waiting < MOST_NAMED)
            log_information_of(LOG_OBSTACLE, "%s: was lost, and is not made again yet, because %s",
                               resource_describe(resource, what), obstacle);
        summary->waiting++;
        newest->is_told = true;
        return;
    }
    if (!error)
        error = make_again(ledger, resource, &found);
    if (!error) {
        newest->is_told = false;
        summary->changed++;
    } else if (summary->failed++ < MOST_NAMED) {
        log_error_of(LOG_NOT_MADE_AGAIN, error, "%s: was lost and cannot be made again",
                     resource_describe(resource, what));
    }
}

void ledger_verify(struct ledger *ledger, struct ledger_summary *summary)
{
    struct ledger_summary orphans = {0};
    size_t count;
    *summary = (struct ledger_summary){0};
    CLEANUP_FREE struct resource **all = hold_all(ledger, &count);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_RELEASE struct reservation reserved = reserve_held(ledger, all[i]);
        resource_verify(ledger, reserved.resource, summary);
    }
    orphans_retry(ledger, &orphans);
    summary->failed += orphans.failed;
    summary->changed += orphans.changed;
    summary->left_alone += orphans.left_alone;
    summary->waiting += orphans.waiting;
}
