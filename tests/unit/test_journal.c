/* SPDX-License-Identifier: MIT */
/* What a journal finds of the entries that an earlier one has written. */
#include "tests/unit/journal_toy.h"

#include "base/errors.h"
#include "undo/record.h"

#include <string.h>

/* ---- states of one entry ---- */

static void test_an_empty_file_holds_nothing(void **state)
{
    (void)state;
    assert_found(&toy, "");
    toy_reopen(&toy);
    assert_found(&toy, "");
    assert_int_equal(toy.report.damaged + toy.report.torn, 0);
    assert_int_equal(journal_open_count(toy.journal), 0);
    assert_int_equal(journal_size(toy.journal), fake_file_content(toy.file).size);
}

static void test_an_intent_without_a_mark_is_undecided(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "old", "old", "new");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: old <- new or old\n");
}

static void test_an_undo_without_a_mark_is_undecided_the_other_way_round(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, 1, "route", "old", "new", "old");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: old <- new or old\n");
}

static void test_an_applied_change_is_decided(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new\n");
}

static void test_a_failed_change_leaves_the_state_before_it(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, 1, "route", "old", "new", "newer");
    toy_mark(&toy, entry, JOURNAL_FAILED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: old <- new\n");
}

static void test_a_further_change_is_undecided_again(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, 1, "route", "old", "new", "newer");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: old <- newer or new\n");
}

static void test_a_closed_entry_is_not_found(void **state)
{
    (void)state;
    for (uint32_t kind = 1; kind <= 2; kind++) {
        uint64_t entry = toy_intend(&toy, kind, "route", "", "", "new");
        toy_mark(&toy, entry, JOURNAL_APPLIED);
        toy_mark(&toy, entry, JOURNAL_CLOSED);
    }
    assert_int_equal(journal_open_count(toy.journal), 0);
    toy_reopen(&toy);
    assert_found(&toy, "");
    assert_int_equal(journal_open_count(toy.journal), 0);
}

static void test_an_orphan_is_one_until_a_change_succeeds(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_mark(&toy, entry, JOURNAL_ORPHANED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new (orphan)\n");
    toy_intend_again(&toy, entry, 1, "route", "", "new", "");
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or - (orphan)\n");
    toy_mark(&toy, entry, JOURNAL_FAILED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new (orphan)\n");
    toy_intend_again(&toy, entry, 1, "route", "", "new", "newer");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- newer\n");
}

static void test_a_mark_decides_once(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_mark(&toy, entry, JOURNAL_FAILED);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new\n");
}

static void test_marks_of_unknown_entries_are_ignored(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    for (enum journal_outcome outcome = JOURNAL_APPLIED; outcome <= JOURNAL_ORPHANED; outcome++) {
        toy_mark(&toy, 0, outcome);
        toy_mark(&toy, entry + 100, outcome);
    }
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
    assert_int_equal(toy.report.damaged, 0);
}

/* ---- several entries ---- */

static void test_entries_are_found_oldest_first(void **state)
{
    (void)state;
    uint64_t first = toy_intend(&toy, 1, "a", "", "", "1");
    toy_intend(&toy, 2, "b", "x", "x", "");
    toy_intend_again(&toy, first, 1, "a", "", "1", "2");
    toy_intend(&toy, 1, "c", "", "", "3");
    assert_int_equal(journal_open_count(toy.journal), 3);
    toy_reopen(&toy);
    assert_found(&toy, "1 a: - <- 2 or 1\n2 b: x <- - or x\n1 c: - <- 3 or -\n");
    assert_int_equal(journal_open_count(toy.journal), 3);
}

static void test_of_one_resource_only_the_newest_entry_is_found(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "x", "x", "1");
    toy_intend(&toy, 2, "route", "x", "x", "2"); /* another kind */
    toy_intend(&toy, 1, "route", "y", "y", "3");
    toy_reopen(&toy);
    assert_found(&toy, "2 route: x <- 2 or x\n1 route: y <- 3 or y\n");
    assert_int_equal(journal_open_count(toy.journal), 2);
}

static void test_an_older_entry_of_a_resource_that_was_put_back_since_is_not_found(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "x", "x", "1");
    toy_mark(&toy, toy_intend(&toy, 1, "route", "x", "x", "2"), JOURNAL_CLOSED);
    toy_reopen(&toy);
    assert_found(&toy, "");
}

