/* SPDX-License-Identifier: MIT */
/* Who starts and stops the kill switch, and whose it is. */
#include "tests/unit/keeper_machine.h"

static void test_nothing_blocks_until_somebody_starts_it(void **state)
{
    (void)state;
    assert_int_equal(keeper.knowledge, KEEPER_DOWN);
    assert_state(KILL_SWITCH_OFF);
    assert_int_equal(wakes, 0);
    assert_true(machine_equal(before, machine));
}

static void test_who_starts_it_is_its_owner_since_then(void **state)
{
    (void)state;
    start(&ann, &gateway_and_lan);
    assert_state(KILL_SWITCH_CONNECTING);
    assert_event(LOG_KILL_SWITCH_UP, "started by CORP\\ann (connecting): 1 gateways, the local "
                                     "network is open");
    const struct keeper_view view = look();
    assert_int_equal(view.record.since, NOW);
    assert_memory_equal(view.record.owner, ann.sid, ann.sid_size);
    assert_true(view.record.allow_lan);
    assert_int_equal(view.record.gateways.count, 1);
    assert_int_equal(wakes, 1);
    assert_false(was_woken_at_once);
    assert_int_not_equal(keeper.knowledge, KEEPER_DOWN);
}

static void test_a_lockdown_has_no_gateways(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    assert_state(KILL_SWITCH_LOCKDOWN);
    assert_event(LOG_KILL_SWITCH_UP, "(lockdown)");
}

static void test_the_owner_changes_it_and_it_stays_his_since_then(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    events = 0;
    assert_int_equal(keeper_start(&keeper, &ann, &gateway, LATER), 0);
    assert_event(LOG_KILL_SWITCH_CHANGED, "changed by CORP\\ann (connecting)");
    assert_int_equal(look().record.since, NOW);
    assert_state(KILL_SWITCH_CONNECTING);
}

static void test_others_neither_change_nor_stop_it(void **state)
{
    bool was_up;
    (void)state;
    start(&ann, &gateway);
    struct fake_machine *up = machine_snapshot(machine);
    events = 0;
    assert_int_equal(keeper_start(&keeper, &ben, &lockdown, LATER), ERROR_NOT_OWNER);
    assert_int_equal(keeper_stop(&keeper, &ben, &was_up), ERROR_NOT_OWNER);
    assert_true(machine_equal(up, machine));
    assert_int_equal(events, 0);
    machine_destroy(up);
}

static void test_an_administrator_changes_it_and_it_stays_the_owners(void **state)
{
    bool was_up;
    (void)state;
    start(&ann, &gateway);
    start(&root, &lockdown);
    assert_memory_equal(look().record.owner, ann.sid, ann.sid_size);
    assert_int_equal(keeper_stop(&keeper, &ann, &was_up), 0);
    assert_true(was_up);
}

static void test_a_stop_opens_everything(void **state)
{
    bool was_up;
    (void)state;
    start(&ann, &gateway);
    events = 0;
    assert_int_equal(keeper_stop(&keeper, &ann, &was_up), 0);
    assert_event(LOG_KILL_SWITCH_DOWN, "stopped by CORP\\ann");
    assert_true(was_up);
    assert_int_equal(keeper.knowledge, KEEPER_DOWN);
    assert_true(machine_equal(before, machine));
    assert_int_equal(keeper_stop(&keeper, &ben, &was_up), 0);
    assert_false(was_up);
    assert_int_equal(events, 0);
}

static void test_what_fails_leaves_what_was_there(void **state)
{
    bool was_up;
    (void)state;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_start(&keeper, &ann, &gateway, NOW), ERROR_NOT_READY);
    assert_event(LOG_KILL_SWITCH_FAILED, "can't be started or changed");
    assert_state(KILL_SWITCH_OFF);

    start(&ann, &gateway);
    struct fake_machine *up = machine_snapshot(machine);
    events = 0;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_start(&keeper, &ann, &lockdown, NOW), ERROR_NOT_READY);
    machine_fail(machine, "read_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_start(&keeper, &ann, &lockdown, NOW), ERROR_NOT_READY);
    machine_fail(machine, "remove_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_stop(&keeper, &ann, &was_up), ERROR_NOT_READY);
    assert_int_equal(events, 3);
    assert_true(machine_equal(up, machine));
    machine_destroy(up);
}

static void test_a_start_that_was_kept_and_not_told_is_found(void **state)
{
    struct keeper other = {0};
    const struct keeper_options options = {.engine = machine_kill_switch(machine),
                                           .network = machine_network(machine)};
    (void)state;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(keeper_start(&keeper, &ann, &gateway, NOW), ERROR_NOT_READY);
    assert_true(was_woken_at_once);
    keeper_open(&other, &options); /* in place of the platform, which comes back with it */
    assert_int_equal(keeper_start(&other, &ann, &gateway, NOW), 0);
    keeper_close(&other);
    assert_state(KILL_SWITCH_CONNECTING);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    assert_state(KILL_SWITCH_CONNECTED);
}

static void test_only_administrators_remove_what_is_down(void **state)
{
    bool was_up;
    (void)state;
    assert_int_equal(keeper_stop(&keeper, &ben, &was_up), 0);
    assert_calls("remove_kill_switch", 0);
    assert_int_equal(keeper_stop(&keeper, &root, &was_up), 0);
    assert_calls("remove_kill_switch", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_blocks_until_somebody_starts_it),
        TEST(test_who_starts_it_is_its_owner_since_then),
        TEST(test_a_lockdown_has_no_gateways),
        TEST(test_the_owner_changes_it_and_it_stays_his_since_then),
        TEST(test_others_neither_change_nor_stop_it),
        TEST(test_an_administrator_changes_it_and_it_stays_the_owners),
        TEST(test_a_stop_opens_everything),
        TEST(test_what_fails_leaves_what_was_there),
        TEST(test_a_start_that_was_kept_and_not_told_is_found),
        TEST(test_only_administrators_remove_what_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
