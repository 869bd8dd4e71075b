/* SPDX-License-Identifier: MIT */
/* What the ledger tells its journal, and what it does with a journal that another process, which
 * died, has left. */
#include "base/cleanup.h"
#include "base/log.h"
#include "fakes/memory/journal_file.h"
#include "tests/unit/ledger_toy.h"

#include <string.h>

static struct fake_file *file;
static struct journal *journal;
static struct ledger_summary summary;
static unsigned char interface[KIND_IDENTITY_SIZE] = "interface";
static uint32_t identify_error;

static uint32_t identify(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                         size_t *size)
{
    (void)context;
    (void)key;
    memcpy(at, interface, sizeof(interface));
    *size = sizeof(interface);
    return identify_error;
}

static struct kind kind; /* toy_kind, and what a test makes of it */

static uint64_t boot;

static void start(void)
{
    const struct journal_options options = {.file = fake_file_open(file), .boot = boot};
    struct journal_report report;
    assert_int_equal(journal_open(&options, &journal, &report), 0);
    ledger = ledger_create(&toy, journal);
    assert_non_null(ledger);
}

/* The process dies: nothing is undone and nothing is written any more. */
static void die(void)
{
    CLEANUP_FREE void *image = NULL;
    const struct bytes content = fake_file_content(file);
    const size_t size = content.size;
    image = malloc(size);
    memcpy(image, content.at, size);
    struct toy as_it_was = toy;
    ledger_undo(ledger, &alice);
    ledger_undo(ledger, &bob);
    ledger_destroy(ledger);
    journal_close(journal);
    toy = as_it_was;
    fake_file_set(file, image, size);
    memset(toy.order, 0, sizeof(toy.order));
    informed = failed = 0;
}

static void recover(void)
{
    const struct kind *const kinds[] = {&kind};
    start();
    ledger_recover(ledger, kinds, 1, &summary);
}

static int begin(void **state)
{
    interface[0] = 'i';
    identify_error = 0;
    boot = 1;
    kind = toy_kind;
    kind.identify = identify;
    set_up(state);
    ledger_destroy(ledger);
    file = fake_file_create();
    start();
    return 0;
}

static int finish(void **state)
{
    tear_down(state);
    journal_close(journal);
    fake_file_destroy(file);
    return 0;
}

static uint32_t set_to(struct ledger_session *session, unsigned char key, unsigned char value)
{
    const unsigned char wanted[2] = {value, 0};
    return ledger_set(ledger, session, &kind, (struct bytes){&key, 1}, (struct bytes){wanted, 2});
}

static uint32_t remove_it(struct ledger_session *session, unsigned char key)
{
    return ledger_delete(ledger, session, &kind, (struct bytes){&key, 1});
}

/* ---- what is written down ---- */

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

static void test_what_somebody_else_changed_leaves_no_entry(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    somebody_sets(1, 9, 9);
    undo(&alice);
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_what_cannot_be_written_down_is_not_changed(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    fake_file_fail(file, "append", 1, ERROR_GEN_FAILURE);
    assert_int_equal(set_to(&alice, 2, 5), ERROR_GEN_FAILURE);
    assert_absent(2);
    fake_file_fail(file, "append", 1, ERROR_GEN_FAILURE);
    undo(&alice); /* is not kept from it */
    assert_absent(1);
}

static void test_kind_that_dies_with_the_process_is_not_written_down(void **state)
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

static void
test_file_is_emptied_after_the_last_session_changed_what_outlives_a_restart(void **state)
{
    (void)state;
    size_t empty = journal_size(journal);
    kind.lifetime = LIFETIME_DISK;
    set_to(&alice, 1, 5);
    assert_true(journal_size(journal) > empty);
    undo(&alice);
    assert_true(journal_size(journal) > empty);
    ledger_tidy(ledger);
    assert_int_equal(journal_size(journal), empty);
}

static bool is_orphan(void *context, const struct journal_entry *entry)
{
    *(bool *)context = entry->is_orphan;
    return true;
}

static void test_failed_undo_is_told_to_readers_of_the_journal(void **state)
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

/* ---- what the next process does ---- */

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
    somebody_sets(1, 3, 4);
    somebody_sets(2, 3, 4);
    set_to(&alice, 1, 5);
    set_to(&bob, 1, 6);
    remove_it(&alice, 2);
    die();
    recover();
    assert_cell(1, 3, 4);
    assert_cell(2, 3, 4);
}

