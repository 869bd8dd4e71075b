/* SPDX-License-Identifier: MIT */
/* Memory is short for a moment while the ledger takes over the journal's entries. */
#include "tests/unit/one_setting.h"
#include "resource/resources.h"
#include "undo/claims.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool is_short; /* when the next claim is allocated */

void *__wrap_calloc(size_t count, size_t size)
{
    if (is_short && size == sizeof(struct claim)) {
        is_short = false;
        return NULL;
    }
    return __real_calloc(count, size);
}

/* Otherwise a session would take a leftover change for the state before us. */
static void test_no_session_begins_before_all_is_taken_over(void **state)
{
    struct journal_report report;
    struct ledger_summary summary;
    struct journal *journal;
    uint32_t clean_up_error;
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_die(&world);
    crash_restart_service(&world);

    fake_file_watch(world.file, NULL, NULL);
    machine_set_step(world.machine, NULL, NULL);
    const struct journal_options options = {.file = fake_file_open(world.file), .boot = world.boot};
    assert_int_equal(journal_open(&options, &journal, &report), 0);
    struct ledger *ledger = resources_ledger_create(network(), journal, NULL);
    is_short = true;
    assert_int_equal(resources_recover(ledger, network(), &summary, &clean_up_error),
                     ERROR_NOT_ENOUGH_MEMORY);
    assert_false(is_short);
    ledger_destroy(ledger);
    journal_close(journal);
    assert_int_equal(mtu(), 1380);

    crash_start(&world, 0, 0, false);
    assert_int_equal(mtu(), MTU_BEFORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_no_session_begins_before_all_is_taken_over)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
