/* SPDX-License-Identifier: MIT */
/* An adapter is unplugged when a change on it must be undone. */
#include "base/errors.h"
#include "tests/unit/crash.h"

#include <string.h>

#define GUID     u"{06008003-4747-4747-8000-000000000009}"
#define WINS_KEY u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_" GUID
#define ADAPTERS                                                                                   \
    u"SYSTEM\\CurrentControlSet\\Control\\Network\\{4d36e972-e325-11ce-bfc1-08002be10318}\\"
#define ADAPTER ADAPTERS GUID u"\\Connection"

enum { MTU = 1380, CHANGES = 2 };

static struct crash world;
static uint64_t luid;
static uint32_t mtu_before;
static char wins_before[64];

static struct network *network(void)
{
    return machine_network(world.machine);
}

static uint32_t mtu(void)
{
    uint32_t found = 0;
    assert_int_equal(network()->get_mtu(network(), luid, FAMILY_IPV4, &found), 0);
    return found;
}

static const char *wins(void)
{
    return machine_value(world.machine, WINS_KEY, u"NameServerList");
}

/* The process has died after it had set an MTU and WINS servers on the adapter. */
static int set_up(void **state)
{
    (void)state;
    crash_open(&world);
    machine_add_key(world.machine, ADAPTER);
    assert_int_equal(network()->find_interface(network(), POPULATED_TAP, "", &luid), 0);
    mtu_before = mtu();
    snprintf(wins_before, sizeof(wins_before), "%s", wins());
    crash_start(&world, 0, 1, false);
    struct message message = {.kind = MESSAGE_SET_MTU,
                              .mtu = {{.index = POPULATED_TAP}, FAMILY_IPV4, MTU}};
    random_client_send(&world.channels[0], &message);
    message = crash_wins_servers();
    random_client_send(&world.channels[0], &message);
    assert_int_equal(mtu(), MTU);
    assert_string_not_equal(wins(), wins_before);
    crash_die(&world);
    crash_restart_service(&world);
    machine_remove_interface(world.machine, POPULATED_TAP);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crash_stop(&world);
    crash_close(&world);
    return 0;
}

/* With the MTU that Windows remembers. */
static void come_back(void)
{
    machine_add_interface(world.machine, POPULATED_TAP, luid, "OpenVPN TAP-Windows6");
    assert_int_equal(network()->set_mtu(network(), luid, FAMILY_IPV4, MTU), 0);
}

static void assert_as_before(void)
{
    assert_int_equal(mtu(), mtu_before);
    assert_string_equal(wins(), wins_before);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_undo_waits_for_an_installed_adapter(void **state)
{
    (void)state;
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.failed, CHANGES);
    assert_int_equal(resources_retry(world.ledger, network()), CHANGES);
    come_back();
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_as_before();
}

static void test_undo_waits_over_any_number_of_starts(void **state)
{
    (void)state;
    for (unsigned starts = 0; starts < 3; starts++) {
        crash_start(&world, 0, 0, false);
        assert_int_equal(world.recovered.failed, CHANGES);
        crash_stop(&world);
    }
    come_back();
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.changed, CHANGES);
    assert_as_before();
}

static void test_undo_does_not_wait_for_an_uninstalled_adapter(void **state)
{
    (void)state;
    machine_remove_keys(world.machine, ADAPTER);
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.left_alone, CHANGES);
    assert_int_equal(world.recovered.failed, 0);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_undo_ends_when_the_adapter_is_uninstalled_meanwhile(void **state)
{
    (void)state;
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.failed, CHANGES);
    machine_remove_keys(world.machine, ADAPTER);
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_int_equal(journal_open_count(world.journal), 0);
}

static void test_one_that_cannot_be_looked_up_is_not_given_up(void **state)
{
    (void)state;
    machine_fail(world.machine, "count", 1, ERROR_GEN_FAILURE);
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.failed, CHANGES);
    come_back();
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_as_before();
}

static void test_one_that_has_no_ip_yet_is_waited_for(void **state)
{
    (void)state;
    crash_start(&world, 0, 0, false);
    crash_stop(&world);
    come_back();
    machine_remove_ip(world.machine, POPULATED_TAP);
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.failed, 1); /* for the MTU */
    machine_remove_interface(world.machine, POPULATED_TAP);
    come_back();
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_as_before();
}

/* Windows may give the LUID to another adapter, which may have the same MTU by chance. */
static void test_another_adapter_in_its_place_is_left_alone(void **state)
{
    (void)state;
    crash_start(&world, 0, 0, false);
    assert_int_equal(world.recovered.failed, CHANGES);
    machine_add_interface(world.machine, POPULATED_TAP + 40, luid, "Another");
    assert_int_equal(network()->set_mtu(network(), luid, FAMILY_IPV4, MTU), 0);
    assert_int_equal(resources_retry(world.ledger, network()), 0);
    assert_int_equal(mtu(), MTU);
    assert_int_equal(journal_open_count(world.journal), 0);
}

/* ---- changes that a death has interrupted ---- */

static struct message dhcp(void)
{
    return (struct message){
        .kind = MESSAGE_ENABLE_DHCP, .id = 7, .dhcp.interface.index = POPULATED_TAP};
}

/* The process dies at this step of the change, and the adapter is unplugged at the next start.
 * Returns false when the change has fewer steps. */
static bool die_within(struct message message, unsigned step)
{
    crash_close(&world);
    crash_open(&world);
    machine_add_key(world.machine, ADAPTER);
    crash_start(&world, 0, 1, false);
    world.die_at = world.steps + step;
    random_client_send(&world.channels[0], &message);
    bool has_died = world.is_dead;
    world.die_at = world.steps + 1;
    crash_stop(&world);
    crash_restart_service(&world);
    machine_remove_interface(world.machine, POPULATED_TAP);
    crash_start(&world, 0, 0, false);
    return has_died;
}

static void test_interrupted_change_of_an_adapter_that_is_uninstalled_is_over(void **state)
{
    (void)state;
    const struct message messages[] = {crash_wins_servers(), dhcp()};
    crash_start(&world, 0, 0, false);
    for (size_t i = 0; i < 2; i++) {
        unsigned step = 0;
        do {
            crash_stop(&world);
            bool has_died = die_within(messages[i], ++step);
            machine_remove_keys(world.machine, ADAPTER);
            assert_int_equal(resources_retry(world.ledger, network()), 0);
            assert_int_equal(journal_open_count(world.journal), 0);
            if (!has_died)
                break;
        } while (step < 100);
        assert_in_range(step, 10, 99);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_undo_waits_for_an_installed_adapter),
        TEST(test_undo_waits_over_any_number_of_starts),
        TEST(test_undo_does_not_wait_for_an_uninstalled_adapter),
        TEST(test_undo_ends_when_the_adapter_is_uninstalled_meanwhile),
        TEST(test_one_that_cannot_be_looked_up_is_not_given_up),
        TEST(test_one_that_has_no_ip_yet_is_waited_for),
        TEST(test_another_adapter_in_its_place_is_left_alone),
        TEST(test_interrupted_change_of_an_adapter_that_is_uninstalled_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
