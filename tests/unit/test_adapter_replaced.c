/* SPDX-License-Identifier: MIT */
/* An adapter that was uninstalled while something was changed on it, and another one that has got
 * its LUID: what was changed on the one has nothing to do with the other. */
#include "base/log.h"
#include "resource/resources.h"
#include "resource/tcpip_registry.h"
#include "tests/unit/one_setting.h"

#include <string.h>

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

/* A session has ended while the adapter was unplugged, so that its undo waits. */
static void leave_undo_waiting(uint32_t value)
{
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, value), 0);
    pull();
    end_session(0);
    assert_int_equal(ledger_left(world.ledger), 1);
    uninstall_and_replace();
}

static void test_its_entry_does_not_become_that_of_another(void **state)
{
    (void)state;
    leave_undo_waiting(1380);
    assert_int_equal(request_mtu(1, ANOTHER, 1390), 0); /* before the next retry */
    restart_after_death();
    assert_int_equal(mtu(), ITS_MTU);
}

/* Also where the new adapter has by chance the value that we had set on the old one. */
static void test_another_does_not_get_what_it_had(void **state)
{
    (void)state;
    leave_undo_waiting(ITS_MTU);
    assert_int_equal(request_mtu(1, ANOTHER, 1390), 0);
    end_session(1);
    assert_int_equal(mtu(), ITS_MTU);
}

static void test_the_end_of_a_session_looks_whose_it_is(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, ITS_MTU), 0);
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
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    uninstall_and_replace();
    resources_verify(world.ledger, network(), &summary);
    assert_int_equal(mtu(), ITS_MTU);
    restart_after_death();
    assert_int_equal(mtu(), ITS_MTU);
}

