/* SPDX-License-Identifier: MIT */
#include "undo/journal_reader.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/errors.h"
#include "base/table.h"

#include <string.h>

/* The records that say how an entry is, in the order in which they are read and written again. */
enum part { PART_INTENT, PART_DECISION, PART_ORPHAN, PART_CLOSE, PART_COUNT };

/* In the file; size 0: there is none. */
struct span {
    size_t at, size;
};

struct reading_entry {
    UT_hash_handle hh;
    UT_hash_handle by_key; /* of its resource it is the newest */
    uint64_t number;
    struct record intent;  /* the last one; its byte strings lie in `content` */
    struct bytes resource; /* kind and key, there too */
    struct span parts[PART_COUNT];
    enum journal_outcome decision; /* of the last intent, 0: none */
    bool is_orphan;
    bool is_closed;
    unsigned char content[];
};

/* ---- entries ---- */

static struct reading_entry *entry_find(struct reading *reading, uint64_t number)
{
    struct reading_entry *entry;
    HASH_FIND(hh, reading->entries, &number, sizeof(number), entry);
    return entry;
}

/* Behind each other: returns where the next one goes. */
static unsigned char *move_string(struct bytes *string, unsigned char *to)
{
    if (string->size)
        memcpy(to, string->at, string->size);
    string->at = to;
    return to + string->size;
}

/* NULL when memory is short. */
static struct reading_entry *entry_create(const struct record *intent, struct span span)
{
    const struct journal_change *from = &intent->change;
    struct reading_entry *entry =
        calloc(1, sizeof(*entry) + sizeof(from->kind) + from->key.size + from->identity.size +
                      from->base.size + from->from.size + from->to.size);
    if (!entry)
        return NULL;
    entry->number = intent->entry;
    entry->intent = *intent;
    entry->parts[PART_INTENT] = span;
    struct journal_change *change = &entry->intent.change;
    store_u32(entry->content, change->kind);
    unsigned char *at = move_string(&change->key, entry->content + sizeof(change->kind));
    entry->resource = (struct bytes){entry->content, (size_t)(at - entry->content)};
    at = move_string(&change->identity, at);
    at = move_string(&change->base, at);
    at = move_string(&change->from, at);
    move_string(&change->to, at);
    return entry;
}

static void entry_remove(struct reading *reading, struct reading_entry *entry)
{
    HASH_DELETE(hh, reading->entries, entry);
    HASH_DELETE(by_key, reading->by_key, entry);
    free(entry);
}

/* Of the entries of one resource, only the newest says how it is; the others are forgotten, or they
 * would be the newest in a copy without that one. On an error the entry is freed. */
static uint32_t entry_add(struct reading *reading, struct reading_entry *entry)
{
    struct reading_entry *other;
    HASH_FIND(by_key, reading->by_key, entry->resource.at, entry->resource.size, other);
    if (other && other->number > entry->number) {
        free(entry);
        return 0;
    }
    if (other)
        entry_remove(reading, other);
    HASH_ADD(hh, reading->entries, number, sizeof(entry->number), entry);
    if (entry->hh.tbl) {
        HASH_ADD_KEYPTR(by_key, reading->by_key, entry->resource.at, entry->resource.size, entry);
        if (entry->by_key.tbl)
            return 0;
        HASH_DELETE(hh, reading->entries, entry);
    }
    free(entry);
    return ERROR_NOT_ENOUGH_MEMORY;
}

