/* SPDX-License-Identifier: MIT */
/* Reserving a resource keeps every other thread away from it (invariant 1). */
#include "undo/claims.h"

#include "base/cleanup.h"

#include <string.h>

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
    ledger->reserved_count++;
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
    if (resource)
        resource_enter_elsewhere(ledger, resource);
    return (struct reservation){ledger, resource};
}

bool ledger_knows(struct ledger *ledger, const struct kind *kind, struct bytes key)
{
    CLEANUP_FREE struct resource *name = resource_create(kind, key);
    struct resource *resource = NULL;
    if (!name)
        return false;
    lock_acquire(&ledger->lock);
    HASH_FIND(hh, ledger->resources, name->name, sizeof(kind) + key.size, resource);
    lock_release(&ledger->lock);
    return resource;
}

struct reservation resource_reserve_known(struct ledger *ledger, struct resource *resource)
{
    lock_acquire(&ledger->lock);
    resource_wait_for(ledger, resource);
    lock_release(&ledger->lock);
    resource_enter_elsewhere(ledger, resource);
    return (struct reservation){ledger, resource};
}

static bool resource_is_forgettable(const struct resource *resource)
{
    return !resource->users && !resource->top && !resource->entry;
}

void resource_release(struct reservation *reservation)
{
    struct ledger *ledger = reservation->ledger;
    struct resource *resource = reservation->resource;
    if (!resource)
        return;
    if (!resource->top && !entry_needs_flush(resource))
        entry_close(ledger, resource);
    entry_tell_others(ledger, resource);
    resource_leave_elsewhere(ledger, resource);
    lock_acquire(&ledger->lock);
    resource_update_waiting(ledger, resource);
    resource->reserved = false;
    ledger->reserved_count--;
    resource->users--;
    if (resource->users)
        condition_wake_all(&resource->released);
    if (resource_is_forgettable(resource)) {
        HASH_DEL(ledger->resources, resource);
        state_drop(&resource->base);
        state_drop(&resource->combined);
        free(resource);
    }
    lock_release(&ledger->lock);
}
