/* SPDX-License-Identifier: MIT */
/* What other instances of the service have made of a resource (others.h). */
#include "undo/claims.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/hash.h"
#include "undo/journal_reader.h"

#include <string.h>

/* ---- what all journals of others say, read again when one of them has changed ---- */

struct other_entry {
    UT_hash_handle hh;
    struct journal_entry entry; /* its byte strings lie in the reading */
    bool is_alive;
    struct other_entry *next; /* of the same resource */
    uint32_t kind; /* the key of the table: these bytes, and those of the resource's key */
    unsigned char key[];
};

struct other_reading {
    void *bytes;
    struct reading reading;
    struct other_reading *next;
};

static void others_forget(struct others *others)
{
    while (others->entries) {
        struct other_entry *entry = others->entries, *next;
        HASH_DEL(others->entries, entry);
        for (; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
    while (others->readings) {
        struct other_reading *reading = others->readings;
        others->readings = reading->next;
        reading_drop(&reading->reading);
        free(reading->bytes);
        free(reading);
    }
    others->stamp = 0;
}

static struct other_entry *other_entry_create(uint32_t kind, struct bytes key)
{
    struct other_entry *entry = calloc(1, sizeof(*entry) + key.size);
    if (entry) {
        entry->kind = kind;
        memcpy(entry->key, key.at, key.size);
    }
    return entry;
}

static size_t table_key_size(size_t key_size)
{
    return offsetof(struct other_entry, key) - offsetof(struct other_entry, kind) + key_size;
}

static bool others_add_entry(struct others *others, const struct journal_entry *entry,
                             bool is_alive)
{
    struct other_entry *first = NULL, *fresh = other_entry_create(entry->kind, entry->key);
    if (!fresh)
        return false;
    fresh->entry = *entry;
    fresh->is_alive = is_alive && !entry->is_orphan;
    size_t size = table_key_size(entry->key.size);
    HASH_FIND(hh, others->entries, &fresh->kind, size, first);
    if (first) {
        fresh->next = first->next;
        first->next = fresh;
        return true;
    }
    HASH_ADD_KEYPTR(hh, others->entries, &fresh->kind, size, fresh);
    if (fresh->hh.tbl)
        return true;
    free(fresh);
    return false;
}

static void others_see(void *seer, const struct other_journal *journal)
{
    struct others *others = seer;
    CLEANUP_FREE void *bytes = malloc(journal->size + 1);
    CLEANUP_FREE struct other_reading *kept = calloc(1, sizeof(*kept));
    struct journal_entry entry;
    if (!bytes || !kept) {
        others->is_incomplete = true;
        return;
    }
    if (journal->size)
        memcpy(bytes, journal->bytes, journal->size);
    if (reading_take(&kept->reading, bytes, journal->size, journal->boot)) {
        reading_drop(&kept->reading);
        others->is_incomplete = true;
        return;
    }
    for (const struct reading_entry *at = reading_next(&kept->reading, NULL, &entry); at;
         at = reading_next(&kept->reading, at, &entry))
        others->is_incomplete |= !others_add_entry(others, &entry, journal->is_alive);
    kept->bytes = TAKE(bytes);
    kept->next = others->readings;
    others->readings = TAKE(kept);
}

/* With the lock of `others` held. */
static void others_refresh(struct others *others, uint64_t stamp)
{
    if (others->stamp == stamp)
        return;
    others_forget(others);
    others->is_incomplete = false;
    others->journals->read(others->journals, others_see, others);
    if (!others->is_incomplete)
        others->stamp = stamp;
}

void others_close(struct others *others)
{
    others_forget(others);
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

static uint32_t other_claim_add(struct resource *resource, const struct other_entry *other)
{
    const struct journal_entry *entry = &other->entry;
    struct other_claim *claim = calloc(1, sizeof(*claim));
    if (!claim)
        return ERROR_NOT_ENOUGH_MEMORY;
    claim->is_alive = other->is_alive;
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

/* What the others' journals say of the resource. */
static uint32_t others_look_up(struct others *others, struct resource *resource)
{
    struct other_entry *entry = NULL,
                       *name = other_entry_create(resource->kind->number, resource->key);
    if (!name)
        return ERROR_NOT_ENOUGH_MEMORY;
    lock_acquire(&others->lock);
    others_refresh(others, others->journals->stamp(others->journals));
    uint32_t error = others->is_incomplete ? ERROR_NOT_ENOUGH_MEMORY : 0;
    HASH_FIND(hh, others->entries, &name->kind, table_key_size(resource->key.size), entry);
    for (; entry && !error; entry = entry->next)
        if (other_is_valid(resource->kind, &entry->entry))
            error = other_claim_add(resource, entry);
    lock_release(&others->lock);
    free(name);
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
static bool other_entry_is_more(const struct other_entry *entry, const struct kind *kind)
{
    return entry->kind != kind->number || entry->is_alive || !entry->entry.base.size ||
           !kind->is_valid(entry->entry.key, entry->entry.base);
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
    for (struct other_entry *at = others->entries; at && is_all; at = at->hh.next)
        for (struct other_entry *entry = at; entry && is_all; entry = entry->next)
            is_all = !other_entry_is_more(entry, kind) && other_key_add(keys, entry->entry.key);
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
