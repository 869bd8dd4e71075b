/* SPDX-License-Identifier: MIT */
/* The one door to the machine: intent, change, mark (invariants 4 and 5). */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

static bool outlives_restart(const struct resource *resource)
{
    return resource->kind->lifetime == LIFETIME_DISK;
}

/* ---- what the journal is told ---- */

bool entry_needs_flush(const struct resource *resource)
{
    return resource->entry && outlives_restart(resource);
}

void entry_close(struct ledger *ledger, struct resource *resource)
{
    if (resource->entry)
        journal_mark(ledger->journal, resource->entry, JOURNAL_CLOSED, false);
    resource->entry = 0;
    resource->is_marked_orphaned = false;
    state_drop(&resource->stated);
    state_drop(&resource->stated_base);
}

void entry_mark_orphaned(struct ledger *ledger, struct resource *resource)
{
    if (!resource->entry || resource->is_marked_orphaned)
        return;
    journal_mark(ledger->journal, resource->entry, JOURNAL_ORPHANED, false);
    resource->is_marked_orphaned = true;
}

/* An entry keeps the identity that its first record has. */
static uint32_t identify_once(struct ledger *ledger, struct resource *resource)
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

/* To the base, which every intent of the entry names: it can be gone without a further one. */
static bool is_way_back(const struct purpose *purpose, const struct state *to)
{
    return purpose->is_undo && state_equal(to, purpose->base);
}

static uint32_t write_intent(struct ledger *ledger, struct resource *resource,
                             const struct purpose *purpose, const struct state *from,
                             const struct state *to)
{
    uint32_t error = identify_once(ledger, resource);
    if (error)
        return error;
    const struct journal_change change = {
        .kind = resource->kind->number,
        .outlives_restart = outlives_restart(resource),
        .goes_on = is_way_back(purpose, to),
        .session = purpose->session,
        .identity = {resource->identity, resource->identity_size},
        .key = resource->key,
        .base = state_bytes(purpose->base),
        .from = state_bytes(from),
        .to = state_bytes(to),
    };
    error = journal_intend(ledger->journal, &change, &resource->entry);
    if (!error && resource->has_others) {
        state_copy(&resource->stated, to);
        state_copy(&resource->stated_base, purpose->base);
    }
    return error;
}

static void write_mark(struct ledger *ledger, struct resource *resource,
                       enum journal_outcome outcome)
{
    bool is_flushed = resource->kind->is_in_steps && outlives_restart(resource);
    journal_mark(ledger->journal, resource->entry, outcome, is_flushed);
    if (outcome == JOURNAL_APPLIED)
        resource->is_marked_orphaned = false; /* so readers take it */
}

/* The resource is now in the state `now`. What is as before us is over, unless a flush must come
 * first: then the release of the resource sees to that. */
static void mark_outcome(struct ledger *ledger, struct resource *resource,
                         const struct purpose *purpose, const struct state *now,
                         enum journal_outcome outcome)
{
    if (state_equal(now, purpose->base) && !entry_needs_flush(resource))
        entry_close(ledger, resource);
    else
        write_mark(ledger, resource, outcome);
    if (outcome == JOURNAL_FAILED && resource->entry && resource->has_others)
        state_copy(&resource->stated, now);
}

uint32_t entry_share(struct ledger *ledger, struct resource *resource,
                     const struct purpose *purpose, const struct state *found)
{
    uint32_t error = ledger->journal ? write_intent(ledger, resource, purpose, found, found) : 0;
    if (!error && ledger->journal)
        write_mark(ledger, resource, JOURNAL_APPLIED);
    return error;
}

void entry_restate(struct ledger *ledger, struct resource *resource, uint64_t session)
{
    const struct state *ours = resource_in_force(resource);
    const struct purpose purpose = {.session = session, .base = &resource->base};
    if (state_equal(ours, &resource->base) && !entry_needs_flush(resource))
        entry_close(ledger, resource);
    else if (resource->entry && !write_intent(ledger, resource, &purpose, ours, ours))
        write_mark(ledger, resource, JOURNAL_APPLIED);
}

