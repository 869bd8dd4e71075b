/* SPDX-License-Identifier: MIT */
/* Resources that are set whatever they were before: a metric, an MTU, a list of name servers. */
#include "tests/unit/ledger_toy.h"

/* ---- one session ---- */

static void test_what_was_set_over_a_state_gives_it_back_whole(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(set(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    assert_claims(1);
    undo(&alice);
    assert_cell(1, 5, 7);
    assert_claims(0);
}

static void test_what_was_set_over_nothing_goes(void **state)
{
    (void)state;
    assert_int_equal(set(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    undo(&alice);
    assert_absent(1);
}

static void test_setting_again_replaces_the_own_claim_and_keeps_the_base(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    assert_int_equal(set(&alice, 1, 8), 0);
    assert_cell(1, 8, 0);
    assert_claims(1);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_setting_what_is_there_already_changes_nothing(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(set(&alice, 1, 5), 0);
    assert_cell(1, 5, 7);
    undo(&alice);
    assert_cell(1, 5, 7);
    assert_int_equal(toy.changes, 0);
}

static void test_setting_to_absent_deletes_and_gives_back(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(set_absent(&alice, 1), 0);
    assert_absent(1);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_setting_again_counts_as_newest(void **state)
{
    (void)state;
    set(&alice, 1, 5);
    set(&alice, 2, 5);
    set(&alice, 1, 6);
    undo(&alice);
    assert_string_equal(toy.order, "12112");
}

/* ---- ending a single claim ---- */

static void test_release_gives_back_at_once(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    assert_int_equal(let_go(&alice, 1), 0);
    assert_cell(1, 5, 7);
    assert_claims(0);
    undo(&alice);
    assert_cell(1, 5, 7);
    assert_int_equal(toy.changes, 2);
}

static void test_release_of_what_is_not_claimed_is_not_found(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(let_go(&alice, 1), ERROR_NOT_FOUND);
    set(&bob, 1, 6);
    assert_int_equal(let_go(&alice, 1), ERROR_NOT_FOUND);
    assert_cell(1, 6, 0);
    undo(&bob);
}

static void test_release_below_another_changes_nothing(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    set(&bob, 1, 8);
    assert_int_equal(let_go(&alice, 1), 0);
    assert_cell(1, 8, 0);
    undo(&bob);
    assert_cell(1, 5, 7);
}

static void test_release_ends_an_addition_too(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    assert_int_equal(let_go(&alice, 1), 0);
    assert_absent(1);
    assert_claims(0);
}

static void test_release_leaves_alone_what_another_program_changed_since(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    third_party_sets(1, 9, 9);
    assert_int_equal(let_go(&alice, 1), 0);
    assert_cell(1, 9, 9);
    assert_claims(0);
    assert_int_equal(informed, 1);
}

/* ---- changes by other programs ---- */

static void test_what_another_program_changed_since_it_was_set_is_left_alone(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    third_party_sets(1, 9, 9);
    undo(&alice);
    assert_cell(1, 9, 9);
    assert_int_equal(informed, 1);
}

static void test_what_another_program_changed_before_setting_again_comes_back(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    third_party_sets(1, 9, 9);
    assert_int_equal(set(&alice, 1, 8), 0);
    assert_cell(1, 8, 0);
    undo(&alice);
    assert_cell(1, 9, 9);
}

static void test_what_another_program_removed_before_setting_again_stays_removed(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    third_party_removes(1);
    assert_int_equal(set(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    undo(&alice);
    assert_absent(1);
}

/* ---- several sessions ---- */

static void test_the_living_session_keeps_its_own_in_every_order_of_ending(void **state)
{
    (void)state;
    static struct ledger_session *const orders[6][3] = {
        {&alice, &bob, &carol}, {&alice, &carol, &bob}, {&bob, &alice, &carol},
        {&bob, &carol, &alice}, {&carol, &alice, &bob}, {&carol, &bob, &alice},
    };
    struct ledger_session *const by_age[] = {&alice, &bob, &carol};
    for (size_t order = 0; order < 6; order++) {
        bool is_alive[] = {true, true, true};
        third_party_sets(1, 5, 7);
        for (unsigned char i = 0; i < 3; i++)
            assert_int_equal(set(by_age[i], 1, 20 + i), 0);
        for (size_t end = 0; end < 3; end++) {
            unsigned char expected = 0;
            undo(orders[order][end]);
            for (unsigned char i = 0; i < 3; i++) {
                is_alive[i] = is_alive[i] && by_age[i] != orders[order][end];
                if (is_alive[i])
                    expected = 20 + i;
            }
            assert_cell(1, expected ? expected : 5, expected ? 0 : 7);
        }
        assert_claims(0);
    }
}

static void test_equal_values_of_two_sessions_change_once(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        third_party_sets(1, 5, 7);
        set(&alice, 1, 6);
        set(&bob, 1, 6);
        undo(first[i]);
        assert_cell(1, 6, 0);
        undo(last[i]);
        assert_cell(1, 5, 7);
    }
    assert_int_equal(toy.changes, 4);
}

static void test_setting_again_takes_the_older_claim_to_the_top(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        third_party_sets(1, 5, 7);
        set(&alice, 1, 6);
        set(&bob, 1, 8);
        assert_int_equal(set(&alice, 1, 6), 0);
        assert_cell(1, 6, 0);
        undo(first[i]);
        assert_cell(1, first[i] == &alice ? 8 : 6, 0);
        undo(last[i]);
        assert_cell(1, 5, 7);
    }
}

static void test_foreign_change_between_two_sessions_is_what_comes_back(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        third_party_sets(1, 5, 7);
        set(&alice, 1, 6);
        third_party_sets(1, 9, 9);
        set(&bob, 1, 8);
        undo(first[i]);
        assert_cell(1, first[i] == &alice ? 8 : 6, 0);
        undo(last[i]);
        assert_cell(1, 9, 9);
    }
}

/* ---- failures ---- */

static void test_failed_set_leaves_what_was_there(void **state)
{
    (void)state;
    uint32_t *faults[] = {&toy.fail_change, &toy.fail_probe};
    third_party_sets(1, 5, 7);
    for (size_t i = 0; i < 2; i++) {
        *faults[i] = ERROR_ACCESS_DENIED;
        assert_int_equal(set(&alice, 1, 6), ERROR_ACCESS_DENIED);
        *faults[i] = 0;
        assert_cell(1, 5, 7);
        assert_claims(0);
    }
}

static void test_failed_second_set_keeps_the_first(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    toy.fail_change = ERROR_ACCESS_DENIED;
    assert_int_equal(set(&alice, 1, 8), ERROR_ACCESS_DENIED);
    toy.fail_change = 0;
    assert_cell(1, 6, 0);
    assert_claims(1);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_failed_release_keeps_the_claim(void **state)
{
    (void)state;
    uint32_t *faults[] = {&toy.fail_change, &toy.fail_probe};
    for (size_t i = 0; i < 2; i++) {
        third_party_sets(1, 5, 7);
        set(&alice, 1, 6);
        *faults[i] = ERROR_ACCESS_DENIED;
        assert_int_equal(let_go(&alice, 1), ERROR_ACCESS_DENIED);
        *faults[i] = 0;
        assert_cell(1, 6, 0);
        assert_claims(1);
        undo(&alice);
        assert_cell(1, 5, 7);
    }
}

static void test_setting_over_a_failed_undo_takes_it_over(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    set(&alice, 1, 6);
    toy.fail_change = ERROR_ACCESS_DENIED;
    assert_int_equal(ledger_undo(ledger, &alice), 1);
    toy.fail_change = 0;
    assert_int_equal(set(&bob, 1, 8), 0);
    assert_claims(1);
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 8, 0);
    undo(&bob);
    assert_cell(1, 5, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_set_over_a_state_gives_it_back_whole),
        TEST(test_what_was_set_over_nothing_goes),
        TEST(test_setting_again_replaces_the_own_claim_and_keeps_the_base),
        TEST(test_setting_what_is_there_already_changes_nothing),
        TEST(test_setting_to_absent_deletes_and_gives_back),
        TEST(test_setting_again_counts_as_newest),
        TEST(test_release_gives_back_at_once),
        TEST(test_release_of_what_is_not_claimed_is_not_found),
        TEST(test_release_below_another_changes_nothing),
        TEST(test_release_ends_an_addition_too),
        TEST(test_release_leaves_alone_what_another_program_changed_since),
        TEST(test_what_another_program_changed_since_it_was_set_is_left_alone),
        TEST(test_what_another_program_changed_before_setting_again_comes_back),
        TEST(test_what_another_program_removed_before_setting_again_stays_removed),
        TEST(test_the_living_session_keeps_its_own_in_every_order_of_ending),
        TEST(test_equal_values_of_two_sessions_change_once),
        TEST(test_setting_again_takes_the_older_claim_to_the_top),
        TEST(test_foreign_change_between_two_sessions_is_what_comes_back),
        TEST(test_failed_set_leaves_what_was_there),
        TEST(test_failed_second_set_keeps_the_first),
        TEST(test_failed_release_keeps_the_claim),
        TEST(test_setting_over_a_failed_undo_takes_it_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
