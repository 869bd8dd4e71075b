/* SPDX-License-Identifier: MIT */
/* How the file of a journal stays small, and what must survive that. */
#include "tests/unit/journal_toy.h"

#include "base/errors.h"
#include "undo/record.h"

#include <stdio.h>
#include <string.h>

enum { KIB = 1024, MIB = 1024 * KIB };

static size_t size(void)
{
    size_t said = journal_size(toy.journal);
    assert_int_equal(said, fake_file_content(toy.file).size);
    return said;
}

static unsigned replacements(void)
{
    return fake_file_calls(toy.file, "replace");
}

static void come_and_go(uint32_t kind)
{
    uint64_t entry = toy_intend(&toy, kind, "passing", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, kind, "passing", "old", "new", "old");
    toy_mark(&toy, entry, JOURNAL_CLOSED);
}

/* ---- while no entry is open ---- */

/* So much that a truncation is worth it. */
static void fill(void)
{
    while (size() <= 64 * KIB)
        come_and_go(1);
}

static void test_truncation_leaves_a_small_file_alone(void **state)
{
    (void)state;
    come_and_go(1);
    unsigned before = replacements();
    journal_truncate(toy.journal);
    assert_int_equal(replacements(), before);
    assert_true(size() > SLOT_SIZE);
}

static void test_truncation_empties_a_large_file(void **state)
{
    (void)state;
    fill();
    journal_truncate(toy.journal);
    assert_int_equal(size(), SLOT_SIZE);
}

static void test_truncation_does_nothing_while_an_entry_is_open(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    fill();
    journal_truncate(toy.journal);
    assert_true(size() > 64 * KIB);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
    fill();
    journal_truncate(toy.journal);
    assert_true(size() > 64 * KIB);
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    journal_truncate(toy.journal);
    assert_int_equal(size(), SLOT_SIZE);
}

static void test_truncation_that_fails_leaves_the_file(void **state)
{
    (void)state;
    fill();
    fake_file_fail(toy.file, "replace", 1, ERROR_ACCESS_DENIED);
    journal_truncate(toy.journal);
    assert_true(size() > 64 * KIB);
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
    fill();
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    journal_truncate(toy.journal);
    assert_int_equal(size(), SLOT_SIZE);
}

/* What is open in the file alone would be put back after a crash, whoever has set it again. */
static void test_an_end_that_could_not_be_written_is_made_up_for(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    uint64_t other = toy_intend(&toy, 1, "other", "", "", "new");
    fake_file_fail(toy.file, "append", 1, ERROR_ACCESS_DENIED);
    journal_mark(toy.journal, entry, JOURNAL_CLOSED, false);
    journal_truncate(toy.journal);
    assert_true(size() > SLOT_SIZE); /* the other one is open */
    toy_mark(&toy, other, JOURNAL_CLOSED);
    fake_file_fail(toy.file, "replace", 1, ERROR_ACCESS_DENIED);
    journal_truncate(toy.journal);
    assert_true(size() > SLOT_SIZE);
    journal_truncate(toy.journal);
    assert_int_equal(size(), SLOT_SIZE);
    unsigned before = replacements();
    come_and_go(1);
    journal_truncate(toy.journal);
    assert_int_equal(replacements(), before);
}

/* ---- while entries are open ---- */

static void test_the_file_stays_small_however_often_an_entry_changes(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "old", "old", "0");
    size_t most = 0;
    for (unsigned i = 0; i < 20000; i++) {
        const char *const states[] = {"0", "1"};
        toy_intend_again(&toy, entry, 1, "route", "old", states[i % 2], states[(i + 1) % 2]);
        toy_mark(&toy, entry, JOURNAL_APPLIED);
        most = size() > most ? size() : most;
    }
    assert_true(most > MIB - KIB && most < MIB + KIB);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: old <- 0\n");
    assert_int_equal(journal_open_count(toy.journal), 1);
}

/* Writes so many short-lived entries that the file is compacted once. */
static void provoke_compaction(uint32_t kind)
{
    unsigned before = replacements();
    for (unsigned i = 0; i < 20000 && replacements() == before; i++)
        come_and_go(kind);
    assert_int_equal(replacements(), before + 1);
}

