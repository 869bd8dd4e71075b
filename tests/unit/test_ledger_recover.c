/* SPDX-License-Identifier: MIT */
/* What the ledger does with the journal of a process that died. */
#include "base/log.h"
#include "tests/unit/crashed_ledger.h"

static void test_recovery_is_newest_first(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    set_to(&bob, 2, 5);
    set_to(&alice, 3, 5);
    die();
    recover();
    assert_string_equal(toy.order, "321");
    assert_int_equal(summary.changed, 3);
    assert_absent(1);
    assert_claims(0);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_recovery_puts_back_what_was_before_the_first_session(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    third_party_sets(2, 3, 4);
    set_to(&alice, 1, 5);
    set_to(&bob, 1, 6);
    remove_it(&alice, 2);
    die();
    recover();
    assert_cell(1, 3, 4);
    assert_cell(2, 3, 4);
}

static void test_recovery_restores_what_another_program_had_set_meanwhile(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    third_party_sets(1, 9, 9);
    set_to(&bob, 1, 6);
    die();
    recover();
    assert_cell(1, 9, 9);
}

static void test_recovery_does_not_restore_what_another_program_had_removed(void **state)
{
    (void)state;
    const unsigned char key = 1, wanted[2] = {6, 0};
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    third_party_removes(1);
    assert_int_equal(
        ledger_add(ledger, &bob, &kind, (struct bytes){&key, 1}, (struct bytes){wanted, 2}), 0);
    die();
    recover();
    assert_absent(1);
}

static void test_recovery_leaves_alone_what_is_no_longer_ours(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    set_to(&alice, 2, 5);
    die();
    third_party_sets(1, 9, 9);
    third_party_removes(2);
    recover();
    assert_cell(1, 9, 9);
    assert_absent(2);
    assert_int_equal(summary.left_alone, 1);
    assert_int_equal(summary.unchanged, 1);
    assert_int_equal(informed, 1);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_failed_recovery_is_kept_for_later(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    toy.fail_change = ERROR_ACCESS_DENIED;
    recover();
    assert_int_equal(summary.failed, 1);
    assert_int_equal(journal_open_count(journal), 1);
    assert_claims(1);
    die(); /* and again, in the next process */
    recover();
    assert_int_equal(summary.failed, 1);
    toy.fail_change = 0;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_absent(1);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_session_takes_over_what_recovery_could_not_undo(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    die();
    toy.fail_change = ERROR_ACCESS_DENIED;
    recover();
    toy.fail_change = 0;
    assert_int_equal(set_to(&bob, 1, 6), 0);
    assert_claims(1);
    undo(&bob);
    assert_cell(1, 3, 4);
}

static void test_interface_that_is_another_by_now_is_left_alone(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    interface_guid[0] = 'j';
    recover();
    assert_cell(1, 5, 0);
    assert_int_equal(summary.left_alone, 1);
    assert_int_equal(journal_open_count(journal), 0);
}

/* The cells of an unplugged interface keep their state. */
static void test_what_an_interface_has_taken_away_is_put_back_when_it_returns(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    die();
    identify_error = ERROR_NOT_FOUND;
    interface_is_away = true;
    recover();
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.left_alone, 0);
    assert_int_equal(ledger_retry(ledger), 1);
    assert_int_equal(journal_open_count(journal), 1);
    assert_int_equal(failed, 0);
    identify_error = 0;
    interface_is_away = false;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 3, 4);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_session_that_ends_while_its_interface_is_away_is_undone_later(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    interface_is_away = true;
    assert_int_equal(ledger_undo(ledger, &alice), 1);
    assert_int_equal(failed, 1);
    interface_is_away = false;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 3, 4);
}

static void test_interface_that_has_gone_for_good_is_not_waited_for(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    identify_error = ERROR_FILE_NOT_FOUND;
    recover();
    assert_int_equal(summary.left_alone, 1);
    assert_int_equal(journal_open_count(journal), 0);
}

/* More changes of one interface than the log names. */
enum { MANY = 3 * CELLS, NAMED = 16 };

static struct kind many_kinds[3];

static void change_much(void)
{
    for (unsigned i = 0; i < MANY; i++) {
        struct kind *one = &many_kinds[i / CELLS];
        const unsigned char key = i % CELLS, wanted[2] = {(unsigned char)(i + 1), 0};
        *one = kind;
        one->number = 10 + i / CELLS;
        assert_int_equal(
            ledger_set(ledger, &alice, one, (struct bytes){&key, 1}, (struct bytes){wanted, 2}), 0);
    }
}

static void recover_much(void)
{
    const struct kind *const kinds[] = {&many_kinds[0], &many_kinds[1], &many_kinds[2]};
    start();
    ledger_recover(ledger, kinds, 3, &summary);
}

static void test_interface_that_has_gone_does_not_fill_the_log(void **state)
{
    (void)state;
    change_much();
    die();
    interface_guid[0] = 'j';
    recover_much();
    assert_int_equal(summary.left_alone, MANY);
    assert_int_equal(informed, NAMED);
}

static void test_what_is_no_longer_ours_does_not_fill_the_log(void **state)
{
    (void)state;
    change_much();
    die();
    for (unsigned char key = 0; key < CELLS; key++)
        third_party_sets(key, 77, 0);
    recover_much();
    assert_int_equal(summary.left_alone, MANY);
    assert_int_equal(informed, NAMED);
}

static void test_entry_of_an_unknown_kind_stays(void **state)
{
    (void)state;
    kind.number = 9;
    log_to(NULL);
    set_to(&alice, 1, 5);
    die();
    kind.number = 7;
    recover();
    assert_cell(1, 5, 0);
    assert_int_equal(summary.left_alone, 1);
    assert_int_equal(journal_open_count(journal), 1);
}

static bool nothing_is_valid(struct bytes key, struct bytes state)
{
    (void)key;
    (void)state;
    return false;
}

static void test_entry_that_is_not_valid_stays(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    kind.is_valid = nothing_is_valid;
    log_to(NULL);
    recover();
    assert_cell(1, 5, 0);
    assert_int_equal(journal_open_count(journal), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_recovery_is_newest_first),
        TEST(test_recovery_puts_back_what_was_before_the_first_session),
        TEST(test_recovery_restores_what_another_program_had_set_meanwhile),
        TEST(test_recovery_does_not_restore_what_another_program_had_removed),
        TEST(test_recovery_leaves_alone_what_is_no_longer_ours),
        TEST(test_failed_recovery_is_kept_for_later),
        TEST(test_session_takes_over_what_recovery_could_not_undo),
        TEST(test_interface_that_is_another_by_now_is_left_alone),
        TEST(test_what_an_interface_has_taken_away_is_put_back_when_it_returns),
        TEST(test_session_that_ends_while_its_interface_is_away_is_undone_later),
        TEST(test_interface_that_has_gone_for_good_is_not_waited_for),
        TEST(test_interface_that_has_gone_does_not_fill_the_log),
        TEST(test_what_is_no_longer_ours_does_not_fill_the_log),
        TEST(test_entry_of_an_unknown_kind_stays),
        TEST(test_entry_that_is_not_valid_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
