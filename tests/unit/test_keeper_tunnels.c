/* SPDX-License-Identifier: MIT */
/* What sessions open in the kill switch, and for how long. */
#include "tests/unit/keeper_machine.h"

enum { TUNNEL_FILTERS = 8 };

static void test_a_tunnel_opens_while_its_session_lives(void **state)
{
    (void)state;
    start(&ann, &gateway);
    const size_t filters = machine_filters(machine)->count;
    events = 0;
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_event(LOG_KILL_SWITCH_OPENED, "1 are open");
    assert_state(KILL_SWITCH_CONNECTED);
    assert_int_equal(machine_filters(machine)->count, filters + TUNNEL_FILTERS);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_event(LOG_KILL_SWITCH_CLOSED, "0 are open");
    assert_state(KILL_SWITCH_CONNECTING);
    assert_int_equal(machine_filters(machine)->count, filters);
}

static void test_a_tunnel_from_before_the_start_counts(void **state)
{
    (void)state;
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_calls("replace_kill_switch", 0);
    assert_int_equal(events, 0);
    start(&ann, &gateway);
    assert_state(KILL_SWITCH_CONNECTED);
    assert_int_equal(look().tunnel_count, 1);
}

static void test_a_session_costs_nothing_while_it_is_down(void **state)
{
    (void)state;
    const unsigned reads = machine_calls(machine, "read_kill_switch");
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    keeper_remove_tunnel(&keeper, tunnel);
    check();
    assert_calls("read_kill_switch", reads);
}

static void test_the_last_session_closes_a_tunnel(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_int_equal(keeper_add_tunnel(&keeper, second_tunnel), 0);
    assert_int_equal(look().tunnel_count, 2);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_int_equal(look().tunnel_count, 2);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_int_equal(look().tunnel_count, 1);
    keeper_remove_tunnel(&keeper, second_tunnel);
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_what_is_no_tunnel_is_not_closed(void **state)
{
    (void)state;
    start(&ann, &gateway);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_calls("replace_kill_switch", 1);
}

static void test_a_lockdown_opens_no_tunnel(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    events = 0;
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_state(KILL_SWITCH_LOCKDOWN);
    assert_int_equal(events, 0);
}

static void test_a_tunnel_that_cannot_be_opened_is_refused(void **state)
{
    (void)state;
    start(&ann, &gateway);
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), ERROR_NOT_READY);
    assert_state(KILL_SWITCH_CONNECTING);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_state(KILL_SWITCH_CONNECTED);
}

static void test_a_tunnel_that_cannot_be_closed_is_closed_later(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    events = wakes = 0;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_event(LOG_KILL_SWITCH_FAILED, "a tunnel has ended");
    assert_int_equal(wakes, 1);
    assert_true(was_woken_at_once);
    assert_damaged(KILL_SWITCH_CONNECTING);
    check();
    assert_event(LOG_KILL_SWITCH_REPAIRED, "(connecting)");
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_more_tunnels_than_there_may_be_are_refused(void **state)
{
    (void)state;
    start(&ann, &gateway);
    for (uint32_t i = 0; i < KILL_SWITCH_TUNNELS; i++) {
        machine_add_interface(machine, 100 + i, 7000 + i, "another");
        assert_int_equal(keeper_add_tunnel(&keeper, 7000 + i), 0);
    }
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(look().tunnel_count, KILL_SWITCH_TUNNELS);
    keeper_remove_tunnel(&keeper, 7000);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
}

static void test_a_start_tells_that_it_leaves_tunnels_closed(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= KILL_SWITCH_TUNNELS; i++) {
        machine_add_interface(machine, 100 + i, 7000 + i, "another");
        assert_int_equal(keeper_add_tunnel(&keeper, 7000 + i), 0);
    }
    start(&ann, &lockdown);
    assert_event(LOG_KILL_SWITCH_UP, "(lockdown)");
    events = 0;
    start(&ann, &gateway);
    assert_int_equal(events, 2);
    events = 1;
    assert_event(LOG_KILL_SWITCH_FAILED, "16 tunnels at most");
    assert_int_equal(look().tunnel_count, KILL_SWITCH_TUNNELS);
}

static void test_an_adapter_that_has_gone_is_no_tunnel(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_remove_interface(machine, POPULATED_TAP);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_an_adapter_that_has_got_the_luid_of_another_is_no_tunnel(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_replace_interface(machine, tunnel);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
}

/* Then its LUID alone tells it. */
static void test_a_tunnel_whose_adapter_cannot_be_asked_for_its_name_is_one(void **state)
{
    (void)state;
    start(&ann, &gateway);
    machine_fail(machine, "get_guid", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_state(KILL_SWITCH_CONNECTED);
    machine_fail(machine, "get_guid", 1, ERROR_NOT_READY);
    check();
    assert_state(KILL_SWITCH_CONNECTED);
    machine_remove_interface(machine, POPULATED_TAP);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
}

/* Its session may be slow to end. */
static void test_such_an_adapter_becomes_one_by_a_session_of_its_own(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_replace_interface(machine, tunnel);
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), ERROR_NOT_READY);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_state(KILL_SWITCH_CONNECTED);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_state(KILL_SWITCH_CONNECTED);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_a_tunnel_changes_nothing_in_a_lockdown(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_calls("replace_kill_switch", 1);
}

/* Another program holds the platform: each of these would wait. */
static void test_ends_of_sessions_wait_for_one_failure_only(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_int_equal(keeper_add_tunnel(&keeper, second_tunnel), 0);
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_calls("replace_kill_switch", 4);
    keeper_remove_tunnel(&keeper, second_tunnel);
    assert_calls("replace_kill_switch", 4);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_tunnel_opens_while_its_session_lives),
        TEST(test_a_tunnel_from_before_the_start_counts),
        TEST(test_a_session_costs_nothing_while_it_is_down),
        TEST(test_the_last_session_closes_a_tunnel),
        TEST(test_what_is_no_tunnel_is_not_closed),
        TEST(test_a_lockdown_opens_no_tunnel),
        TEST(test_a_tunnel_that_cannot_be_opened_is_refused),
        TEST(test_a_tunnel_that_cannot_be_closed_is_closed_later),
        TEST(test_more_tunnels_than_there_may_be_are_refused),
        TEST(test_a_start_tells_that_it_leaves_tunnels_closed),
        TEST(test_an_adapter_that_has_gone_is_no_tunnel),
        TEST(test_an_adapter_that_has_got_the_luid_of_another_is_no_tunnel),
        TEST(test_a_tunnel_whose_adapter_cannot_be_asked_for_its_name_is_one),
        TEST(test_such_an_adapter_becomes_one_by_a_session_of_its_own),
        TEST(test_a_tunnel_changes_nothing_in_a_lockdown),
        TEST(test_ends_of_sessions_wait_for_one_failure_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
