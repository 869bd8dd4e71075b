/* SPDX-License-Identifier: MIT */
/* Random operations on a journal, with failures, deaths and losses of power: after each restart it
 * must find what follows from a plain list of the operations that have reached the disk. */
#include "tests/unit/journal_toy.h"

#include "base/errors.h"
#include "undo/record.h"

#include <stdio.h>
#include <string.h>

enum { RUNS = 1000, PROCESSES = 4, STEPS = 40, HISTORY_MAX = 1024, KEYS = 4 };

/* xorshift64*: the same numbers on every platform, so that a seed identifies a run. */
static uint64_t random_state;

static unsigned below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 0x2545F4914F6CDD1DULL >> 33) % limit);
}

static bool one_in(unsigned chances)
{
    return below(chances) == 0;
}

static const char *const keys[KEYS] = {"a", "b", "c", "a key that is so long that it takes slots"};
static char large[30000];
static const char *const states[] = {"", "x", "y", "a state that is longer than one slot of it",
                                     large};

static const char *random_state_text(void)
{
    return states[below(large[0] ? 5 : 4)];
}

/* ---- the list of operations ---- */

struct operation {
    bool is_mark;
    uint64_t entry, boot;
    uint32_t kind;
    const char *key, *base, *from, *to;
    enum journal_outcome outcome;
};

static struct operation history[HISTORY_MAX];
static size_t operation_count, flushed;                /* as many as are on disk */
static size_t compacted_operations, compacted_records; /* of both at the last compaction */

/* What the service knows about a resource, as the ledger would. */
static struct resource {
    uint64_t entry; /* 0: as before us */
    uint32_t kind;
    const char *key, *base, *now;
} resources[2 * KEYS];

static void record_operation(struct operation operation)
{
    assert_true(operation_count < HISTORY_MAX);
    operation.boot = toy.boot;
    history[operation_count++] = operation;
}

/* The last record of the entry that is an intent (or a mark with one of two outcomes). */
static const struct operation *last(uint64_t entry, bool is_mark, enum journal_outcome one,
                                    enum journal_outcome other)
{
    for (size_t i = operation_count; i > 0; i--) {
        const struct operation *operation = &history[i - 1];
        if (operation->entry == entry && operation->is_mark == is_mark &&
            (!is_mark || operation->outcome == one || operation->outcome == other))
            return operation;
    }
    return NULL;
}

static void print_state(char *text, size_t room, const char *before, const char *state)
{
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s%.63s", before, *state ? state : "-");
}

/* The line of an entry, or "" if it must not be found. */
static void print_entry(const struct operation *intent, char *text, size_t room)
{
    const struct operation *mark = last(intent->entry, true, JOURNAL_APPLIED, JOURNAL_FAILED);
    const struct operation *closed = last(intent->entry, true, JOURNAL_CLOSED, JOURNAL_CLOSED);
    const struct operation *orphan = last(intent->entry, true, JOURNAL_ORPHANED, JOURNAL_ORPHANED);
    const struct operation *applied = last(intent->entry, true, JOURNAL_APPLIED, JOURNAL_APPLIED);
    bool is_undo = strcmp(intent->to, intent->base) == 0;
    const char *ours = is_undo ? intent->from : intent->to;
    text[0] = 0;
    mark = mark > intent ? mark : NULL;
    if (closed > intent)
        return;
    if (intent->kind == 1 && intent->boot != toy.boot)
        return;
    bool has_failed = mark && mark->outcome == JOURNAL_FAILED;
    bool is_sure = mark && intent->boot == toy.boot;
    if (has_failed)
        ours = intent->from;
    else if (is_sure)
        ours = intent->to;
    snprintf(text, room, "%u %s", intent->kind, intent->key);
    print_state(text, room, ": ", intent->base);
    print_state(text, room, " <- ", ours);
    if (!is_sure)
        print_state(text, room, " or ", has_failed || is_undo ? intent->base : intent->from);
    snprintf(text + strlen(text), room - strlen(text), "%s%s\n",
             orphan && (!applied || orphan > applied) ? " (orphan)" : "",
             intent->boot == toy.boot ? "" : " (restarted)");
}

