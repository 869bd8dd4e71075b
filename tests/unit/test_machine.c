/* SPDX-License-Identifier: MIT */
#include "fakes/memory/machine.h"

#include "base/errors.h"
#include "tests/unit/cmocka_test.h"

static struct fake_machine *machine;
static struct network *network;
static uint64_t tap;

static int set_up(void **state)
{
    (void)state;
    machine = machine_create();
    machine_populate(machine);
    network = machine_network(machine);
    return (int)network->find_interface(network, POPULATED_TAP, NULL, &tap);
}

static int tear_down(void **state)
{
    (void)state;
    machine_destroy(machine);
    return 0;
}

static struct ip v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct ip){.family = 2, .bytes = {a, b, c, d}};
}

static struct route_key route_to(uint8_t third)
{
    return (struct route_key){tap, v4(10, 77, third, 0), 24, v4(10, 8, 0, 1)};
}

static const struct route_settings route = {.metric = 7, .protocol = 3};

static void test_populated_machine_has_what_a_real_one_has(void **state)
{
    (void)state;
    struct route_settings settings;
    uint64_t luid;
    const struct route_key identical = {tap, v4(10, 99, 0, 0), 16, v4(10, 8, 0, 1)};
    assert_int_equal(network->get_route(network, &identical, &settings), 0);
    assert_int_equal(settings.metric, 50);
    const uint32_t adapters[] = {POPULATED_ETHERNET, POPULATED_WIFI};
    const uint32_t metrics[] = {0, 25};
    for (size_t i = 0; i < 2; i++) {
        struct route_key way_out = {0, v4(0, 0, 0, 0), 0, v4(192, 168, 1, 1)};
        assert_int_equal(
            network->find_interface(network, adapters[i], NULL, &way_out.interface_luid), 0);
        assert_int_equal(network->get_route(network, &way_out, &settings), 0);
        assert_int_equal(settings.metric, metrics[i]);
    }
    assert_int_equal(network->find_interface(network, 0xffffffff, "B\xC3\xBCro-VPN", &luid), 0);
}

static void test_interfaces_are_found_by_index_or_name(void **state)
{
    (void)state;
    uint64_t by_index = 0, by_name = 1;
    assert_int_equal(network->find_interface(network, 2, "", &by_index), 0);
    assert_int_equal(
        network->find_interface(network, 0xffffffff, "Local Area Connection 2", &by_name), 0);
    assert_true(by_index == by_name);
    assert_int_equal(network->find_interface(network, 77, "", &by_index), ERROR_FILE_NOT_FOUND);
    assert_int_equal(network->find_interface(network, 0xffffffff, "none", &by_index),
                     ERROR_INVALID_PARAMETER);
}

static void test_routes_answer_as_windows_does(void **state)
{
    (void)state;
    struct route_key key = route_to(1);
    struct route_settings found;
    assert_int_equal(network->get_route(network, &key, &found), ERROR_NOT_FOUND);
    assert_int_equal(network->set_route(network, &key, &route), ERROR_NOT_FOUND);
    assert_int_equal(network->delete_route(network, &key), ERROR_NOT_FOUND);
    assert_int_equal(network->create_route(network, &key, &route), 0);
    assert_int_equal(network->create_route(network, &key, &route), ERROR_OBJECT_ALREADY_EXISTS);
    const struct route_settings other = {.metric = 0xffffffff, .protocol = 3, .publish = 1};
    assert_int_equal(network->set_route(network, &key, &other), 0);
    assert_int_equal(network->get_route(network, &key, &found), 0);
    assert_int_equal(found.metric, 256);
    assert_int_equal(found.publish, 1);
    assert_int_equal(network->delete_route(network, &key), 0);
    assert_int_equal(network->get_route(network, &key, &found), ERROR_NOT_FOUND);
}

static void test_addresses_answer_as_windows_does(void **state)
{
    (void)state;
    const struct address_key key = {tap, v4(10, 8, 0, 6)};
    const struct address_settings settings = {.prefix_length = 30, .prefix_origin = 16};
    struct address_settings found;
    assert_int_equal(network->get_address(network, &key, &found), ERROR_NOT_FOUND);
    assert_int_equal(network->set_address(network, &key, &settings), ERROR_NOT_FOUND);
    assert_int_equal(network->delete_address(network, &key), ERROR_NOT_FOUND);
    assert_int_equal(network->create_address(network, &key, &settings), 0);
    assert_int_equal(network->create_address(network, &key, &settings),
                     ERROR_OBJECT_ALREADY_EXISTS);
    assert_int_equal(network->get_address(network, &key, &found), 0);
    assert_int_equal(found.prefix_length, 30);
    assert_int_equal(found.prefix_origin, 1);
    assert_int_equal(network->delete_address(network, &key), 0);
}

/* Whether the interface has a route of Windows' own to this prefix. */
static bool is_derived(struct ip prefix, uint8_t length)
{
    const struct route_key key = {tap, prefix, length, {.family = prefix.family}};
    struct route_settings found;
    uint32_t error = network->get_route(network, &key, &found);
    assert_true(!error || error == ERROR_NOT_FOUND);
    return !error && found.protocol == 2;
}