static void test_what_was_found_stays_open_until_it_is_closed(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_reopen(&toy);
    journal_forget_found(toy.journal);
    assert_found(&toy, "");
    assert_int_equal(journal_open_count(toy.journal), 1);
    toy_reopen(&toy);
    assert_found(&toy, "1 route: - <- new or -\n");
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    assert_int_equal(journal_open_count(toy.journal), 0);
    toy_reopen(&toy);
    assert_found(&toy, "");
}

static void test_numbers_go_on_after_the_highest_that_was_found(void **state)
{
    (void)state;
    uint64_t first = toy_intend(&toy, 1, "a", "", "", "1");
    toy_reopen(&toy);
    uint64_t second = toy_intend(&toy, 1, "b", "", "", "2");
    assert_true(second > first);
    toy_mark(&toy, first, JOURNAL_CLOSED);
    toy_reopen(&toy);
    assert_true(toy_intend(&toy, 1, "c", "", "", "3") > second + 1);
    toy_reopen(&toy);
    assert_found(&toy, "1 b: - <- 2 or -\n1 c: - <- 3 or -\n");
}

/* ---- reboots of Windows ---- */

static void test_what_does_not_outlive_a_restart_is_not_found_after_one(void **state)
{
    (void)state;
    toy_intend(&toy, 1, "route", "", "", "new");
    toy_mark(&toy, toy_intend(&toy, 1, "address", "", "", "new"), JOURNAL_APPLIED);
    toy_next_boot(&toy);
    assert_found(&toy, "");
    assert_int_equal(journal_open_count(toy.journal), 0);
}

static void test_what_outlives_a_restart_is_found_after_one(void **state)
{
    (void)state;
    toy_intend(&toy, 2, "dns", "old", "old", "new");
    toy_mark(&toy, toy_intend(&toy, 2, "nrpt", "", "", "new"), JOURNAL_APPLIED);
    toy_next_boot(&toy);
    assert_found(&toy, "2 dns: old <- new or old (restarted)\n2 nrpt: - <- new or - (restarted)\n");
}

static void test_what_was_closed_before_a_restart_is_over(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 2, "dns", "old", "old", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_intend_again(&toy, entry, 2, "dns", "old", "new", "old");
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    toy_mark(&toy, toy_intend(&toy, 2, "failed", "x", "x", "y"), JOURNAL_FAILED);
    entry = toy_intend(&toy, 2, "left alone", "x", "x", "y");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    toy_next_boot(&toy);
    assert_found(&toy, "2 failed: x <- x or x (restarted)\n");
    assert_int_equal(journal_open_count(toy.journal), 1);
}

/* ---- after a reboot ---- */

static void test_an_entry_that_is_changed_after_a_restart_is_of_that_boot(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 2, "dns", "old", "old", "new");
    toy_next_boot(&toy);
    toy_intend_again(&toy, entry, 2, "dns", "old", "new", "old");
    toy_reopen(&toy);
    assert_found(&toy, "2 dns: old <- new or old\n");
}

/* ---- what reaches the disk ---- */

static void test_only_the_intent_of_what_outlives_a_restart_is_flushed(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "route", "", "", "new");
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    toy_mark(&toy, entry, JOURNAL_CLOSED);
    assert_int_equal(fake_file_calls(toy.file, "flush"), 0);
    entry = toy_intend(&toy, 2, "dns", "", "", "new");
    assert_int_equal(fake_file_calls(toy.file, "flush"), 1);
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    assert_int_equal(fake_file_calls(toy.file, "flush"), 1);
    journal_mark(toy.journal, entry, JOURNAL_CLOSED, true);
    assert_int_equal(fake_file_calls(toy.file, "flush"), 2);
}