/* Whether this is the first intent of an entry, and that entry the newest one of its resource. */
static bool is_in_force(const struct operation *operation)
{
    bool is_first = !operation->is_mark, is_newest = true;
    for (const struct operation *other = history; other < history + operation_count; other++) {
        if (other->is_mark)
            continue;
        is_first &= other >= operation || other->entry != operation->entry;
        is_newest &= other->entry <= operation->entry || other->kind != operation->kind ||
                     strcmp(other->key, operation->key) != 0;
    }
    return is_first && is_newest;
}

/* All entries, oldest first. */
static const char *expected(void)
{
    static char text[8192];
    text[0] = 0;
    for (size_t i = 0; i < operation_count; i++) {
        size_t used = strlen(text);
        if (is_in_force(&history[i]))
            print_entry(last(history[i].entry, false, 0, 0), text + used, sizeof(text) - used);
    }
    return text;
}

/* ---- the file ---- */

static uint64_t newest_in_file; /* an entry, as count_records() finds it */

/* Records other than repairs. */
static size_t count_records(void)
{
    static unsigned char content[RECORD_CONTENT_MAX];
    const struct bytes bytes = fake_file_content(toy.file);
    const unsigned char *file = bytes.at;
    struct record record;
    size_t count = 0, taken;
    for (size_t at = SLOT_SIZE; at < bytes.size; at += taken ? taken : SLOT_SIZE) {
        taken = record_decode(file + at, bytes.size - at, content, &record);
        count += taken && record.type != RECORD_REPAIR;
        if (taken && record.type == RECORD_INTENT)
            newest_in_file = record.entry;
    }
    return count;
}

/* After it was written anew, the list has no more than the file. */
static void forget_what_is_over(void)
{
    static struct operation kept[HISTORY_MAX];
    char line[512];
    size_t count = 0;
    for (size_t i = 0; i < operation_count; i++) {
        const struct operation *intent = last(history[i].entry, false, 0, 0);
        const struct operation *first = history;
        while (first->entry != history[i].entry)
            first++;
        print_entry(intent, line, sizeof(line));
        if (line[0] && is_in_force(first))
            kept[count++] = history[i];
    }
    memcpy(history, kept, count * sizeof(kept[0]));
    operation_count = compacted_operations = flushed = count;
    compacted_records = count_records();
}

static unsigned replacements; /* that have been looked at */
static bool is_replace_failing;

static void look_at_file(void)
{
    if (fake_file_calls(toy.file, "replace") == replacements)
        return;
    replacements = fake_file_calls(toy.file, "replace");
    if (!is_replace_failing)
        forget_what_is_over();
}

/* ---- the service ---- */

/* At most one in each step. */
static void random_fault(void)
{
    fake_file_fail(toy.file, "flush", 0, 0);
    fake_file_fail(toy.file, "append", 0, 0);
    fake_file_fail(toy.file, "replace", 0, 0);
    is_replace_failing = false;
    switch (below(40)) {
    case 0:
        fake_file_fail(toy.file, "flush", 1, ERROR_GEN_FAILURE);
        break;
    case 1:
        fake_file_fail(toy.file, "replace", 1, ERROR_GEN_FAILURE);
        is_replace_failing = true;
        break;
    case 2: /* the shortest record has 38 bytes */
        fake_file_tear(toy.file, 1, ERROR_GEN_FAILURE, below(38));
        break;
    }
}

static void mark(struct resource *resource, enum journal_outcome outcome)
{
    size_t before = journal_size(toy.journal);
    journal_mark(toy.journal, resource->entry, outcome, false);
    /* otherwise it is left from an earlier failure, and is only noticed now */
    if (journal_size(toy.journal) >= before + SLOT_SIZE)
        record_operation(
            (struct operation){.is_mark = true, .entry = resource->entry, .outcome = outcome});
}

