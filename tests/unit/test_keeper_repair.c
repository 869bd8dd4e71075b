/* SPDX-License-Identifier: MIT */
/* What the kill switch outlives: restarts, other programs, failures; and what stays removed. */
#include "tests/unit/keeper_machine.h"

static void test_a_restarted_service_puts_it_in_force_without_tunnels(void **state)
{
    (void)state;
    start(&ann, &gateway_and_lan);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    events = wakes = 0;
    begin();
    assert_event(LOG_KILL_SWITCH_KEPT, "stays up (connecting), with 1 gateways");
    assert_state(KILL_SWITCH_CONNECTING);
    assert_true(look().record.allow_lan);
    assert_int_equal(look().record.since, NOW);
    assert_int_equal(wakes, 1);
}

static void test_after_a_restart_of_windows_gateways_come_with_the_service(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_reboot(machine, before);
    assert_damaged(KILL_SWITCH_CONNECTED); /* as far as a keeper would know that had lived on */
    begin();
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_a_lockdown_stays_a_lockdown(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    events = 0;
    begin();
    assert_event(LOG_KILL_SWITCH_KEPT, "(lockdown)");
    assert_state(KILL_SWITCH_LOCKDOWN);
}

static void test_a_policy_that_cannot_be_read_is_a_lockdown_of_nobody(void **state)
{
    bool was_up;
    (void)state;
    start(&ann, &gateway_and_lan);
    machine_set_record(machine, "?", 1);
    begin();
    assert_state(KILL_SWITCH_LOCKDOWN);
    assert_int_equal(look().record.owner_size, 0);
    assert_false(look().record.allow_lan);
    assert_int_equal(keeper_stop(&keeper, &ann, &was_up), ERROR_NOT_OWNER);
    assert_int_equal(keeper_start(&keeper, &ann, &gateway, LATER), ERROR_NOT_OWNER);
    assert_int_equal(keeper_start(&keeper, &root, &gateway, LATER), 0);
    assert_memory_equal(look().record.owner, root.sid, root.sid_size);
}

static void test_each_filter_that_is_missing_comes_back(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    const size_t filters = machine_filters(machine)->count;
    for (size_t i = 0; i < filters; i++) {
        events = 0;
        machine_remove_filter(machine, i);
        assert_damaged(KILL_SWITCH_CONNECTED);
        check();
        assert_event(LOG_KILL_SWITCH_REPAIRED, "whole again (connected)");
        assert_state(KILL_SWITCH_CONNECTED);
        assert_int_equal(machine_filters(machine)->count, filters);
    }
}

static void test_a_restart_of_the_platform_is_repaired(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_restart_engine(machine);
    assert_damaged(KILL_SWITCH_CONNECTED);
    check();
    assert_state(KILL_SWITCH_CONNECTED);
}

static void test_what_is_whole_is_left_alone(void **state)
{
    (void)state;
    start(&ann, &gateway);
    events = 0;
    check();
    assert_calls("replace_kill_switch", 1);
    assert_int_equal(events, 0);
}

static void test_what_somebody_has_removed_stays_away(void **state)
{
    uint32_t error;
    (void)state;
    start(&ann, &gateway);
    machine_remove_kill_switch(machine);
    assert_state(KILL_SWITCH_OFF);
    events = 0;
    assert_false(keeper_check(&keeper, &error));
    assert_event(LOG_KILL_SWITCH_REMOVED, "is down");
    assert_int_equal(keeper.knowledge, KEEPER_DOWN);
    assert_true(machine_equal(before, machine));
}

/* ---- an engine where another program removes it between two calls ---- */

static struct kill_switch_engine *real_engine(void)
{
    return machine_kill_switch(machine);
}

static uint32_t read_before_it_is_removed(struct kill_switch_engine *self,
                                          struct kill_switch_found *found)
{
    (void)self;
    uint32_t error = real_engine()->read(real_engine(), found);
    if (error == 0 && found->is_up)
        machine_remove_kill_switch(machine);
    return error;
}

static uint32_t replace_really(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                               const struct kill_switch_record *record, enum kill_switch_wish wish)
{
    (void)self;
    return real_engine()->replace(real_engine(), plan, record, wish);
}

static bool has_openvpn(struct kill_switch_engine *self)
{
    (void)self;
    return true;
}

static struct kill_switch_engine racing = {
    .read = read_before_it_is_removed, .replace = replace_really, .has_openvpn = has_openvpn};

static void test_what_is_removed_at_the_same_time_stays_away(void **state)
{
    (void)state;
    start(&ann, &gateway);
    keeper.options.engine = &racing;
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    keeper.options.engine = real_engine();
    assert_null(machine_filters(machine));
    assert_int_equal(keeper.knowledge, KEEPER_DOWN);
}

static void test_what_a_start_of_windows_has_disabled_is_removed(void **state)
{
    (void)state;
    start(&ann, &gateway);
    machine_disable_kill_switch(machine);
    events = 0;
    begin();
    assert_event(LOG_KILL_SWITCH_REMOVED, "Windows has started without a service that keeps it");
    assert_state(KILL_SWITCH_OFF);
    assert_true(machine_equal(before, machine));
}

static void test_without_openvpn_all_else_is_kept(void **state)
{
    (void)state;
    start(&ann, &gateway);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    machine_lack_openvpn(machine, true);
    check();
    assert_state(KILL_SWITCH_LOCKDOWN);
    machine_remove_filter(machine, 0);
    check();
    assert_state(KILL_SWITCH_LOCKDOWN);
    keeper_remove_tunnel(&keeper, tunnel);
    machine_lack_openvpn(machine, false);
    check();
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_after_a_failure_it_is_put_in_force_although_it_looks_whole(void **state)
{
    (void)state;
    start(&ann, &gateway);
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    begin();
    events = 0;
    check();
    assert_calls("replace_kill_switch", 3);
    assert_int_equal(events, 0);
    check();
    assert_calls("replace_kill_switch", 3);
}

static void test_what_a_later_version_has_written_is_kept(void **state)
{
    struct kill_switch_found found;
    (void)state;
    start(&ann, &gateway);
    machine_set_record(machine, "later", 5);
    begin();
    machine_remove_filter(machine, 0);
    check();
    assert_int_equal(real_engine()->read(real_engine(), &found), 0);
    assert_int_equal(found.record.size, 5);
    assert_memory_equal(found.record.bytes, "later", 5);
}

static void test_a_session_brings_nothing_back(void **state)
{
    (void)state;
    start(&ann, &gateway);
    machine_remove_kill_switch(machine);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_null(machine_filters(machine));
    keeper_remove_tunnel(&keeper, tunnel);
    assert_null(machine_filters(machine));
}

static void test_a_platform_that_does_not_answer_is_asked_again(void **state)
{
    uint32_t error;
    (void)state;
    start(&ann, &gateway);
    events = wakes = 0;
    machine_fail(machine, "read_kill_switch", 1, ERROR_NOT_READY);
    begin();
    assert_event(LOG_KILL_SWITCH_FAILED, "can't be read");
    assert_true(was_woken_at_once);
    assert_int_not_equal(keeper.knowledge, KEEPER_DOWN);
    machine_fail(machine, "read_kill_switch", 1, ERROR_NOT_READY);
    assert_true(keeper_check(&keeper, &error));
    assert_int_equal(error, ERROR_NOT_READY);
    assert_int_equal(events, 0); /* one failure is one event */
    machine_fail(machine, "read_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0); /* but it is not open yet */
    assert_true(keeper_check(&keeper, &error));
    assert_int_equal(error, 0);
    assert_event(LOG_KILL_SWITCH_KEPT, "stays up");
    assert_state(KILL_SWITCH_CONNECTED);
}

static void test_what_cannot_be_put_in_force_goes_on_blocking(void **state)
{
    (void)state;
    start(&ann, &gateway);
    struct fake_machine *up = machine_snapshot(machine);
    events = 0;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    begin();
    assert_event(LOG_KILL_SWITCH_FAILED, "goes on blocking");
    assert_true(machine_equal(up, machine));
    assert_true(was_woken_at_once);
    check();
    machine_destroy(up);
}

static void test_a_repair_that_fails_again_and_again_is_one_event(void **state)
{
    uint32_t error;
    (void)state;
    start(&ann, &gateway);
    machine_remove_filter(machine, 0);
    events = 0;
    for (unsigned i = 0; i < 3; i++) {
        machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
        assert_true(keeper_check(&keeper, &error));
        assert_int_equal(error, ERROR_NOT_READY);
    }
    assert_event(LOG_KILL_SWITCH_FAILED, "can't be repaired");
    check();
    assert_event(LOG_KILL_SWITCH_REPAIRED, "whole again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_restarted_service_puts_it_in_force_without_tunnels),
        TEST(test_after_a_restart_of_windows_gateways_come_with_the_service),
        TEST(test_a_lockdown_stays_a_lockdown),
        TEST(test_a_policy_that_cannot_be_read_is_a_lockdown_of_nobody),
        TEST(test_each_filter_that_is_missing_comes_back),
        TEST(test_a_restart_of_the_platform_is_repaired),
        TEST(test_what_is_whole_is_left_alone),
        TEST(test_what_somebody_has_removed_stays_away),
        TEST(test_what_is_removed_at_the_same_time_stays_away),
        TEST(test_what_a_start_of_windows_has_disabled_is_removed),
        TEST(test_without_openvpn_all_else_is_kept),
        TEST(test_after_a_failure_it_is_put_in_force_although_it_looks_whole),
        TEST(test_what_a_later_version_has_written_is_kept),
        TEST(test_a_session_brings_nothing_back),
        TEST(test_a_platform_that_does_not_answer_is_asked_again),
        TEST(test_what_cannot_be_put_in_force_goes_on_blocking),
        TEST(test_a_repair_that_fails_again_and_again_is_one_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
