/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/errors.h"
#include "base/log.h"
#include "fakes/memory/machine.h"
#include "kill_switch/keeper.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

enum { NOW = 1796110637, LATER = NOW + 60, TUNNEL_FILTERS = 8 };

/* ---- a machine with a keeper ---- */

static struct fake_machine *machine, *before;
static struct keeper keeper;
static uint64_t tunnel, second_tunnel;
static unsigned wakes, events;
static bool was_woken_at_once;
static enum log_event last_event;
static char last_line[512];

static const struct keeper_caller ann = {"\1\1annn", 6, false, u"CORP\\ann"},
                                  ben = {"\1\1benn", 6, false, u"CORP\\ben"},
                                  root = {"\1\1root", 6, true, u"CORP\\root"};

static const struct firewall_start lockdown,
    gateway = {.gateways = {1, {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, 17}}}},
    gateway_and_lan = {.allow_lan = true,
                       .gateways = {1, {{{FAMILY_IPV4, {198, 51, 100, 8}}, 0, 0}}}};

static void keep_line(const struct log_line *line)
{
    events++;
    last_event = line->event;
    snprintf(last_line, sizeof(last_line), "%s", line->text);
}

static void note_wake(void *context, bool at_once)
{
    (void)context;
    wakes++;
    was_woken_at_once = at_once;
}

/* The service starts. */
static void begin(void)
{
    const struct keeper_options options = {.engine = machine_kill_switch(machine),
                                           .network = machine_network(machine),
                                           .wake = note_wake};
    keeper_close(&keeper);
    keeper = (struct keeper){0};
    keeper_open(&keeper, &options);
    keeper_begin(&keeper);
}

static uint64_t luid_of(uint32_t index)
{
    struct network *network = machine_network(machine);
    uint64_t luid = 0;
    assert_int_equal(network->find_interface(network, index, NULL, &luid), 0);
    return luid;
}

static int set_up(void **state)
{
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    before = machine_snapshot(machine);
    tunnel = luid_of(POPULATED_TAP);
    second_tunnel = luid_of(POPULATED_VPN);
    log_to(keep_line);
    begin();
    wakes = events = 0;
    return 0;
}

/* Whatever has happened, an administrator's stop leaves nothing. */
static int tear_down(void **state)
{
    bool was_up;
    (void)state;
    machine_clear_faults(machine);
    assert_int_equal(keeper_stop(&keeper, &root, &was_up), 0);
    assert_null(machine_filters(machine));
    keeper_close(&keeper);
    machine_destroy(before);
    machine_destroy(machine);
    return 0;
}
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void start(const struct keeper_caller *caller, const struct firewall_start *what)
{
    assert_int_equal(keeper_start(&keeper, caller, what, NOW), 0);
}

static struct keeper_view look(void)
{
    struct keeper_view view;
    assert_int_equal(keeper_look(&keeper, &view), 0);
    return view;
}

static void assert_state(enum kill_switch_state state)
{
    const struct keeper_view view = look();
    assert_int_equal(view.state, state);
    assert_false(view.is_damaged);
    assert_int_equal(!machine_filters(machine), state == KILL_SWITCH_OFF);
}

static void assert_damaged(enum kill_switch_state state)
{
    const struct keeper_view view = look();
    assert_int_equal(view.state, state);
    assert_true(view.is_damaged);
}

/* One more event, of this kind and with this text in it. */
static void assert_event(enum log_event event, const char *part)
{
    assert_int_equal(events, 1);
    assert_int_equal(last_event, event);
    if (!strstr(last_line, part))
        fail_msg("\"%s\" is not in \"%s\"", part, last_line);
    events = 0;
}

static void check(void)
{
    uint32_t error;
    keeper_check(&keeper, &error);
    assert_int_equal(error, 0);
}

static void assert_calls(const char *operation, unsigned calls)
{
    assert_int_equal(machine_calls(machine, operation), calls);
}

/* ---- start and stop ---- */

static void test_nothing_blocks_until_somebody_starts_it(void **state)
{
    (void)state;
    assert_true(keeper_is_down(&keeper));
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
    assert_false(keeper_is_down(&keeper));
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
    assert_true(keeper_is_down(&keeper));
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

/* ---- tunnels ---- */

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

/* ---- what happens to it ---- */

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
    assert_true(keeper_is_down(&keeper));
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
    assert_true(keeper_is_down(&keeper));
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

/* ---- a start whose answer was lost ---- */

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

/* ---- without openvpn.exe ---- */

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

/* ---- what costs nothing ---- */

static void test_a_tunnel_changes_nothing_in_a_lockdown(void **state)
{
    (void)state;
    start(&ann, &lockdown);
    assert_int_equal(keeper_add_tunnel(&keeper, tunnel), 0);
    keeper_remove_tunnel(&keeper, tunnel);
    assert_calls("replace_kill_switch", 1);
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
    assert_false(keeper_is_down(&keeper));
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
        TEST(test_nothing_blocks_until_somebody_starts_it),
        TEST(test_who_starts_it_is_its_owner_since_then),
        TEST(test_a_lockdown_has_no_gateways),
        TEST(test_the_owner_changes_it_and_it_stays_his_since_then),
        TEST(test_others_neither_change_nor_stop_it),
        TEST(test_an_administrator_changes_it_and_it_stays_the_owners),
        TEST(test_a_stop_opens_everything),
        TEST(test_what_fails_leaves_what_was_there),
        TEST(test_a_tunnel_opens_while_its_session_lives),
        TEST(test_a_tunnel_from_before_the_start_counts),
        TEST(test_a_session_costs_nothing_while_it_is_down),
        TEST(test_the_last_session_closes_a_tunnel),
        TEST(test_what_is_no_tunnel_is_not_closed),
        TEST(test_a_lockdown_opens_no_tunnel),
        TEST(test_a_tunnel_that_cannot_be_opened_is_refused),
        TEST(test_a_tunnel_that_cannot_be_closed_is_closed_later),
        TEST(test_more_tunnels_than_there_may_be_are_refused),
        TEST(test_an_adapter_that_has_gone_is_no_tunnel),
        TEST(test_an_adapter_that_has_got_the_luid_of_another_is_no_tunnel),
        TEST(test_such_an_adapter_becomes_one_by_a_session_of_its_own),
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
        TEST(test_a_start_that_was_kept_and_not_told_is_found),
        TEST(test_without_openvpn_all_else_is_kept),
        TEST(test_a_tunnel_changes_nothing_in_a_lockdown),
        TEST(test_only_administrators_remove_what_is_down),
        TEST(test_ends_of_sessions_wait_for_one_failure_only),
        TEST(test_after_a_failure_it_is_put_in_force_although_it_looks_whole),
        TEST(test_what_a_later_version_has_written_is_kept),
        TEST(test_a_session_brings_nothing_back),
        TEST(test_a_platform_that_does_not_answer_is_asked_again),
        TEST(test_what_cannot_be_put_in_force_goes_on_blocking),
        TEST(test_a_repair_that_fails_again_and_again_is_one_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
