/* SPDX-License-Identifier: MIT */
/* The machine in memory when the process that uses it dies. */
#include "base/errors.h"
#include "fakes/memory/machine.h"
#include "system/firewall.h"
#include "system/programs.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

#define KEY   u"SOFTWARE\\gatehouse"
#define TCPIP u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"
#define TAP   TCPIP u"{06008003-4747-4747-8000-000000000009}"

static struct fake_machine *machine, *before;
static struct network *network;
static uint64_t tap;

static struct {
    unsigned done, last; /* steps; 0: no last one */
    char operation[32];
} steps;

static bool count_step(void *context, const char *operation)
{
    (void)context;
    snprintf(steps.operation, sizeof(steps.operation), "%s", operation);
    return ++steps.done != steps.last;
}

static void die_at(unsigned step)
{
    steps.done = 0;
    steps.last = step;
    machine_set_step(machine, count_step, NULL);
}

static int set_up(void **state)
{
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    network = machine_network(machine);
    machine_set_text(machine, KEY, u"there", u"1");
    machine_add_key(machine, KEY u"\\there");
    before = machine_snapshot(machine);
    return (int)network->find_interface(network, POPULATED_TAP, NULL, &tap);
}

static int tear_down(void **state)
{
    (void)state;
    machine_destroy(before);
    machine_destroy(machine);
    return 0;
}

/* ---- every operation that has an effect ---- */

static const struct ip gateway = {2, {10, 8, 0, 1}};

static uint32_t create_route(void)
{
    const struct route_key key = {tap, {2, {10, 77}}, 16, gateway};
    return network->create_route(network, &key, &(struct route_settings){.metric = 1});
}

static uint32_t set_route(void)
{
    const struct route_key key = {tap, {2, {10, 99}}, 16, gateway};
    return network->set_route(network, &key, &(struct route_settings){.metric = 1});
}

static uint32_t delete_route(void)
{
    const struct route_key key = {tap, {2, {10, 99}}, 16, gateway};
    return network->delete_route(network, &key);
}

static const struct address_settings address = {.prefix_length = 9};

static uint32_t create_address(void)
{
    const struct address_key key = {tap, {2, {10, 8, 0, 6}}};
    return network->create_address(network, &key, &address);
}

static uint32_t set_address(void)
{
    const struct address_key key = {tap, {2, {10, 98, 0, 1}}};
    return network->set_address(network, &key, &address);
}

static uint32_t delete_address(void)
{
    const struct address_key key = {tap, {2, {10, 98, 0, 1}}};
    return network->delete_address(network, &key);
}

static uint32_t set_metric(void)
{
    return network->set_metric(network, tap, 2, &(struct interface_metric){.metric = 3});
}

static uint32_t set_mtu(void)
{
    return network->set_mtu(network, tap, 2, 1300);
}

static uint32_t block(void)
{
    const struct firewall_policy policy = {POLICY_BLOCK_DNS, tap};
    return network->firewall->block(network->firewall, 1, &policy);
}

static uint32_t set_value(void)
{
    return network->registry->set_value(network->registry, KEY, u"new", REGISTRY_TEXT, u"1", 4);
}

static uint32_t delete_value(void)
{
    return network->registry->delete_value(network->registry, KEY, u"there");
}

static uint32_t create_key(void)
{
    return network->registry->create_key(network->registry, KEY u"\\new");
}

static uint32_t delete_key(void)
{
    return network->registry->delete_key(network->registry, KEY u"\\there");
}

static const struct {
    const char *name;
    uint32_t (*run)(void);
} operations[] = {
    {"create_route", create_route},
    {"set_route", set_route},
    {"delete_route", delete_route},
    {"create_address", create_address},
    {"set_address", set_address},
    {"delete_address", delete_address},
    {"set_metric", set_metric},
    {"set_mtu", set_mtu},
    {"block", block},
    {"set_value", set_value},
    {"delete_value", delete_value},
    {"create_key", create_key},
    {"delete_key", delete_key},
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void start_again(void **state)
{
    tear_down(state);
    set_up(state);
}

static void test_who_dies_before_an_effect_has_none(void **state)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        die_at(1);
        if (operations[i].run() != ERROR_GEN_FAILURE || !machine_equal(before, machine))
            fail_msg("%s has an effect", operations[i].name);
        assert_string_equal(steps.operation, operations[i].name);
        start_again(state);
    }
}

static void test_who_dies_after_an_effect_leaves_it(void **state)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        die_at(0);
        assert_int_equal(operations[i].run(), 0);
        if (steps.done != 2)
            fail_msg("%s takes %u steps", operations[i].name, steps.done);
        struct fake_machine *after = machine_snapshot(machine);
        assert_int_not_equal(machine_compare(before, after, NULL), 0);
        start_again(state);
        die_at(2);
        if (operations[i].run() != ERROR_GEN_FAILURE || !machine_equal(after, machine))
            fail_msg("%s is not whole", operations[i].name);
        machine_destroy(after);
        start_again(state);
    }
}