static int compare_numbers(struct reading_entry *a, struct reading_entry *b)
{
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- records, one after the other ---- */

/* An intent stands for itself: of what was read before only the orphan's mark still counts. */
static uint32_t read_intent(struct reading *reading, const struct record *record, struct span span)
{
    struct reading_entry *before = entry_find(reading, record->entry);
    struct reading_entry *entry = entry_create(record, span);
    if (!entry)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (before) {
        entry->is_orphan = before->is_orphan;
        entry->parts[PART_ORPHAN] = before->parts[PART_ORPHAN];
        entry_remove(reading, before);
    }
    return entry_add(reading, entry);
}

static void read_mark(struct reading *reading, const struct record *record, struct span span)
{
    struct reading_entry *entry = entry_find(reading, record->entry);
    if (!entry)
        return;
    switch (record->outcome) {
    case JOURNAL_APPLIED:
    case JOURNAL_FAILED:
        if (entry->decision)
            return; /* of an intent that has been lost */
        entry->decision = record->outcome;
        entry->parts[PART_DECISION] = span;
        if (record->outcome == JOURNAL_APPLIED) { /* some session's again */
            entry->is_orphan = false;
            entry->parts[PART_ORPHAN] = (struct span){0};
        }
        return;
    case JOURNAL_CLOSED:
        entry->is_closed = true;
        entry->parts[PART_CLOSE] = span;
        return;
    case JOURNAL_ORPHANED:
        entry->is_orphan = true;
        entry->parts[PART_ORPHAN] = span;
        return;
    }
}

/* ---- the walk over the slots ---- */

/* Where the record that begins at `at` has to end because another one begins. */
static size_t next_start(const uint8_t *bytes, size_t size, size_t at)
{
    do
        at += SLOT_SIZE;
    while (at < size && bytes[at] != SLOT_RECORD);
    return at < size ? at : size;
}

/* The end of the file, from `at` on, is no record: what follows the last damage is torn. More than
 * one beginning is there when an append and the one that was to repair the file have failed. */
static void read_end(struct reading *reading, const uint8_t *bytes, size_t size, size_t at)
{
    size_t torn = at;
    for (size_t start = at, end; start < size; start = end) {
        end = next_start(bytes, size, start);
        if (!record_is_torn(bytes + start, end - start))
            torn = end;
    }
    reading->report.damaged += torn - at;
    reading->report.torn = size - torn;
    reading->end = torn < size ? torn : slot_align(size);
}

/* `lost` bytes right before the record are none. */
static uint32_t read_record(struct reading *reading, const struct record *record, struct span span,
                            size_t lost)
{
    size_t slots = lost / SLOT_SIZE;
    if (record->type == RECORD_REPAIR)
        slots -= record->entry < slots ? (size_t)record->entry : slots;
    reading->report.damaged += slots * SLOT_SIZE;
    if (record->sequence > reading->sequence)
        reading->sequence = record->sequence;
    if (record->type == RECORD_INTENT)
        return read_intent(reading, record, span);
    if (record->type == RECORD_MARK)
        read_mark(reading, record, span);
    return 0;
}

/* The first slot at `bytes`; what a file lacks of its last slot counts as zeros. */
static void copy_slot(uint8_t slot[SLOT_SIZE], const uint8_t *bytes, size_t size)
{
    memset(slot, 0, SLOT_SIZE);
    memcpy(slot, bytes, size < SLOT_SIZE ? size : SLOT_SIZE);
}

static void remember_last(struct reading *reading, struct span span, const uint8_t *bytes)
{
    reading->last = span.at;
    reading->known = span.at + span.size;
    copy_slot(reading->last_slot, bytes, span.size);
}

/* `bytes` are those of the file from `from` on. */
static uint32_t read_slots(struct reading *reading, const uint8_t *bytes, size_t size, size_t from)
{
    CLEANUP_FREE void *content = malloc(RECORD_CONTENT_MAX);
    if (!content)
        return ERROR_NOT_ENOUGH_MEMORY;
    size_t at = slot_align(reading->known) - from;
    while (at < size) {
        struct record record;
        size_t taken = record_decode(bytes + at, size - at, content, &record);
        if (!taken) {
            at += SLOT_SIZE;
            continue;
        }
        const struct span span = {from + at, taken};
        uint32_t error = read_record(reading, &record, span, span.at - reading->known);
        if (error)
            return error;
        remember_last(reading, span, bytes + at);
        at += taken;
    }
    return 0;
}

/* ---- which of the entries are found ---- */

/* Whether what the entry says may be so on the machine, and needs to be put back. */
static bool needs_undo(const struct reading *reading, const struct reading_entry *entry)
{
    return !entry->is_closed &&
           (entry->intent.change.outlives_restart || entry->intent.boot == reading->boot);
}

static void find_entries(struct reading *reading)
{
    HASH_SORT(reading->entries, compare_numbers);
    for (struct reading_entry *entry = reading->entries; entry; entry = entry->hh.next)
        reading->found += needs_undo(reading, entry);
}

/* False when there is nothing to read behind it. */
static bool read_header(struct reading *reading, const uint8_t *bytes, size_t size)
{
    size_t lost = size < SLOT_SIZE ? size : SLOT_SIZE;
    switch (header_decode(bytes, size)) {
    case HEADER_VALID:
        reading->has_header = true;
        break;
    case HEADER_NEWER:
        reading->report.is_newer = true;
        return false;
    case HEADER_TORN:
        reading->report.torn = size;
        return false;
    case HEADER_DAMAGED:
        reading->report.damaged = lost;
        break;
    }
    remember_last(reading, (struct span){0, lost}, bytes);
    return true;
}

uint32_t reading_take(struct reading *reading, const void *bytes, size_t size, uint64_t boot)
{
    *reading = (struct reading){.report.size = size, .boot = boot};
    if (!read_header(reading, bytes, size))
        return 0;
    uint32_t error = read_slots(reading, bytes, size, 0);
    if (error)
        return error;
    read_end(reading, bytes, size, reading->known);
    find_entries(reading);
    return 0;
}

size_t reading_goes_on_at(const struct reading *reading)
{
    return reading->last;
}

uint32_t reading_go_on(struct reading *reading, const void *bytes, size_t size)
{
    uint8_t slot[SLOT_SIZE];
    if (!reading->known)
        return read_header(reading, bytes, size) ? read_slots(reading, bytes, size, 0) : 0;
    copy_slot(slot, bytes, size);
    if (memcmp(slot, reading->last_slot, SLOT_SIZE) != 0)
        return ERROR_INVALID_DATA;
    return read_slots(reading, bytes, size, reading->last);
}

void reading_drop(struct reading *reading)
{
    while (reading->entries)
        entry_remove(reading, reading->entries);
    reading->found = reading->known = reading->last = 0;
}

void reading_prune(struct reading *reading)
{
    for (struct reading_entry *entry = reading->entries, *next; entry; entry = next) {
        next = entry->hh.next;
        if (!needs_undo(reading, entry))
            entry_remove(reading, entry);
    }
}

/* ---- what is found ---- */

static void entry_describe(const struct reading *reading, const struct reading_entry *entry,
                           struct journal_entry *described)
{
    const struct journal_change *change = &entry->intent.change;
    *described = (struct journal_entry){
        .number = entry->number,
        .session = change->session,
        .kind = change->kind,
        .outlives_restart = change->outlives_restart,
        .is_of_this_boot = entry->intent.boot == reading->boot,
        .identity = change->identity,
        .key = change->key,
        .base = change->base,
        .is_orphan = entry->is_orphan,
    };
    bool has_failed = entry->decision == JOURNAL_FAILED;
    bool is_undo = bytes_equal(change->to, change->base);
    bool is_over = entry->decision;
    bool is_sure = is_over && described->is_of_this_boot;
    described->ours = has_failed || (is_undo && !is_sure) ? change->from : change->to;
    described->is_undecided = !is_sure;
    described->is_whole = is_over && !is_sure;
    if (!is_sure)
        described->other = has_failed || is_undo ? change->base : change->from;
}

const struct reading_entry *reading_next(const struct reading *reading,
                                         const struct reading_entry *previous,
                                         struct journal_entry *entry)
{
    const struct reading_entry *next = previous ? previous->hh.next : reading->entries;
    while (next && !needs_undo(reading, next))
        next = next->hh.next;
    if (next)
        entry_describe(reading, next, entry);
    return next;
}

bool reading_find(const struct reading *reading, struct bytes resource, struct journal_entry *entry)
{
    struct reading_entry *found;
    HASH_FIND(by_key, reading->by_key, resource.at, resource.size, found);
    if (!found || !needs_undo(reading, found))
        return false;
    entry_describe(reading, found, entry);
    return true;
}

/* ---- the copy without what is over ---- */

static size_t copy_entry(const struct reading_entry *entry, const uint8_t *bytes, uint8_t *copy)
{
    size_t copied = 0;
    for (size_t i = 0; i < PART_COUNT; i++) {
        const struct span *part = &entry->parts[i];
        if (copy)
            memcpy(copy + copied, bytes + part->at, part->size);
        copied += slot_align(part->size);
    }
    return copied;
}

size_t reading_needed(const struct reading *reading)
{
    size_t size = SLOT_SIZE;
    for (const struct reading_entry *entry = reading->entries; entry; entry = entry->hh.next)
        if (needs_undo(reading, entry))
            size += copy_entry(entry, NULL, NULL);
    return size;
}

uint32_t reading_compact(const struct reading *reading, const void *bytes, void **copy,
                         size_t *copy_size)
{
    *copy_size = reading_needed(reading);
    uint8_t *at = *copy = calloc(1, *copy_size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    header_encode(JOURNAL_VERSION, at);
    at += SLOT_SIZE;
    for (const struct reading_entry *entry = reading->entries; entry; entry = entry->hh.next)
        if (needs_undo(reading, entry))
            at += copy_entry(entry, bytes, at);
    return 0;
}
