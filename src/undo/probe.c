/* SPDX-License-Identifier: MIT */
/* What a resource is now, and whether its key still stands for the same thing. */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <string.h>

static const struct state absent;

bool states_satisfy(const struct kind *kind, const struct state *found, const struct state *wanted)
{
    if (!found->size || !wanted->size)
        return found->size == wanted->size;
    return kind->satisfies(state_bytes(found), state_bytes(wanted));
}

const struct state *resource_made(const struct resource *resource)
{
    if (!resource->top)
        return &absent;
    return resource->kind->shares ? &resource->combined : &resource->top->wanted;
}

const struct state *resource_in_force(const struct resource *resource)
{
    const struct claim *top = resource->top;
    return top && !top->is_void ? resource_made(resource) : &resource->base;
}

const char *resource_describe(const struct resource *resource, char text[DESCRIPTION_SIZE])
{
    text[0] = 0;
    resource->kind->describe(resource->key, text, DESCRIPTION_SIZE);
    return text;
}

/* Of an orphan that was interrupted in a change: `found` says which of its states it is in. */
static void decide_orphan(const struct kind *kind, struct claim *orphan, const struct state *found)
{
    if (orphan->may_be_mixed)
        state_copy(&orphan->wanted, found);
    else if (!states_satisfy(kind, found, &orphan->wanted) &&
             states_satisfy(kind, found, &orphan->observed))
        state_copy(&orphan->wanted, &orphan->observed);
    orphan->is_undecided = orphan->may_be_mixed = false;
}

/* One of the two has all that the other one has. */
static uint32_t find_shares(struct ledger *ledger, const struct resource *resource,
                            const struct state *a, const struct state *b, struct state *found)
{
    size_t count;
    CLEANUP_FREE struct bytes *others = other_states(resource, NULL, &count);
    if (!others)
        return ERROR_NOT_ENOUGH_MEMORY;
    return resource->kind->shares->find(ledger->context, resource->key,
                                        state_bytes(a->size > b->size ? a : b), others, count,
                                        found);
}

static uint32_t probe_interrupted(struct ledger *ledger, struct resource *resource,
                                  struct state *found)
{
    const struct claim *orphan = resource->top;
    if (resource->kind->shares)
        return find_shares(ledger, resource, &orphan->observed, &orphan->wanted, found);
    return resource->kind->probe_interrupted(ledger->context, resource->key,
                                             state_bytes(&orphan->observed),
                                             state_bytes(&orphan->wanted), found);
}

static bool resource_is_away(struct ledger *ledger, const struct resource *resource)
{
    const struct bytes identity = {resource->identity, resource->identity_size};
    return resource->kind->is_away && identity.size &&
           resource->kind->is_away(ledger->context, resource->key, identity);
}

uint32_t resource_probe(struct ledger *ledger, struct resource *resource, struct state *found)
{
    const struct kind *kind = resource->kind;
    bool is_undecided = resource->top && resource->top->is_undecided;
    state_copy(found, resource_made(resource));
    uint32_t error = is_undecided && (kind->probe_interrupted || kind->shares)
                         ? probe_interrupted(ledger, resource, found)
                         : kind->probe(ledger->context, resource->key, found);
    if (!error && !found->size && resource_is_away(ledger, resource))
        error = ERROR_NOT_READY;
    if (!error && is_undecided)
        decide_orphan(kind, resource->top, found);
    return error;
}

uint32_t resource_find_obstacle(struct ledger *ledger, const struct resource *resource,
                                const struct state *found, const struct state *target, bool is_undo,
                                const char **obstacle)
{
    const struct kind *kind = resource->kind;
    *obstacle = NULL;
    if (!kind->find_obstacle || found->size || !target->size)
        return 0;
    return kind->find_obstacle(ledger->context, resource->key, is_undo, obstacle);
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
        *presence = resource_is_away(ledger, resource) ? AWAY : GONE;
        return 0;
    }
    bool is_same = size == resource->identity_size && memcmp(now, resource->identity, size) == 0;
    if (!error && !is_same)
        *presence = REPLACED;
    return error;
}

/* What we changed has gone with the thing that the key stood for, so nothing of it is to be put
 * back or flushed. */
static void forget_replaced(struct ledger *ledger, struct resource *resource)
{
    entry_close(ledger, resource);
    resource->identity_size = 0;
    resource->is_unflushed = false;
    orphan_discard(ledger, resource);
    for (struct claim *claim = resource->top; claim; claim = claim->below)
        claim->is_void = true;
}

/* What was there before anybody of us, where this was found. */
static const struct state *base_of_found(const struct resource *resource, const struct state *found)
{
    const struct other_claim *other = other_that_made(resource, found);
    if (resource->kind->shares)
        return &absent;
    return other ? &other->base : found;
}

uint32_t resource_rebase_if_replaced(struct ledger *ledger, struct resource *resource,
                                     const struct state *found)
{
    enum presence presence = PRESENT;
    bool is_claimed = resource->top;
    bool is_ours = is_claimed || resource->entry;
    uint32_t error = is_ours ? resource_presence(ledger, resource, &presence) : 0;
    if (error)
        return error;
    if (presence == REPLACED)
        forget_replaced(ledger, resource);
    if (!is_ours) {
        resource->identity_size = 0;
        resource->is_unflushed = false;
    }
    if (!is_claimed || presence == REPLACED)
        state_copy(&resource->base, base_of_found(resource, found));
    return 0;
}

const struct state *resource_base_under(const struct resource *resource, const struct state *found)
{
    if (resource->kind->shares ||
        states_satisfy(resource->kind, found, resource_in_force(resource)))
        return &resource->base;
    return base_of_found(resource, found);
}