static void test_open_entries_go_through_a_compaction_as_they_are(void **state)
{
    (void)state;
    static const char expected[] = "1 undecided: - <- new or -\n"
                                   "2 applied: old <- new\n"
                                   "1 failed: old <- new\n"
                                   "2 orphan: - <- new (orphan)\n"
                                   "1 taken over: - <- newer\n"
                                   "1 trying: - <- new or - (orphan)\n";
    toy_intend(&toy, 1, "undecided", "", "", "new");
    toy_mark(&toy, toy_intend(&toy, 2, "applied", "old", "old", "new"), JOURNAL_APPLIED);
    uint64_t entry = toy_intend(&toy, 1, "failed", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, 1, "failed", "old", "new", "newer");
    toy_mark(&toy, entry, JOURNAL_FAILED);
    entry = toy_intend(&toy, 2, "orphan", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_mark(&toy, entry, JOURNAL_ORPHANED);
    entry = toy_intend(&toy, 1, "taken over", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_ORPHANED);
    toy_intend_again(&toy, entry, 1, "taken over", "", "new", "newer");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    entry = toy_intend(&toy, 1, "trying", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_ORPHANED);
    toy_intend_again(&toy, entry, 1, "trying", "", "new", "");
    provoke_compaction(1);
    const struct bytes content = fake_file_content(toy.file);
    assert_true(content.size < 8 * KIB);
    assert_string_equal(toy_visited(content.at, content.size, 1), expected);
    toy_mark(&toy, entry, JOURNAL_CLOSED); /* the number is unchanged */
    toy_reopen(&toy);
    assert_memory_equal(toy_found(&toy), expected,
                        strlen(expected) - strlen("1 trying: - <- new or - (orphan)\n"));
    assert_int_equal(journal_open_count(toy.journal), 5);
}

static void test_a_compaction_at_opening_drops_what_was_closed(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    while (size() <= 64 * KIB)
        come_and_go(2);
    toy_reopen(&toy);
    assert_true(size() < KIB);
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    toy_next_boot(&toy);
    assert_found(&toy, "");
}

/* A kind whose changes once outlived a reboot, and no longer do. */
static void test_what_is_out_of_date_does_not_come_back_by_a_compaction(void **state)
{
    struct journal_change change = toy_change(2, "value", "old", "old", "newer");
    uint64_t entry = 0;
    (void)state;
    toy_mark(&toy, toy_intend(&toy, 2, "value", "old", "old", "new"), JOURNAL_APPLIED);
    change.outlives_restart = false;
    assert_int_equal(journal_intend(toy.journal, &change, &entry), 0);
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    toy_intend(&toy, 1, "route", "", "", "new");
    provoke_compaction(1);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
    assert_int_equal(toy.report.damaged, 0);
}

/* A value that can't be restored is retried every five minutes, with one start a day. */
static void test_attempts_over_many_starts_do_not_fill_the_file(void **state)
{
    enum { DAYS = 60, ATTEMPTS = 288 };
    (void)state;
    uint64_t entry = toy_intend(&toy, 2, "value", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    for (unsigned day = 1; day <= DAYS; day++) {
        for (unsigned i = 0; i < ATTEMPTS; i++) {
            toy_intend_again(&toy, entry, 2, "value", "old", "new", "old");
            toy_mark(&toy, entry, JOURNAL_FAILED);
        }
        toy_next_boot(&toy);
        assert_true(size() < 128 * KIB);
    }
    assert_found(&toy, "2 value: old <- new or old (restarted)\n");
}

static void test_what_outlives_a_restart_does_not_fill_the_file(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "", "", "new");
    for (unsigned i = 0; i < 20000; i++) {
        come_and_go(2);
        assert_true(size() < 2 * MIB);
    }
    toy_reopen(&toy);
}

static void test_a_compaction_that_fails_loses_nothing_and_is_not_tried_each_time(void **state)
{
    (void)state;
    static const char *const operations[] = {"read", "replace"};
    toy_intend(&toy, 1, "route", "", "", "new");
    for (size_t i = 0; i < 2; i++) {
        unsigned calls = fake_file_calls(toy.file, operations[i]);
        size_t limit = 2 * size() > MIB ? 2 * size() : MIB;
        fake_file_fail(toy.file, operations[i], 1, ERROR_ACCESS_DENIED);
        while (size() <= limit)
            come_and_go(1);
        assert_int_equal(fake_file_calls(toy.file, operations[i]), calls + 1);
        while (size() <= limit + 100 * KIB)
            come_and_go(1);
        assert_int_equal(fake_file_calls(toy.file, operations[i]), calls + 1);
    }
    fake_file_fail(toy.file, "replace", 0, 0);
    provoke_compaction(1);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
}

/* Each compaction waits until the file has doubled in size. */
static void test_many_open_entries_are_compacted_seldom(void **state)
{
    (void)state;
    unsigned before = replacements();
    for (unsigned i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%u", i);
        toy_mark(&toy, toy_intend(&toy, 1, key, "", "", "new"), JOURNAL_APPLIED);
    }
    assert_true(size() > 3 * MIB);
    assert_true(replacements() - before <= 3);
    toy_reopen(&toy);
    assert_int_equal(journal_open_count(toy.journal), 20000);
}

static void test_opening_a_file_of_much_that_is_over_compacts_it(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "", "", "new");
    come_and_go(2);
    while (size() <= 70 * KIB)
        come_and_go(1);
    toy_reopen(&toy);
    assert_true(size() < 2 * KIB);
    assert_found(&toy, "1 route: - <- new or -\n");
    toy_intend(&toy, 1, "another", "", "", "new");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n1 another: - <- new or -\n");
}

static void test_opening_a_small_file_writes_nothing(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "", "", "new");
    come_and_go(2);
    unsigned before = replacements();
    toy_reopen(&toy);
    toy_next_boot(&toy);
    assert_int_equal(replacements(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, toy_set_up, toy_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_truncation_leaves_a_small_file_alone),
        TEST(test_truncation_empties_a_large_file),
        TEST(test_truncation_does_nothing_while_an_entry_is_open),
        TEST(test_truncation_that_fails_leaves_the_file),
        TEST(test_an_end_that_could_not_be_written_is_made_up_for),
        TEST(test_the_file_stays_small_however_often_an_entry_changes),
        TEST(test_open_entries_go_through_a_compaction_as_they_are),
        TEST(test_a_compaction_at_opening_drops_what_was_closed),
        TEST(test_what_is_out_of_date_does_not_come_back_by_a_compaction),
        TEST(test_attempts_over_many_starts_do_not_fill_the_file),
        TEST(test_what_outlives_a_restart_does_not_fill_the_file),
        TEST(test_a_compaction_that_fails_loses_nothing_and_is_not_tried_each_time),
        TEST(test_many_open_entries_are_compacted_seldom),
        TEST(test_opening_a_file_of_much_that_is_over_compacts_it),
        TEST(test_opening_a_small_file_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
