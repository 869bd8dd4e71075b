/* SPDX-License-Identifier: MIT */
/* What other instances of the service have made of a resource (others.h). */
#include "undo/claims.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/errors.h"
#include "base/hash.h"
#include "undo/journal_reader.h"

#include <string.h>

/* ---- what all journals of others say, read on when one of them has changed ---- */

struct other_reading {
    uint64_t name;
    struct reading reading;
    bool is_alive;
    bool is_there; /* it was shown */
    struct other_reading *next;
};

static struct others *others_of(struct other_reader *self)
{
    return (struct others *)(void *)((char *)self - offsetof(struct others, reader));
}

static struct other_reading *others_find(const struct others *others, uint64_t name)
{
    struct other_reading *reading = others->readings;
    while (reading && reading->name != name)
        reading = reading->next;
    return reading;
}

static struct other_reading *others_add(struct others *others, uint64_t name)
{
    struct other_reading *reading = calloc(1, sizeof(*reading));
    if (!reading)
        return NULL;
    reading->name = name;
    reading->next = others->readings;
    return others->readings = reading;
}

static size_t others_from(struct other_reader *self, uint64_t name)
{
    const struct other_reading *reading = others_find(others_of(self), name);
    return reading ? reading_goes_on_at(&reading->reading) : 0;
}

static bool others_see(struct other_reader *self, const struct other_journal *journal)
{
    struct others *others = others_of(self);
    struct other_reading *at = others_find(others, journal->name);
    if (!at)
        at = others_add(others, journal->name);
    if (!at) {
        others->is_incomplete = true;
        return true;
    }
    at->is_there = true;
    at->is_alive = journal->is_alive;
    bool goes_on =
        journal->boot == at->reading.boot && journal->offset == reading_goes_on_at(&at->reading);
    if (!goes_on && journal->offset)
        return false;
    if (!goes_on || !journal->offset) {
        reading_drop(&at->reading);
        at->reading = (struct reading){.boot = journal->boot};
    }
    uint32_t error = reading_go_on(&at->reading, journal->bytes, journal->size);
    if (!error)
        return true;
    reading_drop(&at->reading);
    others->is_incomplete |= error != ERROR_INVALID_DATA;
    return error != ERROR_INVALID_DATA;
}

/* All of them, or those alone whose journals are no longer there. */
static void others_forget(struct others *others, bool all)
{
    struct other_reading **link = &others->readings;
    while (*link) {
        struct other_reading *reading = *link;
        if (reading->is_there && !all) {
            link = &reading->next;
            continue;
        }
        *link = reading->next;
        reading_drop(&reading->reading);
        free(reading);
    }
}

/* With the lock of `others` held. */
static void others_refresh(struct others *others, uint64_t stamp)
{
    if (others->stamp == stamp)
        return;
    others->is_incomplete = false;
    for (struct other_reading *reading = others->readings; reading; reading = reading->next)
        reading->is_there = false;
    others->reader = (struct other_reader){others_from, others_see};
    others->journals->read(others->journals, &others->reader);
    others_forget(others, false);
    others->stamp = others->is_incomplete ? 0 : stamp;
}

void others_close(struct others *others)
{
    others_forget(others, true);
}

/* ---- what they say of one resource ---- */

static void other_claim_free(struct other_claim *claim)
{
    state_drop(&claim->base);
    state_drop(&claim->ours);
    state_drop(&claim->maybe);
    free(claim);
}

static bool other_is_valid(const struct kind *kind, const struct journal_entry *entry)
{
    return kind->is_valid(entry->key, entry->base) && kind->is_valid(entry->key, entry->ours) &&
           (!entry->is_undecided || kind->is_valid(entry->key, entry->other));
}