static void test_a_record_is_one_append(void **state)
{
    (void)state;
    unsigned before = fake_file_calls(toy.file, "append");
    uint64_t entry = toy_intend(&toy, 2, "dns", "", "", "new");
    assert_int_equal(fake_file_calls(toy.file, "append"), before + 1);
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    assert_int_equal(fake_file_calls(toy.file, "append"), before + 2);
}

static void test_an_intent_that_cannot_be_flushed_is_none(void **state)
{
    (void)state;
    const struct journal_change change = toy_change(2, "dns", "old", "old", "new");
    uint64_t entry = 0;
    fake_file_fail(toy.file, "flush", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(journal_intend(toy.journal, &change, &entry), ERROR_ACCESS_DENIED);
    assert_true(entry == 0);
    assert_int_equal(journal_open_count(toy.journal), 0);
    toy_reopen(&toy);
    assert_found(&toy, "");
}

static void test_a_further_intent_that_cannot_be_flushed_leaves_the_entry_as_it_was(void **state)
{
    (void)state;
    const struct journal_change further = toy_change(2, "dns", "old", "new", "newer");
    uint64_t entry = toy_intend(&toy, 2, "dns", "old", "old", "new"), again = entry;
    toy_mark(&toy, entry, JOURNAL_APPLIED);
    fake_file_fail(toy.file, "flush", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(journal_intend(toy.journal, &further, &again), ERROR_ACCESS_DENIED);
    assert_true(again == entry);
    assert_int_equal(journal_open_count(toy.journal), 1);
    toy_reopen(&toy);
    assert_found(&toy, "2 dns: old <- new\n");
}

static void test_a_change_that_is_too_long_is_refused_and_not_written(void **state)
{
    (void)state;
    static unsigned char much[65536];
    struct journal_change change = toy_change(1, "route", "", "", "new");
    uint64_t entry = 0;
    change.base = (struct bytes){much, sizeof(much)};
    assert_int_equal(journal_intend(toy.journal, &change, &entry), ERROR_BAD_LENGTH);
    assert_int_equal(fake_file_calls(toy.file, "append"), 0);
    change.base.size = 60000;
    assert_int_equal(journal_intend(toy.journal, &change, &entry), 0);
}

static void test_when_all_numbers_are_used_up_nothing_more_is_written(void **state)
{
    (void)state;
    const struct journal_change change = toy_change(1, "route", "", "", "new");
    const struct record last = {.type = RECORD_INTENT,
                                .sequence = RECORD_SEQUENCE_MAX - 1,
                                .boot = 1,
                                .entry = 7,
                                .change = change};
    unsigned char bytes[4 * SLOT_SIZE];
    uint64_t entry = 0;
    header_encode(JOURNAL_VERSION, bytes);
    record_encode(&last, bytes + SLOT_SIZE);
    size_t size = SLOT_SIZE + record_size(&last);
    journal_close(TAKE(toy.journal));
    fake_file_set(toy.file, bytes, size);
    toy_reopen(&toy);
    assert_int_equal(journal_intend(toy.journal, &change, &entry), ERROR_NOT_ENOUGH_QUOTA);
    toy_mark(&toy, 7, JOURNAL_CLOSED);
    assert_int_equal(fake_file_content(toy.file).size, size);
    assert_int_equal(journal_open_count(toy.journal), 0); /* so that the file can be truncated */
}

static void test_the_file_is_closed_whatever_opening_comes_to(void **state)
{
    (void)state;
    static const char *const operations[] = {"read", "replace"};
    for (size_t i = 0; i < 2; i++) {
        fake_file_set(toy.file, NULL, 0);
        fake_file_fail(toy.file, operations[i], 1, ERROR_ACCESS_DENIED);
        assert_int_equal(toy_try_open(&toy), ERROR_ACCESS_DENIED);
        assert_null(toy.journal);
        assert_false(fake_file_is_open(toy.file));
    }
}

/* ---- readers other than the service ---- */

static bool stop_at_once(void *context, const struct journal_entry *entry)
{
    (void)entry;
    ++*(unsigned *)context;
    return false;
}

static void test_a_visitor_sees_what_would_be_found(void **state)
{
    (void)state;
    unsigned visits = 0;
    toy_mark(&toy, toy_intend(&toy, 1, "a", "", "", "1"), JOURNAL_ORPHANED);
    toy_mark(&toy, toy_intend(&toy, 1, "b", "", "", "1"), JOURNAL_CLOSED);
    toy_mark(&toy, toy_intend(&toy, 2, "c", "", "", "1"), JOURNAL_APPLIED);
    const struct bytes bytes = fake_file_content(toy.file);
    assert_string_equal(toy_visited(bytes.at, bytes.size, 1),
                        "1 a: - <- 1 or - (orphan)\n2 c: - <- 1\n");
    assert_string_equal(toy_visited(bytes.at, bytes.size, 2), "2 c: - <- 1 or - (restarted)\n");
    assert_string_equal(toy_visited(bytes.at, bytes.size - 2 * 64, 1),
                        "1 a: - <- 1 or - (orphan)\n"); /* a record is being written */
    assert_string_equal(toy_visited("", 0, 1), "");
    assert_int_equal(journal_visit(bytes.at, bytes.size, 1, stop_at_once, &visits), 0);
    assert_int_equal(visits, 1);
}

static void test_other_files_are_no_journal(void **state)
{
    (void)state;
    static const char text[] = "Dear diary, today I was not there.";
    assert_int_equal(journal_visit(text, sizeof(text), 1, stop_at_once, NULL), ERROR_INVALID_DATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, toy_set_up, toy_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_empty_file_holds_nothing),
        TEST(test_an_intent_without_a_mark_is_undecided),
        TEST(test_an_undo_without_a_mark_is_undecided_the_other_way_round),
        TEST(test_an_applied_change_is_decided),
        TEST(test_a_failed_change_leaves_the_state_before_it),
        TEST(test_a_further_change_is_undecided_again),
        TEST(test_a_closed_entry_is_not_found),
        TEST(test_an_orphan_is_one_until_a_change_succeeds),
        TEST(test_a_mark_decides_once),
        TEST(test_marks_of_unknown_entries_are_ignored),
        TEST(test_entries_are_found_oldest_first),
        TEST(test_of_one_resource_only_the_newest_entry_is_found),
        TEST(test_an_older_entry_of_a_resource_that_was_put_back_since_is_not_found),
        TEST(test_what_was_found_stays_open_until_it_is_closed),
        TEST(test_numbers_go_on_after_the_highest_that_was_found),
        TEST(test_what_does_not_outlive_a_restart_is_not_found_after_one),
        TEST(test_what_outlives_a_restart_is_found_after_one),
        TEST(test_what_was_closed_before_a_restart_is_over),
        TEST(test_an_entry_that_is_changed_after_a_restart_is_of_that_boot),
        TEST(test_only_the_intent_of_what_outlives_a_restart_is_flushed),
        TEST(test_a_record_is_one_append),
        TEST(test_an_intent_that_cannot_be_flushed_is_none),
        TEST(test_a_further_intent_that_cannot_be_flushed_leaves_the_entry_as_it_was),
        TEST(test_a_change_that_is_too_long_is_refused_and_not_written),
        TEST(test_when_all_numbers_are_used_up_nothing_more_is_written),
        TEST(test_the_file_is_closed_whatever_opening_comes_to),
        TEST(test_a_visitor_sees_what_would_be_found),
        TEST(test_other_files_are_no_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
