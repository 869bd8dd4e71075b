/* SPDX-License-Identifier: MIT */
/* After Windows has slept: lost changes are made again. */
#include "tests/unit/ledger_toy.h"

static struct ledger_summary summary;

static void verify(void)
{
    ledger_verify(ledger, &summary);
}

static void test_what_is_in_force_is_not_touched(void **state)
{
    (void)state;
    set(&alice, 1, 5);
    toy.changes = 0;
    verify();
    assert_int_equal(toy.changes, 0);
    assert_int_equal(summary.unchanged, 1);
    undo(&alice);
}

static void test_what_has_gone_is_made_again(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_removes(1);
    verify();
    assert_cell(1, 5, 0);
    assert_int_equal(summary.changed, 1);
    undo(&alice);
    assert_absent(1);
}

static void test_what_has_fallen_back_is_made_again(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set(&alice, 1, 5);
    third_party_sets(1, 3, 4);
    verify();
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_cell(1, 3, 4);
}

static void test_what_existed_before_comes_back_although_it_was_lost_meanwhile(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set(&alice, 1, 5);
    third_party_removes(1);
    verify();
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_cell(1, 3, 4);
}

static void test_what_another_program_has_set_comes_back_in_the_end(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set(&alice, 1, 5);
    third_party_sets(1, 9, 9);
    verify();
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_cell(1, 9, 9);
}

static void test_what_was_deleted_is_deleted_again(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    take_away(&alice, 1);
    third_party_sets(1, 3, 8);
    verify();
    assert_absent(1);
    undo(&alice);
    assert_cell(1, 3, 8);
}

static void test_newest_claim_is_the_one_that_is_made_again(void **state)
{
    (void)state;
    set(&alice, 1, 5);
    set(&bob, 1, 6);
    third_party_removes(1);
    verify();
    assert_cell(1, 6, 0);
    undo(&bob);
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_absent(1);
}

static void test_what_cannot_be_made_again_is_reported_and_left_to_its_session(void **state)
{
    (void)state;
    set(&alice, 1, 5);
    third_party_removes(1);
    toy.fail_change = ERROR_ACCESS_DENIED;
    verify();
    assert_int_equal(summary.failed, 1);
    assert_int_equal(failed, 1);
    toy.fail_change = 0;
    undo(&alice);
    assert_absent(1);
}

static void test_what_belongs_to_no_session_is_undone(void **state)
{
    (void)state;
    set(&alice, 1, 5);
    toy.fail_change = ERROR_ACCESS_DENIED;
    assert_int_equal(ledger_undo(ledger, &alice), 1);
    toy.fail_change = 0;
    verify();
    assert_absent(1);
    assert_claims(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_in_force_is_not_touched),
        TEST(test_what_has_gone_is_made_again),
        TEST(test_what_has_fallen_back_is_made_again),
        TEST(test_what_existed_before_comes_back_although_it_was_lost_meanwhile),
        TEST(test_what_another_program_has_set_comes_back_in_the_end),
        TEST(test_what_was_deleted_is_deleted_again),
        TEST(test_newest_claim_is_the_one_that_is_made_again),
        TEST(test_what_cannot_be_made_again_is_reported_and_left_to_its_session),
        TEST(test_what_belongs_to_no_session_is_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