static void test_the_dead_do_nothing(void **state)
{
    struct registry_data data;
    (void)state;
    die_at(1);
    network->dns_client->apply(network->dns_client, true);
    for (size_t i = 0; i < OPERATIONS; i++)
        assert_int_equal(operations[i].run(), ERROR_GEN_FAILURE);
    assert_true(machine_equal(before, machine));
    assert_int_equal(steps.done, 1);
    assert_int_equal(network->registry->get_value(network->registry, KEY, u"there", &data),
                     ERROR_GEN_FAILURE);
    assert_int_equal(network->registry->enter(network->registry), ERROR_GEN_FAILURE);
    machine_restart_process(machine);
    for (size_t i = 0; i < OPERATIONS; i++)
        assert_int_equal(operations[i].run(), 0);
}

static void test_what_has_no_effect_takes_no_step(void **state)
{
    (void)state;
    die_at(0);
    assert_int_equal(network->registry->create_key(network->registry, KEY), 0);
    assert_int_equal(network->registry->delete_value(network->registry, KEY, u"none"),
                     ERROR_FILE_NOT_FOUND);
    assert_int_equal(network->set_mtu(network, tap, 2, 1), ERROR_INVALID_PARAMETER);
    assert_int_equal(steps.done, 0);
}

static void test_each_key_on_the_way_is_a_step(void **state)
{
    (void)state;
    die_at(4);
    assert_int_equal(network->registry->create_key(network->registry, KEY u"\\a\\b\\c"),
                     ERROR_GEN_FAILURE);
    assert_true(machine_has_key(machine, KEY u"\\a\\b"));
    assert_false(machine_has_key(machine, KEY u"\\a\\b\\c"));
}

static void test_programs_die_between_their_writes(void **state)
{
    static const char16_t netsh[] =
        u"interface ipv4 set address name=\"9\" source=static address=10.1.0.1 mask=255.0.0.0";
    struct programs *programs = network->programs;
    (void)state;
    die_at(0);
    assert_int_equal(programs->run(programs, PROGRAM_NETSH, netsh, 1000), 0);
    const unsigned all = steps.done;
    struct fake_machine *after = machine_snapshot(machine);
    unsigned between = 0;
    for (unsigned last = 1; last <= all; last++) {
        start_again(state);
        programs = network->programs;
        die_at(last);
        assert_int_equal(programs->run(programs, PROGRAM_NETSH, netsh, 1000), ERROR_GEN_FAILURE);
        between += machine_compare(machine, before, NULL) && machine_compare(machine, after, NULL);
    }
    assert_true(between >= 5);
    assert_true(machine_equal(machine, after));
    machine_destroy(after);
}

static void test_a_new_process_finds_what_outlives_one(void **state)
{
    struct registry *registry = network->registry;
    struct dns_client *client = network->dns_client;
    (void)state;
    assert_int_equal(block(), 0);
    atomic_store(&client->unapplied, UNAPPLIED_SETTINGS);
    assert_int_equal(registry->enter(registry), 0);
    machine_restart_process(machine);
    assert_int_equal(atomic_load(&client->unapplied), 0);
    assert_int_equal(registry->enter(registry), 0);
    registry->leave(registry);
    assert_true(machine_equal(before, machine));
    assert_int_equal(set_value(), 0);
    assert_int_equal(create_route(), 0);
    struct fake_machine *changed = machine_snapshot(machine);
    machine_restart_process(machine);
    assert_true(machine_equal(changed, machine));
    machine_destroy(changed);
}

static void test_a_restart_forgets_routes_and_addresses_only(void **state)
{
    (void)state;
    machine_set_openvpn(machine, 4242);
    assert_int_equal(create_route(), 0);
    assert_int_equal(delete_route(), 0);
    assert_int_equal(delete_address(), 0);
    assert_int_equal(create_address(), 0);
    assert_int_equal(block(), 0);
    machine_reboot(machine, before);
    assert_true(machine_equal(before, machine));
    assert_false(network->programs->is_openvpn(network->programs, 4242));
    assert_int_equal(set_metric(), 0);
    assert_int_equal(set_mtu(), 0);
    assert_int_equal(set_value(), 0);
    struct fake_machine *changed = machine_snapshot(machine);
    machine_reboot(machine, before);
    assert_true(machine_equal(changed, machine));
    machine_destroy(changed);
}

static void test_flushes_are_counted(void **state)
{
    (void)state;
    assert_int_equal(network->registry->flush(network->registry), 0);
    assert_int_equal(machine_calls(machine, "flush"), 1);
    machine_fail(machine, "flush", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(network->registry->flush(network->registry), ERROR_ACCESS_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_dies_before_an_effect_has_none),
        TEST(test_who_dies_after_an_effect_leaves_it),
        TEST(test_the_dead_do_nothing),
        TEST(test_what_has_no_effect_takes_no_step),
        TEST(test_each_key_on_the_way_is_a_step),
        TEST(test_programs_die_between_their_writes),
        TEST(test_a_new_process_finds_what_outlives_one),
        TEST(test_a_restart_forgets_routes_and_addresses_only),
        TEST(test_flushes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
