/* SPDX-License-Identifier: MIT */
/* What the ledger writes to its journal. */
#include "tests/unit/crashed_ledger.h"

static void test_entry_is_open_as_long_as_the_resource_is_not_as_before(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    set_to(&alice, 2, 5);
    assert_int_equal(journal_open_count(journal), 2);
    set_to(&bob, 1, 6);
    assert_int_equal(journal_open_count(journal), 2);
    undo(&alice);
    assert_int_equal(journal_open_count(journal), 1);
    undo(&bob);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_failed_change_leaves_no_entry(void **state)
{
    (void)state;
    toy.fail_change = ERROR_ACCESS_DENIED;
    assert_int_equal(set_to(&alice, 1, 5), ERROR_ACCESS_DENIED);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_what_another_program_changed_leaves_no_entry(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    third_party_sets(1, 9, 9);
    undo(&alice);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_what_the_journal_cannot_record_is_not_changed(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    fake_file_fail(file, "append", 1, ERROR_GEN_FAILURE);
    assert_int_equal(set_to(&alice, 2, 5), ERROR_GEN_FAILURE);
    assert_absent(2);
    fake_file_fail(file, "append", 1, ERROR_GEN_FAILURE);
    undo(&alice); /* is undone all the same */
    assert_absent(1);
}

static void test_kind_that_ends_with_the_process_is_not_in_the_journal(void **state)
{
    (void)state;
    kind.lifetime = LIFETIME_PROCESS;
    set_to(&alice, 1, 5);
    assert_int_equal(journal_open_count(journal), 0);
    assert_int_equal(toy.changes, 1);
    undo(&alice);
}

static void test_only_what_outlives_a_restart_is_flushed(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    undo(&alice);
    assert_int_equal(fake_file_calls(file, "flush"), 0);
    kind.lifetime = LIFETIME_DISK;
    set_to(&alice, 1, 5);
    assert_int_equal(fake_file_calls(file, "flush"), 1);
    undo(&alice);
}

static void test_unknown_interface_is_an_error_of_the_change(void **state)
{
    (void)state;
    identify_error = ERROR_FILE_NOT_FOUND;
    assert_int_equal(set_to(&alice, 1, 5), ERROR_FILE_NOT_FOUND);
    assert_absent(1);
}

static void test_what_outlives_a_restart_is_closed_after_a_flush(void **state)
{
    (void)state;
    kind.lifetime = LIFETIME_DISK;
    set_to(&alice, 1, 5);
    undo(&alice);
    assert_int_equal(toy.flushes, 0);
    assert_int_equal(journal_open_count(journal), 1);
    ledger_flush(ledger);
    assert_int_equal(toy.flushes, 1);
    assert_int_equal(journal_open_count(journal), 0);
    ledger_flush(ledger);
    assert_int_equal(toy.flushes, 1);
}

static bool is_orphan(void *context, const struct journal_entry *entry)
{
    *(bool *)context = entry->is_orphan;
    return true;
}

static void test_failed_undo_is_visible_in_the_journal(void **state)
{
    (void)state;
    bool orphan = true;
    set_to(&alice, 1, 5);
    struct bytes content = fake_file_content(file);
    assert_int_equal(journal_visit(content.at, content.size, 1, is_orphan, &orphan), 0);
    assert_false(orphan);
    toy.fail_change = ERROR_ACCESS_DENIED;
    ledger_undo(ledger, &alice);
    content = fake_file_content(file);
    assert_int_equal(journal_visit(content.at, content.size, 1, is_orphan, &orphan), 0);
    assert_true(orphan);
    toy.fail_change = 0;
    assert_int_equal(ledger_retry(ledger), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entry_is_open_as_long_as_the_resource_is_not_as_before),
        TEST(test_failed_change_leaves_no_entry),
        TEST(test_what_another_program_changed_leaves_no_entry),
        TEST(test_what_the_journal_cannot_record_is_not_changed),
        TEST(test_kind_that_ends_with_the_process_is_not_in_the_journal),
        TEST(test_only_what_outlives_a_restart_is_flushed),
        TEST(test_unknown_interface_is_an_error_of_the_change),
        TEST(test_what_outlives_a_restart_is_closed_after_a_flush),
        TEST(test_failed_undo_is_visible_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
