/* SPDX-License-Identifier: MIT */
/* netsh makes some changes in several steps, and the service or netsh dies between them. */
#include "tests/unit/one_setting.h"

#include <string.h>

#define WINS_KEY                                                                                   \
    u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_" TAP_GUID
#define TAP_KEY u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\" TAP_GUID

static const char *wins(void)
{
    const char *found = machine_value(world.machine, WINS_KEY, u"NameServerList");
    return found ? found : "-";
}

static const char *dhcp_setting(void)
{
    return machine_value(world.machine, TAP_KEY, u"EnableDHCP");
}

/* A session ends; the intent of its undo is in the file but not yet on the disk. The process dies
 * at step `step` of the undo. Returns whether it had so many steps. */
static bool die_at_step_of_undo(unsigned step)
{
    const struct message message = crash_wins_servers();
    crash_start(&world, 0, 1, false);
    assert_int_equal(client_send(&world.channels[0], &message), 0);
    fake_file_fail(world.file, "flush", 1, ERROR_GEN_FAILURE);
    world.die_at = world.steps + step;
    end_session(0);
    world.session_count = 0;
    bool has_died = world.is_dead;
    fake_file_fail(world.file, "flush", 0, 0);
    restart_after_death();
    crash_stop(&world);
    return has_died;
}

static void test_an_undo_whose_intent_was_not_flushed_is_known_after_a_death(void **state)
{
    char before[64];
    (void)state;
    snprintf(before, sizeof(before), "%s", wins());
    for (unsigned step = 1; die_at_step_of_undo(step); step++) {
        if (strcmp(wins(), before) != 0)
            fail_msg("step %u: WINS servers %s", step, wins());
        tear_down(state);
        set_up(state);
    }
}

/* A death just before netsh starts leaves open whether the addresses were removed. The undo waits
 * for the adapter, and a session that requests DHCP must not assume that DHCP is already
 * enabled. */
static void test_a_session_does_not_rely_on_an_undecided_change(void **state)
{
    const struct message dhcp = {
        .kind = MESSAGE_ENABLE_DHCP, .id = 7, .dhcp.interface.index = POPULATED_TAP};
    enum { AFTER_THE_INTENT = 5 };
    (void)state;
    machine_add_key(world.machine, ADAPTER_OF(TAP_GUID));
    crash_start(&world, 0, 1, false);
    world.die_at = world.steps + AFTER_THE_INTENT;
    random_client_send(&world.channels[0], &dhcp);
    assert_true(world.is_dead);
    crash_stop(&world);
    crash_restart_service(&world);
    assert_string_equal(dhcp_setting(), "0");
    machine_remove_interface(world.machine, POPULATED_TAP);
    crash_start(&world, 0, 1, false);
    assert_int_equal(world.recovered.failed, 1);
    machine_add_interface(world.machine, POPULATED_TAP, tap_luid, "OpenVPN TAP-Windows6");
    assert_int_equal(client_send(&world.channels[0], &dhcp), 0);
    assert_string_equal(dhcp_setting(), "1");
    end_session(0);
    assert_string_equal(dhcp_setting(), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_undo_whose_intent_was_not_flushed_is_known_after_a_death),
        TEST(test_a_session_does_not_rely_on_an_undecided_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