static void test_two_sessions_may_have_had_it(void **state)
{
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    assert_int_equal(request_mtu(1, POPULATED_TAP, 1390), 0);
    pull();
    uninstall_and_replace();
    assert_int_equal(request_mtu(1, ANOTHER, 1300), 0);
    assert_int_equal(mtu(), 1300);
    end_session(1);
    assert_int_equal(mtu(), ITS_MTU);
    end_session(0);
    assert_int_equal(mtu(), ITS_MTU);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_after_sleep_what_others_set_on_another_stays(void **state)
{
    struct ledger_summary summary;
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    uninstall_and_replace();
    resources_verify(world.ledger, network(), &summary);
    third_party_sets_mtu(1450);
    resources_verify(world.ledger, network(), &summary);
    assert_int_equal(mtu(), 1450);
}

static void test_after_sleep_the_end_of_a_newer_one_brings_back_what_others_set(void **state)
{
    struct ledger_summary summary;
    (void)state;
    crash_start(&world, 0, 2, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    uninstall_and_replace();
    resources_verify(world.ledger, network(), &summary);
    third_party_sets_mtu(1450);
    assert_int_equal(request_mtu(1, ANOTHER, 1300), 0);
    end_session(1);
    assert_int_equal(mtu(), 1450);
}

/* ---- an undo that a death has interrupted, on an adapter that was then replaced ---- */

static void ask_for_dhcp(uint32_t interface_index)
{
    const struct message dhcp = {
        .kind = MESSAGE_ENABLE_DHCP, .id = 7, .dhcp.interface.index = interface_index};
    client_send(&world.channels[0], &dhcp);
}

static bool die_while_asking_for_dhcp(unsigned step)
{
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_start(&world, 0, 1, false);
    world.die_at = world.steps + step;
    ask_for_dhcp(POPULATED_TAP);
    bool has_died = world.is_dead;
    crash_die(&world);
    crash_restart_service(&world);
    pull();
    crash_start(&world, 0, 1, false);
    return has_died;
}

static void test_undecided_change_on_one_adapter_does_not_affect_another(void **state)
{
    char16_t path[PATH_UNITS], guid[GUID_UNITS];
    unsigned left = 0;
    for (unsigned step = 1; die_while_asking_for_dhcp(step); step++) {
        if (ledger_left(world.ledger)) {
            uninstall_and_replace();
            assert_int_equal(network()->get_guid(network(), tap_luid, guid), 0);
            path_join(path, TCPIP_KEY INTERFACES u"\\", guid, NULL);
            machine_set_number(world.machine, path, u"EnableDHCP", 0);
            machine_set_list(world.machine, path, u"IPAddress", u"10.5.5.5");
            machine_set_list(world.machine, path, u"SubnetMask", u"255.255.255.0");
            ask_for_dhcp(ANOTHER);
            assert_string_equal(machine_value(world.machine, path, u"EnableDHCP"), "1");
            end_session(0);
            assert_string_equal(machine_value(world.machine, path, u"EnableDHCP"), "0");
            left++;
        }
        tear_down(state);
        set_up(state);
    }
    assert_true(left);
}

/* Without a journal the ledger alone knows. */
static void test_without_a_journal_one_that_is_away_is_waited_for(void **state)
{
    struct ledger *ledger = resources_ledger_create(network(), NULL, NULL);
    (void)state;
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    channel_open(&world.channels[0], ledger, network(), &client_layout, &client_options);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    assert_int_equal(channel_close(&world.channels[0]), 1);
    machine_add_interface(world.machine, POPULATED_TAP, tap_luid, "OpenVPN TAP-Windows6");
    third_party_sets_mtu(1380); /* by Windows, which remembers it */
    assert_int_equal(resources_retry(ledger, network()), 0);
    assert_int_equal(mtu(), MTU_BEFORE);
    ledger_destroy(ledger);
}

/* ---- what is said of it ---- */

static char last_line[LOG_LINE_MAX]; /* about what is left as it is */

static void keep_line(const struct log_line *line)
{
    if (line->event == LOG_LEFT_ALONE)
        snprintf(last_line, sizeof(last_line), "%s", line->text);
}

/* Under its old GUID, with the value that its driver gives to a new one. */
static void come_anew(void)
{
    machine_add_interface(world.machine, POPULATED_TAP, tap_luid, "OpenVPN TAP-Windows6");
    third_party_sets_mtu(ITS_MTU);
}

static void assert_nobody_is_accused(void)
{
    assert_non_null(strstr(last_line, "MTU of IPv4"));
    assert_non_null(strstr(last_line, "its interface was made anew or another program"));
    last_line[0] = 0;
}

static void test_nobody_is_accused_of_having_changed_one_that_was_made_anew(void **state)
{
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    log_to(keep_line);
    pull();
    come_anew();
    end_session(0);
    assert_nobody_is_accused();
    assert_int_equal(mtu(), ITS_MTU);
}

static void test_nor_when_the_undo_has_waited_for_it(void **state)
{
    (void)state;
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    pull();
    end_session(0);
    log_to(keep_line);
    come_anew();
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_nobody_is_accused();
}

static void test_nor_when_a_death_came_between(void **state)
{
    (void)state;
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_start(&world, 0, 1, false);
    assert_int_equal(request_mtu(0, POPULATED_TAP, 1380), 0);
    crash_die(&world);
    crash_restart_service(&world);
    pull();
    crash_start(&world, 0, 0, false);
    log_to(keep_line);
    come_anew();
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_nobody_is_accused();
}

static void test_a_route_that_was_deleted_may_come_back_with_its_adapter(void **state)
{
    const struct message deletion = route_message(MESSAGE_DELETE_ROUTE, POPULATED_TAP,
                                                  V4(10, 99, 0, 0), 16, V4(10, 8, 0, 1), 50);
    struct route_key key = {tap_luid, {FAMILY_IPV4, {10, 99}}, 16, {FAMILY_IPV4, {10, 8, 0, 1}}};
    const struct route_settings settings = {.metric = 60, .protocol = 3};
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(client_send(&world.channels[0], &deletion), 0);
    log_to(keep_line);
    assert_int_equal(network()->create_route(network(), &key, &settings), 0);
    end_session(0);
    assert_non_null(strstr(last_line, "route "));
    assert_non_null(strstr(last_line, "its interface was made anew or another program"));
}

static void test_what_cannot_come_of_a_new_adapter_is_of_another_program(void **state)
{
    const struct message route =
        route_message(MESSAGE_ADD_ROUTE, POPULATED_TAP, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 50);
    struct route_key key = {tap_luid, {FAMILY_IPV4, {10, 20}}, 16, {FAMILY_IPV4, {10, 8, 0, 1}}};
    struct route_settings settings;
    (void)state;
    crash_start(&world, 0, 1, false);
    assert_int_equal(client_send(&world.channels[0], &route), 0);
    assert_int_equal(network()->get_route(network(), &key, &settings), 0);
    settings.metric = 77;
    assert_int_equal(network()->set_route(network(), &key, &settings), 0);
    log_to(keep_line);
    end_session(0);
    assert_non_null(strstr(last_line, ": changed by another program since, left as it is"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_its_entry_does_not_become_that_of_another),
        TEST(test_another_does_not_get_what_it_had),
        TEST(test_the_end_of_a_session_looks_whose_it_is),
        TEST(test_after_sleep_another_is_left_alone),
        TEST(test_two_sessions_may_have_had_it),
        TEST(test_after_sleep_what_others_set_on_another_stays),
        TEST(test_after_sleep_the_end_of_a_newer_one_brings_back_what_others_set),
        TEST(test_undecided_change_on_one_adapter_does_not_affect_another),
        TEST(test_without_a_journal_one_that_is_away_is_waited_for),
        TEST(test_nobody_is_accused_of_having_changed_one_that_was_made_anew),
        TEST(test_nor_when_the_undo_has_waited_for_it),
        TEST(test_nor_when_a_death_came_between),
        TEST(test_a_route_that_was_deleted_may_come_back_with_its_adapter),
        TEST(test_what_cannot_come_of_a_new_adapter_is_of_another_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