static void test_recovery_puts_back_what_somebody_else_had_set_meanwhile(void **state)
{
    (void)state;
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    somebody_sets(1, 9, 9);
    set_to(&bob, 1, 6);
    die();
    recover();
    assert_cell(1, 9, 9);
}

static void test_recovery_leaves_away_what_somebody_had_removed_meanwhile(void **state)
{
    (void)state;
    const unsigned char key = 1, wanted[2] = {6, 0};
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    somebody_removes(1);
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
    somebody_sets(1, 9, 9);
    somebody_removes(2);
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
    die(); /* and once more, in the next process */
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
    somebody_sets(1, 3, 4);
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
    interface[0] = 'j';
    recover();
    assert_cell(1, 5, 0);
    assert_int_equal(summary.left_alone, 1);
    assert_int_equal(journal_open_count(journal), 0);
}

/* More changes than are named in the log, of one interface. */
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
    interface[0] = 'j';
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
        somebody_sets(key, 77, 0);
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

/* ---- changes that the death has interrupted ---- */

/* Dies after the intent of a change to `value`, of which the machine has taken over nothing. */
static void die_before_change(unsigned char key, unsigned char value)
{
    const struct bytes before = fake_file_content(file);
    CLEANUP_FREE unsigned char *image = malloc(before.size + 4096);
    struct toy as_it_was = toy;
    size_t size = before.size;
    memcpy(image, before.at, size);
    set_to(&alice, key, value);
    const struct bytes after = fake_file_content(file);
    assert_true(after.size - 64 > size); /* the mark is one slot, the last one */
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
    somebody_sets(1, 3, 4);
    die_before_change(1, 5);
    recover();
    assert_cell(1, 3, 4);
    assert_int_equal(summary.unchanged, 1);
}

static void test_interrupted_change_may_have_happened(void **state)
{
    (void)state;
    somebody_sets(1, 3, 4);
    die_before_change(1, 5);
    somebody_sets(1, 5, 0);
    recover();
    assert_cell(1, 3, 4);
}

static void test_interrupted_change_of_what_was_ours_already(void **state)
{
    (void)state;
    somebody_sets(1, 3, 4);
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
    somebody_sets(1, 9, 9);
    recover();
    assert_cell(1, 9, 9);
    assert_int_equal(summary.left_alone, 1);
}

static void test_mixture_of_an_interrupted_change_in_steps_is_ours(void **state)
{
    (void)state;
    kind.is_in_steps = true;
    somebody_sets(1, 3, 4);
    die_before_change(1, 5);
    somebody_sets(1, 9, 9);
    recover();
    assert_cell(1, 3, 4);
    assert_int_equal(summary.changed, 1);
}

static void test_interrupted_change_can_be_decided_later(void **state)
{
    (void)state;
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 6);
    die_before_change(1, 5);
    toy.fail_probe = ERROR_ACCESS_DENIED;
    recover();
    assert_int_equal(summary.failed, 1);
    toy.fail_probe = 0;
    assert_int_equal(ledger_retry(ledger), 0);
    assert_cell(1, 3, 4);
}

/* An adapter that is away while it is looked at, and comes back as it was. */
static void test_failed_repair_forgets_nothing(void **state)
{
    (void)state;
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    somebody_removes(1);
    toy.fail_change = ERROR_NOT_FOUND;
    ledger_verify(ledger, &summary);
    assert_int_equal(summary.failed, 1);
    toy.fail_change = 0;
    somebody_sets(1, 5, 0);
    die();
    recover();
    assert_cell(1, 3, 4);
}