static void have_address(struct ip ip, uint8_t length)
{
    const struct address_key key = {tap, ip};
    const struct address_settings settings = {.prefix_length = length, .prefix_origin = 1};
    assert_int_equal(network->create_address(network, &key, &settings), 0);
}

static void lose_address(struct ip ip)
{
    const struct address_key key = {tap, ip};
    assert_int_equal(network->delete_address(network, &key), 0);
}

static void test_routes_come_and_go_with_the_address_that_they_are_derived_from(void **state)
{
    (void)state;
    have_address(v4(10, 55, 0, 6), 30);
    assert_true(is_derived(v4(10, 55, 0, 4), 30));
    assert_true(is_derived(v4(10, 55, 0, 6), 32));
    assert_true(is_derived(v4(10, 55, 0, 7), 32));
    assert_true(is_derived(v4(224, 0, 0, 0), 4));
    assert_true(is_derived(v4(255, 255, 255, 255), 32));
    lose_address(v4(10, 55, 0, 6));
    assert_false(is_derived(v4(10, 55, 0, 4), 30));
    assert_false(is_derived(v4(10, 55, 0, 6), 32));
    assert_false(is_derived(v4(10, 55, 0, 7), 32));
    assert_true(is_derived(v4(224, 0, 0, 0), 4)); /* of another address */
}

static void test_addresses_of_one_subnet_share_its_route(void **state)
{
    (void)state;
    have_address(v4(10, 55, 0, 6), 24);
    have_address(v4(10, 55, 0, 7), 24);
    lose_address(v4(10, 55, 0, 6));
    assert_true(is_derived(v4(10, 55, 0, 0), 24));
    assert_false(is_derived(v4(10, 55, 0, 6), 32));
    lose_address(v4(10, 55, 0, 7));
    assert_false(is_derived(v4(10, 55, 0, 0), 24));
}

static void test_another_prefix_length_has_other_routes(void **state)
{
    (void)state;
    const struct address_key key = {tap, v4(10, 55, 0, 6)};
    const struct address_settings settings = {.prefix_length = 16};
    have_address(key.address, 24);
    assert_int_equal(network->set_address(network, &key, &settings), 0);
    assert_false(is_derived(v4(10, 55, 0, 0), 24));
    assert_true(is_derived(v4(10, 55, 0, 0), 16));
    assert_true(is_derived(v4(10, 55, 0, 6), 32));
}

static void test_a_route_of_a_program_is_no_derived_one(void **state)
{
    (void)state;
    const struct route_key key = {tap, v4(10, 55, 0, 0), 24, v4(0, 0, 0, 0)};
    struct route_settings found;
    assert_int_equal(network->create_route(network, &key, &route), 0);
    have_address(v4(10, 55, 0, 6), 24);
    lose_address(v4(10, 55, 0, 6));
    assert_int_equal(network->get_route(network, &key, &found), 0);
    assert_int_equal(found.metric, 7);
}

static void test_ipv6_addresses_have_routes_too(void **state)
{
    (void)state;
    const struct ip ip = {23, {0xFD, [1] = 0x55, [15] = 6}}, prefix = {23, {0xFD, [1] = 0x55}};
    have_address(ip, 64);
    assert_true(is_derived(prefix, 64));
    assert_true(is_derived(ip, 128));
    lose_address(ip);
    assert_false(is_derived(prefix, 64));
    assert_false(is_derived(ip, 128));
}

