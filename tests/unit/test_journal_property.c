/* SPDX-License-Identifier: MIT */
/* Whatever is said to a journal, whatever fails, and whenever the process or the power goes: it
 * finds what a plain list of all that was said and has reached the disk would tell. */
#include "tests/unit/journal_toy.h"

#include "base/errors.h"
#include "undo/record.h"

#include <stdio.h>
#include <string.h>

enum { RUNS = 1000, PROCESSES = 4, STEPS = 40, HISTORY_MAX = 1024, KEYS = 4 };

/* xorshift64*: the same numbers everywhere, so that a seed tells the whole story. */
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

/* ---- the list ---- */

struct said {
    bool is_mark;
    uint64_t entry, boot;
    uint32_t kind;
    const char *key, *base, *from, *to;
    enum journal_outcome outcome;
};

static struct said history[HISTORY_MAX];
static size_t said_count, flushed;   /* that many are on disk */
static size_t anew_said, anew_count; /* of it, and of the file, when that was last written anew */

/* What the service knows of a resource, as the ledger would. */
static struct resource {
    uint64_t entry; /* 0: as before us */
    uint32_t kind;
    const char *key, *base, *now;
} resources[2 * KEYS];

static void say(struct said said)
{
    assert_true(said_count < HISTORY_MAX);
    said.boot = toy.boot;
    history[said_count++] = said;
}

/* The last one that is an intent (or a mark of one of two outcomes) of the entry. */
static const struct said *last(uint64_t entry, bool is_mark, enum journal_outcome one,
                               enum journal_outcome other)
{
    for (size_t i = said_count; i > 0; i--) {
        const struct said *said = &history[i - 1];
        if (said->entry == entry && said->is_mark == is_mark &&
            (!is_mark || said->outcome == one || said->outcome == other))
            return said;
    }
    return NULL;
}

static void print_state(char *text, size_t room, const char *before, const char *state)
{
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s%.63s", before, *state ? state : "-");
}

/* The line of an entry, "" if it is not found. */
static void print_entry(const struct said *intent, char *text, size_t room)
{
    const struct said *mark = last(intent->entry, true, JOURNAL_APPLIED, JOURNAL_FAILED);
    const struct said *closed = last(intent->entry, true, JOURNAL_CLOSED, JOURNAL_CLOSED);
    const struct said *orphan = last(intent->entry, true, JOURNAL_ORPHANED, JOURNAL_ORPHANED);
    const struct said *applied = last(intent->entry, true, JOURNAL_APPLIED, JOURNAL_APPLIED);
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

/* Whether this is the first intent of an entry, and that the newest one of its resource. */
static bool is_in_force(const struct said *said)
{
    bool is_first = !said->is_mark, is_newest = true;
    for (const struct said *other = history; other < history + said_count; other++) {
        if (other->is_mark)
            continue;
        is_first &= other >= said || other->entry != said->entry;
        is_newest &= other->entry <= said->entry || other->kind != said->kind ||
                     strcmp(other->key, said->key) != 0;
    }
    return is_first && is_newest;
}

/* All entries, oldest first. */
static const char *expected(void)
{
    static char text[8192];
    text[0] = 0;
    for (size_t i = 0; i < said_count; i++) {
        size_t used = strlen(text);
        if (is_in_force(&history[i]))
            print_entry(last(history[i].entry, false, 0, 0), text + used, sizeof(text) - used);
    }
    return text;
}

/* ---- the file ---- */

static uint64_t newest_in_file; /* entry, after count_records() */

/* Records but those that repair. */
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
    static struct said kept[HISTORY_MAX];
    char line[512];
    size_t count = 0;
    for (size_t i = 0; i < said_count; i++) {
        const struct said *intent = last(history[i].entry, false, 0, 0);
        const struct said *first = history;
        while (first->entry != history[i].entry)
            first++;
        print_entry(intent, line, sizeof(line));
        if (line[0] && is_in_force(first))
            kept[count++] = history[i];
    }
    memcpy(history, kept, count * sizeof(kept[0]));
    said_count = anew_said = flushed = count;
    anew_count = count_records();
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

/* One at most in each step. */
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
    /* less is what an earlier failure has left, and is seen only now */
    if (journal_size(toy.journal) >= before + SLOT_SIZE)
        say((struct said){.is_mark = true, .entry = resource->entry, .outcome = outcome});
}

/* Tells of a change, and often what has come of it. */
static void change(struct resource *resource)
{
    const char *to = one_in(3) ? resource->base : random_state_text();
    const struct journal_change told =
        toy_change(resource->kind, resource->key, resource->base, resource->now, to);
    struct said said = {.kind = resource->kind,
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
        if (appends == 2) { /* not flushed: taken back */
            count_records();
            said.entry = newest_in_file;
            say(said);
            say((struct said){.is_mark = true,
                              .entry = said.entry,
                              .outcome = entry ? JOURNAL_FAILED : JOURNAL_CLOSED});
        }
        look_at_file();
        return;
    }
    resource->entry = said.entry = entry;
    say(said);
    if (resource->kind == 2)
        flushed = said_count;
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

/* ---- the ends of its lives ---- */

static void lose_power(void)
{
    fake_file_lose_power(toy.file, below(1u << 30));
    size_t left = anew_said + count_records() - anew_count;
    assert_true(flushed <= left && left <= said_count);
    said_count = flushed = left;
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

/* What was found is all that the next life knows. */
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

static void test_what_was_said_is_found_whatever_happens(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        random_state = 0x9E3779B97F4A7C15ULL * (run + 1);
        memset(large, one_in(10) ? 'R' : 0, sizeof(large) - 1);
        said_count = flushed = anew_said = anew_count = 0;
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
        cmocka_unit_test(test_what_was_said_is_found_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