/* ---- after a restart of Windows ---- */

static void test_what_a_restart_undoes_is_forgotten(void **state)
{
    (void)state;
    set_to(&alice, 1, 5);
    die();
    boot = 2;
    recover();
    assert_cell(1, 5, 0); /* is somebody else's, then */
    assert_int_equal(journal_open_count(journal), 0);
}

static void test_what_outlives_a_restart_is_put_back_after_it(void **state)
{
    (void)state;
    kind.lifetime = LIFETIME_DISK;
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    die();
    boot = 2;
    recover();
    assert_cell(1, 3, 4);
}

/* alice's change was put back, but the file says so only until the power goes. */
static void put_back_and_restart(void)
{
    kind.lifetime = LIFETIME_DISK;
    kind.is_in_steps = true;
    somebody_sets(1, 3, 4);
    set_to(&alice, 1, 5);
    set_to(&bob, 2, 5); /* keeps the file from being emptied */
    undo(&alice);
    die();
    boot = 2;
}

static void test_what_was_put_back_but_not_on_the_disk_is_put_back_again(void **state)
{
    (void)state;
    put_back_and_restart();
    somebody_sets(1, 5, 0);
    recover();
    assert_cell(1, 3, 4);
}

static void test_what_was_put_back_and_changed_since_is_left_alone(void **state)
{
    (void)state;
    put_back_and_restart();
    somebody_sets(1, 9, 9);
    recover();
    assert_cell(1, 9, 9);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entry_is_open_as_long_as_the_resource_is_not_as_before),
        TEST(test_failed_change_leaves_no_entry),
        TEST(test_what_somebody_else_changed_leaves_no_entry),
        TEST(test_what_cannot_be_written_down_is_not_changed),
        TEST(test_kind_that_dies_with_the_process_is_not_written_down),
        TEST(test_only_what_outlives_a_restart_is_flushed),
        TEST(test_unknown_interface_is_an_error_of_the_change),
        TEST(test_file_is_emptied_after_the_last_session_changed_what_outlives_a_restart),
        TEST(test_failed_undo_is_told_to_readers_of_the_journal),
        TEST(test_recovery_is_newest_first),
        TEST(test_recovery_puts_back_what_was_before_the_first_session),
        TEST(test_recovery_puts_back_what_somebody_else_had_set_meanwhile),
        TEST(test_recovery_leaves_away_what_somebody_had_removed_meanwhile),
        TEST(test_recovery_leaves_alone_what_is_no_longer_ours),
        TEST(test_failed_recovery_is_kept_for_later),
        TEST(test_session_takes_over_what_recovery_could_not_undo),
        TEST(test_interface_that_is_another_by_now_is_left_alone),
        TEST(test_interface_that_has_gone_does_not_fill_the_log),
        TEST(test_what_is_no_longer_ours_does_not_fill_the_log),
        TEST(test_entry_of_an_unknown_kind_stays),
        TEST(test_entry_that_is_not_valid_stays),
        TEST(test_interrupted_change_may_not_have_happened),
        TEST(test_interrupted_change_may_have_happened),
        TEST(test_interrupted_change_of_what_was_ours_already),
        TEST(test_interrupted_change_in_one_step_leaves_no_mixture),
        TEST(test_mixture_of_an_interrupted_change_in_steps_is_ours),
        TEST(test_interrupted_change_can_be_decided_later),
        TEST(test_failed_repair_forgets_nothing),
        TEST(test_what_a_restart_undoes_is_forgotten),
        TEST(test_what_outlives_a_restart_is_put_back_after_it),
        TEST(test_what_was_put_back_but_not_on_the_disk_is_put_back_again),
        TEST(test_what_was_put_back_and_changed_since_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