void entry_tell_others(struct ledger *ledger, struct resource *resource)
{
    const struct claim *top = resource->top;
    if (!resource->has_others || !resource->entry)
        return;
    if (!top)
        entry_mark_orphaned(ledger, resource);
    else if (top->session && (!state_equal(&resource->stated, resource_in_force(resource)) ||
                              !state_equal(&resource->stated_base, &resource->base)))
        entry_restate(ledger, resource, top->session->id);
}

/* ---- what must be on the disk before ---- */

/* Of a resource that was changed already: neither its base nor where the last change led to. The
 * two states that the last intent names may both still be on the disk; this is one more. */
static bool is_third_state(const struct resource *resource, const struct purpose *purpose,
                           const struct state *to)
{
    return entry_needs_flush(resource) && !state_equal(to, purpose->base);
}

/* Invariant 5. */
static uint32_t flush_before(struct ledger *ledger, struct resource *resource,
                             const struct purpose *purpose, const struct state *to)
{
    if (!is_third_state(resource, purpose, to) && !resource->is_unflushed)
        return 0;
    uint32_t error = flush_changes(ledger);
    if (!error)
        resource->is_unflushed = false;
    return error;
}

/* ---- the change ---- */

/* Of a change that has failed: whether its way back has failed too, and the resource is somewhere
 * between the two states. Only changes in several steps can be. */
static bool is_torn(struct ledger *ledger, const struct resource *resource,
                    const struct state *from)
{
    const struct kind *kind = resource->kind;
    CLEANUP_STATE struct state found = {0};
    if (!kind->is_in_steps)
        return false;
    state_copy(&found, from);
    return kind->probe(ledger->context, resource->key, &found) || !state_equal(&found, from);
}

static uint32_t call_kind(struct ledger *ledger, const struct resource *resource,
                          const struct state *from, const struct state *to)
{
    return resource->kind->change(ledger->context, resource->key, state_bytes(from),
                                  state_bytes(to));
}

/* `*torn`: the intent has no mark, so a reader takes the resource for undecided. */
static uint32_t change_with_journal(struct ledger *ledger, struct resource *resource,
                                    const struct purpose *purpose, const struct state *from,
                                    const struct state *to, bool *torn)
{
    bool is_third = is_third_state(resource, purpose, to), had_entry = resource->entry;
    uint32_t error = flush_before(ledger, resource, purpose, to);
    if (!error)
        error = write_intent(ledger, resource, purpose, from, to);
    bool is_written_down = !error;
    if (!error || is_way_back(purpose, to)) {
        error = call_kind(ledger, resource, from, to);
        resource->is_unflushed |= is_third;
        *torn = error && is_torn(ledger, resource, from);
    }
    if (*torn)
        return error;
    if (error && had_entry && !state_equal(purpose->base, &resource->base))
        entry_restate(ledger, resource, purpose->session); /* the intent named another base */
    else if (is_written_down && (!error || !purpose->is_repair))
        mark_outcome(ledger, resource, purpose, error ? from : to,
                     error ? JOURNAL_FAILED : JOURNAL_APPLIED);
    return error;
}

static uint32_t change_without_journal(struct ledger *ledger, struct resource *resource,
                                       const struct purpose *purpose, const struct state *from,
                                       const struct state *to, bool *torn)
{
    uint32_t error = purpose->is_undo ? 0 : identify_once(ledger, resource);
    if (error)
        return error;
    error = call_kind(ledger, resource, from, to);
    *torn = error && is_torn(ledger, resource, from);
    return error;
}

uint32_t resource_change(struct ledger *ledger, struct resource *resource,
                         const struct purpose *purpose, const struct state *from,
                         const struct state *to)
{
    if (state_equal(from, to))
        return 0;
    bool torn = false;
    uint32_t error = ledger->journal && resource->kind->lifetime != LIFETIME_PROCESS
                         ? change_with_journal(ledger, resource, purpose, from, to, &torn)
                         : change_without_journal(ledger, resource, purpose, from, to, &torn);
    if (torn)
        orphan_enter_torn(ledger, resource, purpose, from, to);
    return error;
}