static uint32_t other_claim_add(struct resource *resource, const struct journal_entry *entry,
                                bool is_alive)
{
    struct other_claim *claim = calloc(1, sizeof(*claim));
    if (!claim)
        return ERROR_NOT_ENOUGH_MEMORY;
    claim->is_alive = is_alive && !entry->is_orphan;
    claim->is_undecided = entry->is_undecided;
    claim->may_be_mixed = entry->is_undecided && !entry->is_whole && resource->kind->is_in_steps;
    if (state_set(&claim->base, entry->base) || state_set(&claim->ours, entry->ours) ||
        state_set(&claim->maybe, entry->is_undecided ? entry->other : entry->ours)) {
        other_claim_free(claim);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    LL_PREPEND(resource->others, claim);
    return 0;
}

struct bytes *other_states(const struct resource *resource, const struct other_claim *without,
                           size_t *count)
{
    size_t others = 0;
    for (const struct other_claim *claim = resource->others; claim; claim = claim->next)
        others++;
    struct bytes *states = calloc(others + 1, sizeof(*states)); /* room for one more */
    *count = 0;
    if (!states)
        return NULL;
    for (const struct other_claim *claim = resource->others; claim; claim = claim->next)
        if (claim != without)
            states[(*count)++] = state_bytes(&claim->ours);
    return states;
}

/* Of a kind of shares: what a process that ended in the middle of a change had in fact. */
static uint32_t other_claim_decide(struct ledger *ledger, struct resource *resource,
                                   struct other_claim *claim)
{
    const struct state *larger =
        claim->maybe.size > claim->ours.size ? &claim->maybe : &claim->ours;
    CLEANUP_STATE struct state found = {0};
    size_t count;
    CLEANUP_FREE struct bytes *states = other_states(resource, claim, &count);
    if (!states)
        return ERROR_NOT_ENOUGH_MEMORY;
    states[count++] = state_bytes(&resource->combined);
    uint32_t error = resource->kind->shares->find(ledger->context, resource->key,
                                                  state_bytes(larger), states, count, &found);
    state_copy(&claim->ours, &found);
    state_copy(&claim->maybe, &found);
    return error;
}

static uint32_t others_decide(struct ledger *ledger, struct resource *resource)
{
    uint32_t error = 0;
    if (!resource->kind->shares)
        return 0;
    for (struct other_claim *claim = resource->others; claim && !error; claim = claim->next)
        if (claim->is_undecided)
            error = other_claim_decide(ledger, resource, claim);
    return error;
}

/* The same in every process. */
static uint64_t resource_number(const struct resource *resource)
{
    static const unsigned char fixed[HASH_KEY_SIZE];
    return hash_with_key(fixed, resource->key.at, resource->key.size) + resource->kind->number;
}

static uint32_t others_find_claims(const struct others *others, struct resource *resource,
                                   struct bytes name)
{
    uint32_t error = others->is_incomplete ? ERROR_NOT_ENOUGH_MEMORY : 0;
    struct journal_entry entry;
    for (const struct other_reading *at = others->readings; at && !error; at = at->next)
        if (reading_find(&at->reading, name, &entry) && other_is_valid(resource->kind, &entry))
            error = other_claim_add(resource, &entry, at->is_alive);
    return error;
}

/* What the others' journals say of the resource. */
static uint32_t others_look_up(struct others *others, struct resource *resource)
{
    const struct bytes key = resource->key;
    const struct bytes name = {.size = sizeof(uint32_t) + key.size};
    CLEANUP_FREE unsigned char *bytes = malloc(name.size);
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    store_u32(bytes, resource->kind->number);
    memcpy(bytes + sizeof(uint32_t), key.at, key.size);
    lock_acquire(&others->lock);
    others_refresh(others, others->journals->stamp(others->journals));
    uint32_t error = others_find_claims(others, resource, (struct bytes){bytes, name.size});
    lock_release(&others->lock);
    return error;
}

void resource_enter_elsewhere(struct ledger *ledger, struct resource *resource)
{
    struct others *others = &ledger->others;
    if (!others->journals || resource->kind->lifetime == LIFETIME_PROCESS ||
        !others->journals->exist(others->journals))
        return;
    resource->has_others = true;
    resource->held = others->journals->lock(others->journals, resource_number(resource));
    resource->others_error = others_look_up(others, resource);
    if (!resource->others_error)
        resource->others_error = others_decide(ledger, resource);
}

void resource_leave_elsewhere(struct ledger *ledger, struct resource *resource)
{
    while (resource->others) {
        struct other_claim *claim = resource->others;
        resource->others = claim->next;
        other_claim_free(claim);
    }
    resource->others_error = 0;
    if (resource->held)
        ledger->others.journals->unlock(ledger->others.journals, resource->held);
    resource->held = NULL;
}

const struct other_claim *other_that_made(const struct resource *resource,
                                          const struct state *found)
{
    const struct other_claim *claim = resource->others;
    while (claim && !claim->may_be_mixed && !states_satisfy(resource->kind, found, &claim->ours) &&
           !states_satisfy(resource->kind, found, &claim->maybe))
        claim = claim->next;
    return claim;
}

const struct other_claim *other_in_force(const struct resource *resource)
{
    const struct other_claim *claim = resource->others;
    while (claim && !(claim->is_alive && !state_equal(&claim->ours, &claim->base)))
        claim = claim->next;
    return claim;
}

/* Whether an entry counts for others_have_more() before anybody asks for obstacles. */
static bool other_entry_is_more(const struct journal_entry *entry, bool is_alive,
                                const struct kind *kind)
{
    return entry->kind != kind->number || (is_alive && !entry->is_orphan) || !entry->base.size ||
           !kind->is_valid(entry->key, entry->base);
}

struct other_key {
    struct other_key *next;
    size_t size;
    unsigned char bytes[];
};

static bool other_key_add(struct other_key **keys, struct bytes key)
{
    struct other_key *fresh = malloc(sizeof(*fresh) + key.size);
    if (!fresh)
        return false;
    fresh->size = key.size;
    memcpy(fresh->bytes, key.at, key.size);
    LL_PREPEND(*keys, fresh);
    return true;
}

/* Copies the keys of what an obstacle may hinder. Returns false where there is anything else. */
static bool others_take_keys(struct others *others, const struct kind *kind,
                             struct other_key **keys)
{
    lock_acquire(&others->lock);
    others_refresh(others, others->journals->stamp(others->journals));
    bool is_all = !others->is_incomplete;
    struct journal_entry entry;
    for (const struct other_reading *at = others->readings; at; at = at->next)
        for (const struct reading_entry *next = reading_next(&at->reading, NULL, &entry);
             next && is_all; next = reading_next(&at->reading, next, &entry))
            is_all =
                !other_entry_is_more(&entry, at->is_alive, kind) && other_key_add(keys, entry.key);
    lock_release(&others->lock);
    return is_all;
}

bool others_have_more(struct ledger *ledger, const struct kind *kind)
{
    struct others *others = &ledger->others;
    struct other_key *keys = NULL;
    if (!others->journals || !others->journals->exist(others->journals))
        return false;
    bool has_more = !others_take_keys(others, kind, &keys);
    while (keys) {
        CLEANUP_FREE struct other_key *key = keys;
        const char *obstacle = NULL;
        keys = key->next;
        if (!has_more)
            has_more = kind->find_obstacle(ledger->context, (struct bytes){key->bytes, key->size},
                                           true, &obstacle) ||
                       !obstacle;
    }
    return has_more;
}

bool resource_is_wanted_elsewhere(const struct resource *resource, const struct state *found)
{
    const struct other_claim *other = other_in_force(resource);
    return other && !resource->kind->shares && states_satisfy(resource->kind, found, &other->ours);
}

void resource_set_combined(struct resource *resource, const struct state *combined)
{
    if (resource->kind->shares)
        state_copy(&resource->combined, combined);
}

uint32_t resource_combine(struct ledger *ledger, const struct resource *resource,
                          const struct state *found, const struct state *share, bool is_in,
                          struct state *combined)
{
    size_t count;
    CLEANUP_FREE struct bytes *others = other_states(resource, NULL, &count);
    if (!others)
        return ERROR_NOT_ENOUGH_MEMORY;
    return resource->kind->shares->combine(ledger->context, resource->key, state_bytes(found),
                                           state_bytes(share), is_in, others, count, combined);
}
