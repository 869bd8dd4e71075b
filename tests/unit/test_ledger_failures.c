/* SPDX-License-Identifier: MIT */
#include "tests/unit/ledger_toy.h"

static void test_failed_change_leaves_nothing(void **state)
{
    (void)state;
    third_party_sets(2, 5, 7);
    add(&alice, 3, 5);
    toy.fail_change = ERROR_ACCESS_DENIED;
    assert_int_equal(add(&alice, 1, 5), ERROR_ACCESS_DENIED);
    assert_int_equal(take_away(&alice, 2), ERROR_ACCESS_DENIED);
    assert_int_equal(take_away(&alice, 3), ERROR_ACCESS_DENIED);
    assert_int_equal(add(&bob, 3, 6), ERROR_ACCESS_DENIED);
    toy.fail_change = 0;
    assert_claims(1);
    assert_cell(3, 5, 0);
    undo(&bob);
    undo(&alice);
    assert_absent(1);
    assert_cell(2, 5, 7);
    assert_absent(3);
}

static void test_failed_probe_changes_nothing(void **state)
{
    (void)state;
    toy.fail_probe = ERROR_ACCESS_DENIED;
    assert_int_equal(add(&alice, 1, 5), ERROR_ACCESS_DENIED);
    assert_int_equal(take_away(&alice, 1), ERROR_ACCESS_DENIED);
    assert_claims(0);
    assert_int_equal(toy.changes, 0);
}

/* alice's session ends, and its undo fails. */
static void orphan(uint32_t *fault)
{
    *fault = ERROR_ACCESS_DENIED;
    assert_int_equal(ledger_undo(ledger, &alice), 1);
    assert_null(alice.newest);
    assert_int_equal(failed, 1);
    *fault = 0;
}

static void test_failed_undo_is_tried_again(void **state)
{
    (void)state;
    uint32_t *faults[] = {&toy.fail_change, &toy.fail_probe};
    for (size_t i = 0; i < 2; i++) {
        failed = 0;
        add(&alice, 1, 5);
        orphan(faults[i]);
        assert_cell(1, 5, 0);
        assert_claims(1);
        assert_int_equal(ledger_retry(ledger), 0);
        assert_absent(1);
        assert_claims(0);
    }
}

static void test_failed_undo_is_tried_again_after_another_session(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    orphan(&toy.fail_change);
    add(&bob, 2, 5);
    undo(&bob);
    assert_absent(1);
    assert_claims(0);
}

static void test_next_session_takes_over_what_could_not_be_undone(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    orphan(&toy.fail_change);
    assert_int_equal(add(&bob, 1, 6), 0);
    assert_cell(1, 6, 0);
    assert_claims(1);
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 6, 0);
    undo(&bob);
    assert_absent(1);
}

static void test_next_session_may_delete_what_could_not_be_undone(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&alice, 1);
    add(&alice, 1, 6);
    orphan(&toy.fail_change);
    assert_int_equal(take_away(&bob, 1), 0);
    assert_absent(1);
    undo(&bob);
    assert_cell(1, 5, 7);
    assert_claims(0);
}

static void test_what_could_not_be_undone_leaves_the_living_claim_in_force(void **state)
{
    (void)state;
    add(&bob, 1, 6);
    add(&alice, 1, 5);
    orphan(&toy.fail_change);
    assert_cell(1, 5, 0);
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 6, 0);
    undo(&bob);
    assert_absent(1);
}

static void test_owner_below_may_delete_what_could_not_be_undone(void **state)
{
    (void)state;
    add(&bob, 1, 6);
    add(&alice, 1, 5);
    orphan(&toy.fail_change);
    assert_int_equal(take_away(&bob, 1), 0);
    assert_absent(1);
    assert_claims(0);
}

static void test_deleting_ledger_forgets_what_could_not_be_undone(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    orphan(&toy.fail_change);
    assert_claims(1); /* tear_down() destroys the ledger; the sanitizer sees leaks */
}

static void test_session_may_claim_so_much_and_no_more(void **state)
{
    (void)state;
    third_party_sets(3, 5, 7);
    alice.count = LEDGER_SESSION_CLAIMS - 1; /* as if it had that many already */
    assert_int_equal(add(&alice, 1, 5), 0);
    assert_int_equal(add(&alice, 2, 5), ERROR_NOT_ENOUGH_QUOTA);
    assert_absent(2);
    assert_int_equal(take_away(&alice, 3), ERROR_NOT_ENOUGH_QUOTA);
    assert_cell(3, 5, 7);
    assert_int_equal(add(&bob, 2, 5), 0);
    assert_claims(2);

    assert_int_equal(take_away(&alice, 1), 0);
    assert_int_equal(take_away(&alice, 3), 0);
    undo(&bob);
    undo(&alice);
    assert_int_equal(alice.count, LEDGER_SESSION_CLAIMS - 1);
    assert_cell(3, 5, 7);
}

static void test_sessions_of_a_user_may_claim_so_much_and_no_more_together(void **state)
{
    (void)state;
    struct ledger_user user = {.limit = 3}, other = {.limit = 1};
    alice.user = bob.user = &user;
    carol.user = &other;
    third_party_sets(7, 5, 7);
    assert_int_equal(add(&alice, 1, 5), 0);
    assert_int_equal(add(&alice, 2, 5), 0);
    assert_int_equal(add(&bob, 3, 5), 0);
    assert_int_equal(add(&bob, 4, 5), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(take_away(&alice, 7), ERROR_NOT_ENOUGH_QUOTA);
    assert_absent(4);
    assert_cell(7, 5, 7);
    assert_int_equal(set(&alice, 1, 6), 0);
    assert_int_equal(add(&carol, 4, 5), 0);

    undo(&alice);
    assert_int_equal(user.count, 1);
    assert_int_equal(take_away(&bob, 7), 0);
    assert_int_equal(add(&bob, 5, 5), 0);
    assert_int_equal(add(&bob, 6, 5), ERROR_NOT_ENOUGH_QUOTA);
    undo(&carol);
    undo(&bob);
    assert_int_equal(user.count, 0);
    assert_cell(7, 5, 7);
}

static void test_what_could_not_be_undone_counts_for_its_user(void **state)
{
    (void)state;
    struct ledger_user user = {.limit = 1};
    alice.user = bob.user = &user;
    add(&alice, 1, 5);
    toy.fail_change = ERROR_GEN_FAILURE;
    ledger_undo(ledger, &alice);
    assert_int_equal(alice.count, 0);
    assert_int_equal(user.count, 1);
    toy.fail_change = 0;
    assert_int_equal(add(&bob, 2, 5), ERROR_NOT_ENOUGH_QUOTA);
    ledger_retry(ledger);
    assert_int_equal(user.count, 0);
    assert_int_equal(add(&bob, 2, 5), 0);
    undo(&bob);
    assert_claims(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failed_change_leaves_nothing),
        TEST(test_failed_probe_changes_nothing),
        TEST(test_failed_undo_is_tried_again),
        TEST(test_failed_undo_is_tried_again_after_another_session),
        TEST(test_next_session_takes_over_what_could_not_be_undone),
        TEST(test_next_session_may_delete_what_could_not_be_undone),
        TEST(test_what_could_not_be_undone_leaves_the_living_claim_in_force),
        TEST(test_owner_below_may_delete_what_could_not_be_undone),
        TEST(test_deleting_ledger_forgets_what_could_not_be_undone),
        TEST(test_session_may_claim_so_much_and_no_more),
        TEST(test_sessions_of_a_user_may_claim_so_much_and_no_more_together),
        TEST(test_what_could_not_be_undone_counts_for_its_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
