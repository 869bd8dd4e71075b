/* SPDX-License-Identifier: MIT */
#include "tests/unit/ledger_toy.h"

/* ---- one session ---- */

static void test_what_was_added_goes_at_undo(void **state)
{
    (void)state;
    assert_int_equal(add(&alice, 1, 5), 0);
    assert_cell(1, 5, 0);
    assert_claims(1);
    undo(&alice);
    assert_absent(1);
    assert_claims(0);
}

static void test_undo_is_newest_first(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    add(&alice, 2, 5);
    add(&alice, 3, 5);
    undo(&alice);
    assert_string_equal(toy.order, "123321");
}

static void test_undoing_twice_is_harmless(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    undo(&alice);
    third_party_sets(1, 5, 0);
    undo(&alice);
    assert_cell(1, 5, 0);
}

static void test_what_was_there_before_is_not_undone(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(add(&alice, 1, 5), ERROR_OBJECT_ALREADY_EXISTS);
    assert_claims(0);
    undo(&alice);
    assert_cell(1, 5, 7);
    assert_int_equal(toy.changes, 0);
}

static void test_adding_twice_says_that_it_exists_and_changes_nothing(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    assert_int_equal(add(&alice, 1, 6), ERROR_OBJECT_ALREADY_EXISTS);
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_absent(1);
}

static void test_deleting_what_was_added_ends_the_claim(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    assert_claims(0);
}

static void test_deleting_what_is_not_there_is_not_found(void **state)
{
    (void)state;
    assert_int_equal(take_away(&alice, 1), ERROR_NOT_FOUND);
    assert_claims(0);
    assert_int_equal(toy.changes, 0);
}

static void test_deleting_what_the_user_removed_drops_the_claim(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_removes(1);
    assert_int_equal(take_away(&alice, 1), ERROR_NOT_FOUND);
    assert_claims(0);
    third_party_sets(1, 5, 0);
    undo(&alice);
    assert_cell(1, 5, 0);
}

static void test_deleted_foreign_resource_comes_back_with_all_fields(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    assert_claims(1);
    assert_int_equal(take_away(&alice, 1), ERROR_NOT_FOUND);
    assert_claims(1);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_adding_a_deleted_foreign_thing_again_restores_it_and_ends_the_claim(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&alice, 1);
    assert_int_equal(add(&alice, 1, 5), 0);
    assert_cell(1, 5, 7);
    assert_claims(0);
    assert_int_equal(add(&alice, 1, 5), ERROR_OBJECT_ALREADY_EXISTS);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_adding_a_deleted_foreign_thing_otherwise_keeps_the_claim(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&alice, 1);
    assert_int_equal(add(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    assert_claims(1);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    assert_claims(1);
    assert_int_equal(add(&alice, 1, 6), 0);
    undo(&alice);
    assert_cell(1, 5, 7);
}

static void test_what_is_added_again_after_the_user_removed_it_is_undone(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_removes(1);
    assert_int_equal(add(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    undo(&alice);
    assert_absent(1);
}

/* ---- changes by other programs ---- */

static void test_what_another_program_changed_since_is_left_alone(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_sets(1, 6, 7);
    undo(&alice);
    assert_cell(1, 6, 7);
    assert_int_equal(informed, 1);
}

static void test_what_is_already_gone_is_success_without_news(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_removes(1);
    undo(&alice);
    assert_absent(1);
    assert_int_equal(toy.changes, 1);
    assert_int_equal(informed + failed, 0);
}

static void test_what_goes_during_the_undo_is_success(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    toy.vanishes_first = true;
    undo(&alice);
    assert_absent(1);
    assert_claims(0);
    assert_int_equal(informed + failed, 0);
}

static void test_what_another_program_restored_is_not_overwritten(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&alice, 1);
    third_party_sets(1, 6, 8);
    assert_int_equal(add(&alice, 1, 6), ERROR_OBJECT_ALREADY_EXISTS);
    undo(&alice);
    assert_cell(1, 6, 8);
}

static void test_what_another_program_restored_and_we_deleted_again_comes_back(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&alice, 1);
    third_party_sets(1, 6, 8);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    undo(&alice);
    assert_cell(1, 6, 8);
}

static void test_own_resource_changed_by_another_program_is_foreign_when_deleted(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    third_party_sets(1, 6, 8);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    undo(&alice);
    assert_cell(1, 6, 8);
}

static void test_left_open_means_whatever_is_there(void **state)
{
    (void)state;
    add(&alice, 1, ANY);
    assert_cell(1, FILLED_IN, 0);
    third_party_sets(1, 42, 0);
    undo(&alice);
    assert_absent(1);
}

/* ---- several sessions ---- */

static void test_shared_resource_is_removed_with_its_last_owner(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(add(&alice, 1, 5), 0);
        assert_int_equal(add(&bob, 1, 5), 0);
        assert_claims(2);
        undo(first[i]);
        assert_cell(1, 5, 0);
        undo(last[i]);
        assert_absent(1);
    }
    assert_int_equal(toy.changes, 4);
}

static void test_deleting_a_shared_thing_leaves_it_to_the_other(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        add(&alice, 1, 5);
        add(&bob, 1, 6);
        assert_int_equal(take_away(first[i], 1), 0);
        assert_cell(1, last[i] == &alice ? 5 : 6, 0);
        assert_claims(1);
        assert_int_equal(take_away(last[i], 1), 0);
        assert_absent(1);
    }
}

