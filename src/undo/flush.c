/* SPDX-License-Identifier: MIT */
/* Flush, then close (invariant 6): what was put back is on the disk before the journal forgets it.
 *
 * Sessions that end together share a flush: whoever waits for `flushing` finds afterwards that what
 * it had put back before is closed already. */
#include "undo/claims.h"

#include "base/log.h"

void resource_update_waiting(struct ledger *ledger, struct resource *resource)
{
    if (resource->wait_number) {
        DL_DELETE2(ledger->waiting, resource, before, after);
        ledger->waiting_count--;
        resource->wait_number = 0;
    }
    if (!resource->top && resource->entry) {
        DL_APPEND2(ledger->waiting, resource, before, after);
        ledger->waiting_count++;
        resource->wait_number = ++ledger->last_wait_number;
    }
}

/* One that has waited since `last` or longer, unless a thread is busy with it: then it will wait
 * anew. */
static struct reservation reserve_waiting(struct ledger *ledger, uint64_t last)
{
    struct reservation reserved = {ledger, NULL};
    lock_acquire(&ledger->lock);
    struct resource *resource = ledger->waiting;
    while (resource && resource->wait_number <= last && resource->reserved)
        resource = resource->after;
    if (resource && resource->wait_number <= last) {
        reserved.resource = resource;
        resource_wait_for(ledger, resource);
    }
    lock_release(&ledger->lock);
    if (reserved.resource)
        resource_enter_elsewhere(ledger, reserved.resource);
    return reserved;
}

/* Calls `act` for each that has waited since `last`. Those that still wait after that do so anew,
 * with a higher number, so this ends. */
static void each_waiting(struct ledger *ledger, uint64_t last,
                         void (*act)(struct ledger *ledger, struct resource *resource))
{
    for (;;) {
        CLEANUP_RELEASE struct reservation reserved = reserve_waiting(ledger, last);
        if (!reserved.resource)
            return;
        act(ledger, reserved.resource);
    }
}

/* The number of the one that has waited for the shortest time; 0 when none waits. */
static uint64_t last_waiting(struct ledger *ledger)
{
    lock_acquire(&ledger->lock);
    uint64_t last = ledger->waiting ? ledger->last_wait_number : 0;
    lock_release(&ledger->lock);
    return last;
}

uint32_t flush_changes(struct ledger *ledger)
{
    uint32_t error = ledger->flush(ledger->context);
    lock_acquire(&ledger->lock);
    bool is_first_failure = error && !ledger->has_flush_failed;
    ledger->has_flush_failed = error;
    lock_release(&ledger->lock);
    if (is_first_failure) /* retries stay silent */
        log_error_of(LOG_JOURNAL, error,
                     "The registry can't be flushed to disk: what was put back stays in the "
                     "journal until it can");
    return error;
}

void ledger_flush(struct ledger *ledger)
{
    if (!ledger->journal)
        return;
    lock_acquire(&ledger->flushing);
    uint64_t last = last_waiting(ledger);
    if (last) {
        uint32_t error = flush_changes(ledger);
        each_waiting(ledger, last, error ? entry_mark_orphaned : entry_close);
    }
    journal_truncate(ledger->journal);
    if (last)
        journal_flush(ledger->journal);
    lock_release(&ledger->flushing);
}
