/* SPDX-License-Identifier: MIT */
/* Changes of which a death or a reboot of Windows leaves unknown whether they were made. */
#include "base/cleanup.h"
#include "tests/unit/crashed_ledger.h"

#include <string.h>

/* ---- changes that a death has interrupted ---- */

/* Dies after the intent of a change to `value`, before the change itself. */
static void die_before_change(unsigned char key, unsigned char value)
{
    const struct bytes before = fake_file_content(file);
    CLEANUP_FREE unsigned char *image = malloc(before.size + 4096);
    struct toy as_it_was = toy;
    size_t size = before.size;
    memcpy(image, before.at, size);
    set_to(&alice, key, value);
    const struct bytes after = fake_file_content(file);
    assert_true(after.size - 64 > size); /* the mark is the last slot */
    memcpy(image, after.at, after.size - 64);
    size = after.size - 64;
    toy = as_it_was;
    die();
    toy = as_it_was;
    fake_file_set(file, image, size);
}

static void test_interrupted_change_may_not_have_happened(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    die_before_change(1, 5);
    recover();
    assert_cell(1, 3, 4);
    assert_int_equal(summary.unchanged, 1);
}

static void test_interrupted_change_may_have_happened(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    die_before_change(1, 5);
    third_party_sets(1, 5, 0);
    recover();
    assert_cell(1, 3, 4);
}

static void test_interrupted_change_of_what_was_ours_already(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 6);
    die_before_change(1, 5);
    assert_cell(1, 6, 0);
    recover();
    assert_cell(1, 3, 4);
}

static void test_interrupted_change_in_one_step_leaves_no_mixture(void **state)
{
    (void)state;
    die_before_change(1, 5);
    third_party_sets(1, 9, 9);
    recover();
    assert_cell(1, 9, 9);
    assert_int_equal(summary.left_alone, 1);
}

static void test_mixture_of_an_interrupted_change_in_steps_is_ours(void **state)
{
    (void)state;
    kind.is_in_steps = true;
    third_party_sets(1, 3, 4);
    die_before_change(1, 5);
    third_party_sets(1, 9, 9);
    recover();
    assert_cell(1, 3, 4);
    assert_int_equal(summary.changed, 1);
}

static void test_interrupted_change_is_not_decided_while_its_interface_is_away(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 6);
    die_before_change(1, 5);
    interface_is_away = true;
    recover();
    assert_int_equal(summary.failed, 1);
    interface_is_away = false;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 3, 4);
}

static void test_interrupted_change_can_be_decided_later(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 6);
    die_before_change(1, 5);
    toy.fail_probe = ERROR_ACCESS_DENIED;
    recover();
    assert_int_equal(summary.failed, 1);
    toy.fail_probe = 0;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 3, 4);
}

/* The adapter is unplugged while it is looked at, and comes back unchanged. */
static void test_failed_repair_forgets_nothing(void **state)
{
    (void)state;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    third_party_removes(1);
    toy.fail_change = ERROR_NOT_FOUND;
    ledger_verify(ledger, &summary);
    assert_int_equal(summary.failed, 1);
    toy.fail_change = 0;
    third_party_sets(1, 5, 0);
    die();
    recover();
    assert_cell(1, 3, 4);
}

/* ---- after a reboot of Windows ---- */

static void test_what_a_restart_undoes_is_forgotten(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    boot = 2;
    recover();
    assert_cell(1, 5, 0); /* then it is not ours */
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_what_outlives_a_restart_is_put_back_after_it(void **state)
{
    (void)state;
    kind.lifetime = LIFETIME_DISK;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    die();
    boot = 2;
    recover();
    assert_cell(1, 3, 4);
}

/* alice's change was undone, but the file says so only until the power is lost. */
static void put_back_and_restart(void)
{
    kind.lifetime = LIFETIME_DISK;
    kind.is_in_steps = true;
    third_party_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    set_to(&bob, 2, 5); /* keeps the file from being truncated */
    undo(&alice);
    die();
    boot = 2;
}

static void test_what_was_put_back_but_not_on_the_disk_is_put_back_again(void **state)
{
    (void)state;
    put_back_and_restart();
    third_party_sets(1, 5, 0);
    recover();
    assert_cell(1, 3, 4);
}

static void test_what_was_put_back_and_changed_since_is_left_alone(void **state)
{
    (void)state;
    put_back_and_restart();
    third_party_sets(1, 9, 9);
    recover();
    assert_cell(1, 9, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_interrupted_change_may_not_have_happened),
        TEST(test_interrupted_change_may_have_happened),
        TEST(test_interrupted_change_of_what_was_ours_already),
        TEST(test_interrupted_change_in_one_step_leaves_no_mixture),
        TEST(test_mixture_of_an_interrupted_change_in_steps_is_ours),
        TEST(test_interrupted_change_is_not_decided_while_its_interface_is_away),
        TEST(test_interrupted_change_can_be_decided_later),
        TEST(test_failed_repair_forgets_nothing),
        TEST(test_what_a_restart_undoes_is_forgotten),
        TEST(test_what_outlives_a_restart_is_put_back_after_it),
        TEST(test_what_was_put_back_but_not_on_the_disk_is_put_back_again),
        TEST(test_what_was_put_back_and_changed_since_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