static void test_newest_settings_are_in_force_and_hand_back(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    assert_int_equal(add(&bob, 1, 6), 0);
    assert_cell(1, 6, 0);
    assert_int_equal(add(&alice, 1, 5), ERROR_OBJECT_ALREADY_EXISTS);
    undo(&bob);
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_absent(1);
}

static void test_a_claim_in_the_middle_just_leaves(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    add(&bob, 1, 6);
    add(&carol, 1, 7);
    undo(&bob);
    assert_cell(1, 7, 0);
    undo(&carol);
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_absent(1);
}

static void test_what_was_left_open_is_handed_back_as_it_was(void **state)
{
    (void)state;
    add(&alice, 1, ANY);
    third_party_sets(1, 42, 7);
    add(&bob, 1, 6);
    undo(&bob);
    assert_cell(1, 42, 7);
    undo(&alice);
    assert_absent(1);
}

static void test_deleting_what_another_session_added(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        add(&alice, 1, 5);
        assert_int_equal(take_away(&bob, 1), 0);
        assert_absent(1);
        undo(first[i]);
        if (first[i] == &bob)
            assert_cell(1, 5, 0);
        else
            assert_absent(1);
        undo(last[i]);
        assert_absent(1);
    }
}

static void test_two_sessions_delete_and_add_a_foreign_thing(void **state)
{
    (void)state;
    struct ledger_session *first[] = {&alice, &bob}, *last[] = {&bob, &alice};
    for (size_t i = 0; i < 2; i++) {
        third_party_sets(1, 5, 7);
        assert_int_equal(take_away(&alice, 1), 0);
        assert_int_equal(add(&bob, 1, 6), 0);
        assert_cell(1, 6, 0);
        undo(first[i]);
        undo(last[i]);
        assert_cell(1, 5, 7);
        assert_claims(0);
    }
}

static void test_adding_what_other_sessions_have_added_does_not_end_a_claim(void **state)
{
    (void)state;
    third_party_sets(1, 5, 7);
    take_away(&bob, 1);
    add(&carol, 1, 6);
    take_away(&alice, 1);
    assert_int_equal(add(&alice, 1, 5), 0);
    assert_cell(1, 5, 0);
    undo(&alice);
    assert_cell(1, 6, 0);
    undo(&carol);
    assert_absent(1);
    undo(&bob);
    assert_cell(1, 5, 7);
}

static void test_own_deleted_again_by_another_is_not_found(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    take_away(&bob, 1);
    assert_int_equal(take_away(&alice, 1), ERROR_NOT_FOUND);
    assert_claims(1);
    undo(&bob);
    assert_absent(1);
    assert_claims(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_added_goes_at_undo),
        TEST(test_undo_is_newest_first),
        TEST(test_undoing_twice_is_harmless),
        TEST(test_what_was_there_before_is_not_undone),
        TEST(test_adding_twice_says_that_it_exists_and_changes_nothing),
        TEST(test_deleting_what_was_added_ends_the_claim),
        TEST(test_deleting_what_is_not_there_is_not_found),
        TEST(test_deleting_what_the_user_removed_drops_the_claim),
        TEST(test_deleted_foreign_resource_comes_back_with_all_fields),
        TEST(test_adding_a_deleted_foreign_thing_again_restores_it_and_ends_the_claim),
        TEST(test_adding_a_deleted_foreign_thing_otherwise_keeps_the_claim),
        TEST(test_what_is_added_again_after_the_user_removed_it_is_undone),
        TEST(test_what_another_program_changed_since_is_left_alone),
        TEST(test_what_is_already_gone_is_success_without_news),
        TEST(test_what_goes_during_the_undo_is_success),
        TEST(test_what_another_program_restored_is_not_overwritten),
        TEST(test_what_another_program_restored_and_we_deleted_again_comes_back),
        TEST(test_own_resource_changed_by_another_program_is_foreign_when_deleted),
        TEST(test_left_open_means_whatever_is_there),
        TEST(test_shared_resource_is_removed_with_its_last_owner),
        TEST(test_deleting_a_shared_thing_leaves_it_to_the_other),
        TEST(test_newest_settings_are_in_force_and_hand_back),
        TEST(test_a_claim_in_the_middle_just_leaves),
        TEST(test_what_was_left_open_is_handed_back_as_it_was),
        TEST(test_deleting_what_another_session_added),
        TEST(test_two_sessions_delete_and_add_a_foreign_thing),
        TEST(test_adding_what_other_sessions_have_added_does_not_end_a_claim),
        TEST(test_own_deleted_again_by_another_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