static void test_bad_parameters_are_refused(void **state)
{
    (void)state;
    struct route_key host_bits = route_to(1), families = route_to(1), length = route_to(1);
    host_bits.prefix.bytes[3] = 1;
    families.next_hop.family = 23;
    length.prefix_length = 33;
    assert_int_equal(network->create_route(network, &host_bits, &route), ERROR_INVALID_PARAMETER);
    assert_int_equal(network->create_route(network, &families, &route), ERROR_INVALID_PARAMETER);
    assert_int_equal(network->create_route(network, &length, &route), ERROR_INVALID_PARAMETER);
    struct route_key nowhere = route_to(1);
    nowhere.interface_luid = 1;
    assert_int_equal(network->create_route(network, &nowhere, &route), ERROR_NOT_FOUND);
    assert_int_equal(network->delete_route(network, &nowhere), ERROR_FILE_NOT_FOUND);

    const struct address_settings settings = {.prefix_length = 24},
                                  too_long = {.prefix_length = 33};
    const struct address_key unspecified = {tap, v4(0, 0, 0, 0)},
                             multicast = {tap, v4(224, 0, 0, 1)};
    const struct address_key good = {tap, v4(10, 8, 0, 6)};
    assert_int_equal(network->create_address(network, &unspecified, &settings),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(network->create_address(network, &multicast, &settings),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(network->create_address(network, &good, &too_long), ERROR_INVALID_PARAMETER);
}

static void test_nth_call_fails_without_effect(void **state)
{
    (void)state;
    const struct route_key first = route_to(1), second = route_to(2);
    unsigned before = machine_calls(machine, "create_route");
    machine_fail(machine, "create_route", 2, ERROR_ACCESS_DENIED);
    assert_int_equal(network->create_route(network, &first, &route), 0);
    assert_int_equal(network->create_route(network, &second, &route), ERROR_ACCESS_DENIED);
    assert_int_equal(network->create_route(network, &second, &route), 0);
    assert_int_equal(machine_calls(machine, "create_route") - before, 3);
    machine_fail(machine, "delete_route", 1, ERROR_ACCESS_DENIED);
    machine_clear_faults(machine);
    assert_int_equal(network->delete_route(network, &first), 0);
}

static void test_every_field_counts_in_a_comparison(void **state)
{
    (void)state;
    const struct route_settings changed[] = {
        {.metric = 1},
        {.protocol = 1},
        {.valid_lifetime = 1},
        {.preferred_lifetime = 1},
        {.site_prefix_length = 1},
        {.loopback = 1},
        {.autoconfigure_address = 1},
        {.publish = 1},
        {.immortal = 1},
    };
    const struct route_settings plain = {0};
    const struct route_key key = route_to(1);
    network->create_route(network, &key, &plain);
    struct fake_machine *before = machine_snapshot(machine);
    assert_true(machine_equal(machine, before));
    for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++) {
        network->set_route(network, &key, &changed[i]);
        if (machine_compare(machine, before, NULL) != 2)
            fail_msg("route field %zu is not compared", i);
    }
    network->set_route(network, &key, &plain);

    const struct address_settings others[] = {
        {.prefix_length = 31},
        {.prefix_length = 32, .skip_as_source = 1},
        {.prefix_length = 32, .prefix_origin = 1},
        {.prefix_length = 32, .suffix_origin = 1},
        {.prefix_length = 32, .valid_lifetime = 1},
        {.prefix_length = 32, .preferred_lifetime = 1},
    };
    const struct address_settings none = {.prefix_length = 32};
    const struct address_key address = {tap, v4(10, 8, 0, 6)};
    network->create_address(network, &address, &none);
    assert_int_equal(machine_compare(machine, before, NULL), 2); /* with its route */
    assert_int_equal(machine_compare(before, machine, NULL), 2);
    machine_destroy(before);
    before = machine_snapshot(machine);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        network->set_address(network, &address, &others[i]);
        const size_t routes = others[i].prefix_length == 31; /* that of the subnet */
        if (machine_compare(machine, before, NULL) != 2 + routes)
            fail_msg("address field %zu is not compared", i);
    }
    machine_destroy(before);
}

static void test_interface_takes_its_rows_with_it(void **state)
{
    (void)state;
    const struct route_key key = {tap, v4(10, 99, 0, 0), 16, v4(10, 8, 0, 1)};
    struct route_settings settings;
    uint64_t luid;
    machine_remove_interface(machine, POPULATED_TAP);
    assert_int_equal(network->get_route(network, &key, &settings), ERROR_FILE_NOT_FOUND);
    assert_int_equal(network->find_interface(network, POPULATED_TAP, "", &luid),
                     ERROR_FILE_NOT_FOUND);
    machine_add_interface(machine, POPULATED_TAP, tap, "again");
    assert_int_equal(network->get_route(network, &key, &settings), ERROR_NOT_FOUND);
}

static void test_twenty_thousand_routes(void **state)
{
    (void)state;
    struct fake_machine *before = machine_snapshot(machine);
    struct route_key key = route_to(0);
    for (unsigned i = 0; i < 20000; i++) {
        key.prefix = v4(11, (uint8_t)(i >> 8), (uint8_t)i, 0);
        assert_int_equal(network->create_route(network, &key, &route), 0);
    }
    for (unsigned i = 0; i < 20000; i++) {
        key.prefix = v4(11, (uint8_t)(i >> 8), (uint8_t)i, 0);
        assert_int_equal(network->delete_route(network, &key), 0);
    }
    assert_true(machine_equal(machine, before));
    machine_destroy(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_populated_machine_has_what_a_real_one_has),
        TEST(test_interfaces_are_found_by_index_or_name),
        TEST(test_routes_answer_as_windows_does),
        TEST(test_addresses_answer_as_windows_does),
        TEST(test_routes_come_and_go_with_the_address_that_they_are_derived_from),
        TEST(test_addresses_of_one_subnet_share_its_route),
        TEST(test_another_prefix_length_has_other_routes),
        TEST(test_a_route_of_a_program_is_no_derived_one),
        TEST(test_ipv6_addresses_have_routes_too),
        TEST(test_bad_parameters_are_refused),
        TEST(test_nth_call_fails_without_effect),
        TEST(test_every_field_counts_in_a_comparison),
        TEST(test_interface_takes_its_rows_with_it),
        TEST(test_twenty_thousand_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
