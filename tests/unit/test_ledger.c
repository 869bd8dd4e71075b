/* SPDX-License-Identifier: MIT */
#include "undo/ledger.h"

#include "base/errors.h"
#include "base/log.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

/* The machine of these tests: a row of cells, each absent or with a value and a tag. A client
 * chooses the value (ANY leaves it open and becomes FILLED_IN); the tag it does not know. */
enum { CELLS = 8, ANY = 0xFF, FILLED_IN = 99 };

struct cell {
    unsigned char value, tag;
    bool present;
};

static struct {
    struct cell cells[CELLS];
    unsigned changes;
    uint32_t fail_change, fail_probe; /* every call, while set */
    char order[CELLS * 4];            /* the keys of the changes */
} toy;

static uint32_t toy_probe(void *context, struct bytes key, struct state *state)
{
    assert_ptr_equal(context, &toy);
    const struct cell *cell = &toy.cells[*(const unsigned char *)key.at];
    if (toy.fail_probe)
        return toy.fail_probe;
    state->size = cell->present ? 2 : 0;
    state->bytes[0] = cell->value;
    state->bytes[1] = cell->tag;
    return 0;
}

static uint32_t toy_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    assert_ptr_equal(context, &toy);
    unsigned char at = *(const unsigned char *)key.at;
    struct cell *cell = &toy.cells[at];
    const unsigned char *bytes = to.at;
    assert_int_equal(from.size != 0, cell->present);
    assert_true(from.size || to.size);
    if (toy.fail_change)
        return toy.fail_change;
    toy.changes++;
    toy.order[strlen(toy.order)] = (char)('0' + at);
    *cell = (struct cell){0};
    if (to.size)
        *cell = (struct cell){bytes[0] == ANY ? FILLED_IN : bytes[0], bytes[1], true};
    return 0;
}

static bool toy_satisfies(struct bytes found, struct bytes wanted)
{
    unsigned char have = *(const unsigned char *)found.at, want = *(const unsigned char *)wanted.at;
    return want == ANY || have == want;
}

static void toy_describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "cell %u", *(const unsigned char *)key.at);
}

static const struct kind toy_kind = {"cell", toy_probe, toy_change, toy_satisfies, toy_describe};

static unsigned informed, failed;

static void count_line(enum log_level level, uint32_t error, const char *line)
{
    (void)error;
    assert_non_null(strstr(line, "cell "));
    *(level == LOG_ERROR ? &failed : &informed) += 1;
}

/* ---- the cast ---- */

static struct ledger *ledger;
static struct ledger_session alice, bob, carol;

static int set_up(void **state)
{
    (void)state;
    memset(&toy, 0, sizeof(toy));
    informed = failed = 0;
    alice = bob = carol = (struct ledger_session){0};
    log_to(count_line);
    ledger = ledger_create(&toy);
    return ledger ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_destroy(ledger);
    return 0;
}

static uint32_t add(struct ledger_session *session, unsigned char key, unsigned char value)
{
    const unsigned char wanted[2] = {value, 0};
    return ledger_add(ledger, session, &toy_kind, (struct bytes){&key, 1},
                      (struct bytes){wanted, 2});
}

static uint32_t take_away(struct ledger_session *session, unsigned char key)
{
    return ledger_delete(ledger, session, &toy_kind, (struct bytes){&key, 1});
}

static void somebody_sets(unsigned char key, unsigned char value, unsigned char tag)
{
    toy.cells[key] = (struct cell){value, tag, true};
}

static void somebody_removes(unsigned char key)
{
    toy.cells[key] = (struct cell){0};
}

#define assert_cell(key, value_, tag_)                                                             \
    do {                                                                                           \
        assert_true(toy.cells[key].present);                                                       \
        assert_int_equal(toy.cells[key].value, value_);                                            \
        assert_int_equal(toy.cells[key].tag, tag_);                                                \
    } while (0)
#define assert_absent(key)   assert_false(toy.cells[key].present)
#define assert_claims(count) assert_int_equal(ledger_claim_count(ledger), count)

static void undo(struct ledger_session *session)
{
    assert_int_equal(ledger_undo(ledger, session), 0);
    assert_null(session->newest);
}

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
    somebody_sets(1, 5, 0);
    undo(&alice);
    assert_cell(1, 5, 0);
}

static void test_what_was_there_before_is_not_undone(void **state)
{
    (void)state;
    somebody_sets(1, 5, 7);
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
    somebody_removes(1);
    assert_int_equal(take_away(&alice, 1), ERROR_NOT_FOUND);
    assert_claims(0);
    somebody_sets(1, 5, 0);
    undo(&alice);
    assert_cell(1, 5, 0);
}