/* Writes the intent of a change, and often its outcome. */
static void change(struct resource *resource)
{
    const char *to = one_in(3) ? resource->base : random_state_text();
    const struct journal_change told =
        toy_change(resource->kind, resource->key, resource->base, resource->now, to);
    struct operation operation = {.kind = resource->kind,
                                  .key = resource->key,
                                  .base = resource->base,
                                  .from = resource->now,
                                  .to = to};
    uint64_t entry = resource->entry;
    unsigned appends = fake_file_calls(toy.file, "append");
    uint32_t error = journal_intend(toy.journal, &told, &entry);
    appends = fake_file_calls(toy.file, "append") - appends;
    if (error) {
        assert_true(entry == resource->entry);
        if (appends == 2) { /* not flushed: it was undone */
            count_records();
            operation.entry = newest_in_file;
            record_operation(operation);
            record_operation(
                (struct operation){.is_mark = true,
                                   .entry = operation.entry,
                                   .outcome = entry ? JOURNAL_FAILED : JOURNAL_CLOSED});
        }
        look_at_file();
        return;
    }
    resource->entry = operation.entry = entry;
    record_operation(operation);
    if (resource->kind == 2)
        flushed = operation_count;
    look_at_file();
    if (one_in(5))
        return;
    bool is_applied = !one_in(6);
    mark(resource, is_applied ? JOURNAL_APPLIED : JOURNAL_FAILED);
    if (is_applied)
        resource->now = to;
}

static void step(void)
{
    struct resource *resource = &resources[below(2 * KEYS)];
    random_fault();
    if (!resource->entry)
        resource->base = resource->now = random_state_text();
    if (!resource->entry || !one_in(3)) {
        change(resource);
    } else if (one_in(4)) {
        mark(resource, JOURNAL_ORPHANED);
    } else {
        mark(resource, JOURNAL_CLOSED);
        resource->entry = 0;
    }
    if (one_in(10)) {
        journal_truncate(toy.journal);
        look_at_file();
    }
}

/* ---- ends of the process ---- */

static void lose_power(void)
{
    fake_file_lose_power(toy.file, below(1u << 30));
    size_t left = compacted_operations + count_records() - compacted_records;
    assert_true(flushed <= left && left <= operation_count);
    operation_count = flushed = left;
    toy.boot++;
}

static const char *own_text(struct bytes bytes)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strlen(states[i]) == bytes.size && memcmp(states[i], bytes.at, bytes.size) == 0)
            return states[i];
    fail();
    return NULL;
}

/* The next process knows only what it has found. */
static void recover(void)
{
    size_t count;
    const struct journal_entry *found = journal_found(toy.journal, &count);
    assert_int_equal(journal_open_count(toy.journal), count);
    for (size_t i = 0; i < 2 * KEYS; i++)
        resources[i] = (struct resource){.kind = 1 + (uint32_t)i / KEYS, .key = keys[i % KEYS]};
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < 2 * KEYS; j++)
            if (found[i].kind == resources[j].kind &&
                strlen(resources[j].key) == found[i].key.size &&
                memcmp(resources[j].key, found[i].key.at, found[i].key.size) == 0) {
                resources[j].entry = found[i].number;
                resources[j].base = own_text(found[i].base);
                resources[j].now = own_text(found[i].ours);
            }
    journal_forget_found(toy.journal);
}

static void run_process(void)
{
    for (unsigned steps = below(STEPS); steps > 0; steps--)
        step();
    random_fault();
    if (one_in(2))
        lose_power();
    is_replace_failing = false;
    fake_file_fail(toy.file, "replace", 0, 0);
    toy_reopen(&toy);
    assert_int_equal(toy.report.damaged, 0);
    if (strcmp(toy_found(&toy), expected()) != 0) {
        print_error("found\n%s", toy_found(&toy));
        fail_msg("and not\n%s", expected());
    }
    look_at_file();
    recover();
}

static void test_what_has_reached_the_disk_is_found_whatever_happens(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        random_state = 0x9E3779B97F4A7C15ULL * (run + 1);
        memset(large, one_in(10) ? 'R' : 0, sizeof(large) - 1);
        operation_count = flushed = compacted_operations = compacted_records = 0;
        replacements = 1; /* the header */
        toy_create(&toy);
        recover();
        for (unsigned processes = 0; processes < PROCESSES; processes++)
            run_process();
        toy_destroy(&toy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_reached_the_disk_is_found_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
