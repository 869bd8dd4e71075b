/* SPDX-License-Identifier: MIT */
/* An adapter that was uninstalled while something was changed on it, and another one that has got
 * its LUID: what was changed on the one has nothing to do with the other. */
#include "tests/unit/one_setting.h"

enum { ANOTHER = POPULATED_TAP + 40, ITS_MTU = 1500 };

static void pull(void)
{
    machine_remove_interface(world.machine, POPULATED_TAP);
}

static void uninstall_and_replace(void)
{
    machine_remove_keys(world.machine, ADAPTER_OF(TAP_GUID));
    machine_add_interface(world.machine, ANOTHER, tap_luid, "Another");
    assert_int_equal(mtu(), ITS_MTU);
}

/* A session has ended while the adapter was away, so that its undo waits. */
static void leave_undo_waiting(uint32_t value)
{
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_begin(&world, 0, 2, false);
    assert_int_equal(ask_for_mtu(0, POPULATED_TAP, value), 0);
    pull();
    end_session(0);
    assert_int_equal(ledger_left(world.ledger), 1);
    uninstall_and_replace();
}

static void test_its_entry_does_not_become_that_of_another(void **state)
{
    (void)state;
    leave_undo_waiting(1380);
    assert_int_equal(ask_for_mtu(1, ANOTHER, 1390), 0); /* before the next attempt */
    begin_after_death();
    assert_int_equal(mtu(), ITS_MTU);
}

/* Where the new one has by chance what we had made of the old one. */
static void test_another_does_not_get_what_it_had(void **state)
{
    (void)state;
    leave_undo_waiting(ITS_MTU);
    assert_int_equal(ask_for_mtu(1, ANOTHER, 1390), 0);
    end_session(1);
    assert_int_equal(mtu(), ITS_MTU);
}

static void test_the_end_of_a_session_looks_whose_it_is(void **state)
{
    (void)state;
    crash_begin(&world, 0, 1, false);
    assert_int_equal(ask_for_mtu(0, POPULATED_TAP, ITS_MTU), 0);
    pull();
    uninstall_and_replace();
    end_session(0);
    assert_int_equal(mtu(), ITS_MTU);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_after_sleep_another_is_left_alone(void **state)
{
    struct ledger_summary summary;
    (void)state;
    crash_begin(&world, 0, 1, false);
    assert_int_equal(ask_for_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    uninstall_and_replace();
    channel_verify(world.ledger, network(), &summary);
    assert_int_equal(mtu(), ITS_MTU);
    begin_after_death();
    assert_int_equal(mtu(), ITS_MTU);
}

static void test_two_sessions_may_have_had_it(void **state)
{
    (void)state;
    crash_begin(&world, 0, 2, false);
    assert_int_equal(ask_for_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(ask_for_mtu(1, POPULATED_TAP, 1390), 0);
    pull();
    uninstall_and_replace();
    assert_int_equal(ask_for_mtu(1, ANOTHER, 1300), 0);
    assert_int_equal(mtu(), 1300);
    end_session(1);
    assert_int_equal(mtu(), ITS_MTU);
    end_session(0);
    assert_int_equal(mtu(), ITS_MTU);
    assert_int_equal(journal_open_count(world.journal), 0);
}

/* Where nothing is written down, the ledger alone knows. */
static void test_without_a_journal_one_that_is_away_is_waited_for(void **state)
{
    struct ledger *ledger = channel_ledger_create(network(), NULL);
    (void)state;
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    channel_open(&world.channels[0], ledger, network(), &client_layout, &client_options);
    assert_int_equal(ask_for_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    assert_int_equal(channel_close(&world.channels[0]), 1);
    machine_add_interface(world.machine, POPULATED_TAP, tap_luid, "OpenVPN TAP-Windows6");
    somebody_sets_mtu(1380); /* Windows, which remembers */
    assert_int_equal(channel_retry(ledger, network()), 0);
    assert_int_equal(mtu(), MTU_BEFORE);
    ledger_destroy(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_its_entry_does_not_become_that_of_another),
        TEST(test_another_does_not_get_what_it_had),
        TEST(test_the_end_of_a_session_looks_whose_it_is),
        TEST(test_after_sleep_another_is_left_alone),
        TEST(test_two_sessions_may_have_had_it),
        TEST(test_without_a_journal_one_that_is_away_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