static void test_deleted_foreign_thing_comes_back_whole(void **state)
{
    (void)state;
    somebody_sets(1, 5, 7);
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
    somebody_sets(1, 5, 7);
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
    somebody_sets(1, 5, 7);
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
    somebody_removes(1);
    assert_int_equal(add(&alice, 1, 6), 0);
    assert_cell(1, 6, 0);
    undo(&alice);
    assert_absent(1);
}

/* ---- what others do meanwhile ---- */

static void test_what_somebody_changed_since_is_left_alone(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    somebody_sets(1, 6, 7);
    undo(&alice);
    assert_cell(1, 6, 7);
    assert_int_equal(informed, 1);
}

static void test_what_is_already_gone_is_success_without_news(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    somebody_removes(1);
    undo(&alice);
    assert_absent(1);
    assert_int_equal(toy.changes, 1);
    assert_int_equal(informed + failed, 0);
}

static void test_what_somebody_brought_back_is_not_restored_over(void **state)
{
    (void)state;
    somebody_sets(1, 5, 7);
    take_away(&alice, 1);
    somebody_sets(1, 6, 8);
    assert_int_equal(add(&alice, 1, 6), ERROR_OBJECT_ALREADY_EXISTS);
    undo(&alice);
    assert_cell(1, 6, 8);
}

static void test_what_somebody_brought_back_and_we_deleted_again_comes_back(void **state)
{
    (void)state;
    somebody_sets(1, 5, 7);
    take_away(&alice, 1);
    somebody_sets(1, 6, 8);
    assert_int_equal(take_away(&alice, 1), 0);
    assert_absent(1);
    undo(&alice);
    assert_cell(1, 6, 8);
}

static void test_own_thing_that_somebody_changed_is_foreign_when_deleted(void **state)
{
    (void)state;
    add(&alice, 1, 5);
    somebody_sets(1, 6, 8);
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
    somebody_sets(1, 42, 0);
    undo(&alice);
    assert_absent(1);
}

/* ---- several sessions ---- */

static void test_shared_thing_goes_with_its_last_owner(void **state)
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
    add(&bob, 1, 6);
    undo(&bob);
    assert_cell(1, FILLED_IN, 0);
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
        somebody_sets(1, 5, 7);
        assert_int_equal(take_away(&alice, 1), 0);
        assert_int_equal(add(&bob, 1, 6), 0);
        assert_cell(1, 6, 0);
        undo(first[i]);
        undo(last[i]);
        assert_cell(1, 5, 7);
        assert_claims(0);
    }
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

/* ---- failures ---- */

static void test_failed_change_leaves_nothing(void **state)
{
    (void)state;
    somebody_sets(2, 5, 7);
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

/* alice ends, and her undo fails. */
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
    somebody_sets(1, 5, 7);
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
    assert_claims(1); /* tear_down() destroys; the sanitizer sees what stays */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(test_deleted_foreign_thing_comes_back_whole),
        TEST(test_adding_a_deleted_foreign_thing_again_restores_it_and_ends_the_claim),
        TEST(test_adding_a_deleted_foreign_thing_otherwise_keeps_the_claim),
        TEST(test_what_is_added_again_after_the_user_removed_it_is_undone),
        TEST(test_what_somebody_changed_since_is_left_alone),
        TEST(test_what_is_already_gone_is_success_without_news),
        TEST(test_what_somebody_brought_back_is_not_restored_over),
        TEST(test_what_somebody_brought_back_and_we_deleted_again_comes_back),
        TEST(test_own_thing_that_somebody_changed_is_foreign_when_deleted),
        TEST(test_left_open_means_whatever_is_there),
        TEST(test_shared_thing_goes_with_its_last_owner),
        TEST(test_deleting_a_shared_thing_leaves_it_to_the_other),
        TEST(test_newest_settings_are_in_force_and_hand_back),
        TEST(test_a_claim_in_the_middle_just_leaves),
        TEST(test_what_was_left_open_is_handed_back_as_it_was),
        TEST(test_deleting_what_another_session_added),
        TEST(test_two_sessions_delete_and_add_a_foreign_thing),
        TEST(test_own_deleted_again_by_another_is_not_found),
        TEST(test_failed_change_leaves_nothing),
        TEST(test_failed_probe_changes_nothing),
        TEST(test_failed_undo_is_tried_again),
        TEST(test_failed_undo_is_tried_again_after_another_session),
        TEST(test_next_session_takes_over_what_could_not_be_undone),
        TEST(test_next_session_may_delete_what_could_not_be_undone),
        TEST(test_what_could_not_be_undone_leaves_the_living_claim_in_force),
        TEST(test_owner_below_may_delete_what_could_not_be_undone),
        TEST(test_deleting_ledger_forgets_what_could_not_be_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
