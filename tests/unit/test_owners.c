/* SPDX-License-Identifier: MIT */
/* A VPN adapter that a living session of another user has changed, and routes that are Windows'
 * own. */
#include "channel/channel.h"

#include "base/errors.h"
#include "tests/unit/channel_machine.h"

static struct adapter_owners owners;
static struct ledger_user alice = {.limit = 100}, bob = {.limit = 100};

static int set_up_users(void **state)
{
    int result = set_up_machine(state);
    channel.options.owners = other.options.owners = old.options.owners = &owners;
    channel.options.user = channel.session.user = &alice;
    other.options.user = other.session.user = &bob;
    old.options.user = old.session.user = &alice;
    return result;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_users, tear_down_machine)

static uint32_t tell(struct channel *to, struct message message)
{
    return client_send(to, &message);
}

static struct message tunnel_address(enum message_kind kind)
{
    return address_message(kind, POPULATED_VPN, V4(10, 8, 0, 6), 24);
}

static struct message tunnel_route(enum message_kind kind)
{
    return route_message(kind, POPULATED_VPN, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 7);
}

static void test_nobody_else_changes_a_tunnel(void **state)
{
    (void)state;
    assert_int_equal(tell(&channel, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
    assert_int_equal(tell(&channel, tunnel_route(MESSAGE_ADD_ROUTE)), 0);
    struct fake_machine *made = machine_snapshot(machine);
    assert_int_equal(tell(&other, tunnel_address(MESSAGE_DELETE_ADDRESS)), ERROR_ACCESS_DENIED);
    assert_int_equal(tell(&other, tunnel_route(MESSAGE_DELETE_ROUTE)), ERROR_ACCESS_DENIED);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV4, "10.66.66.66", ""),
                     ERROR_ACCESS_DENIED);
    assert_true(machine_equal(made, machine));
    machine_destroy(made);
}

static void test_another_session_of_the_same_user_does(void **state)
{
    (void)state;
    assert_int_equal(tell(&channel, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
    assert_int_equal(tell(&old, tunnel_route(MESSAGE_ADD_ROUTE)), 0);
}

static void test_other_adapters_are_free(void **state)
{
    (void)state;
    assert_int_equal(tell(&channel, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
    assert_int_equal(send_dns(&other, TAP_NAME, FAMILY_IPV4, "10.1.1.1", ""), 0);
    assert_int_equal(tell(&other, route_message(MESSAGE_ADD_ROUTE, POPULATED_ETHERNET,
                                                V4(203, 0, 113, 7), 32, V4(192, 168, 1, 1), -1)),
                     0);
}

static void test_a_tunnel_is_free_when_its_session_has_ended(void **state)
{
    (void)state;
    assert_int_equal(tell(&channel, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
    channel_close(&channel);
    assert_int_equal(tell(&other, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
}

/* Whoever is refused owns nothing, and neither does who only looks. */
static void test_a_refused_request_takes_no_adapter(void **state)
{
    (void)state;
    assert_int_not_equal(tell(&other, tunnel_address(MESSAGE_DELETE_ADDRESS)), 0);
    assert_int_equal(tell(&channel, tunnel_address(MESSAGE_ADD_ADDRESS)), 0);
}

/* Both have looked before either has changed it. */
static void test_of_two_users_at_once_one_gets_the_adapter(void **state)
{
    bool is_new;
    (void)state;
    assert_true(adapter_own(&owners, &channel, &alice, 7, &is_new));
    assert_true(is_new);
    assert_false(adapter_own(&owners, &other, &bob, 7, &is_new));
    assert_false(is_new);
    assert_true(adapter_own(&owners, &channel, &alice, 7, &is_new));
    assert_false(is_new);
    adapter_disown(&owners, &channel, 7);
    assert_true(adapter_own(&owners, &other, &bob, 7, &is_new));
    adapters_disown(&owners, &other);
}

/* 192.168.1.0/24 on the Ethernet, which Windows has derived from its address. */
static void test_a_route_of_windows_cannot_be_deleted(void **state)
{
    (void)state;
    assert_int_equal(tell(&channel, route_message(MESSAGE_DELETE_ROUTE, POPULATED_ETHERNET,
                                                  V4(192, 168, 1, 0), 24, V4(0, 0, 0, 0), -1)),
                     ERROR_ACCESS_DENIED);
    assert_unchanged();
}

/* One that a program has marked as such. */
static void test_a_loopback_route_cannot_be_deleted(void **state)
{
    const struct message deletion = route_message(MESSAGE_DELETE_ROUTE, POPULATED_ETHERNET,
                                                  V4(10, 77, 0, 0), 16, V4(192, 168, 1, 1), -1);
    const struct route_settings loopback = {.metric = 5, .protocol = 3, .loopback = 1};
    struct route_key key = {.prefix = {FAMILY_IPV4, {10, 77}},
                            .prefix_length = 16,
                            .next_hop = {FAMILY_IPV4, {192, 168, 1, 1}}};
    (void)state;
    assert_int_equal(network->find_interface(network, POPULATED_ETHERNET, "", &key.interface_luid),
                     0);
    assert_int_equal(network->create_route(network, &key, &loopback), 0);
    assert_int_equal(tell(&channel, deletion), ERROR_ACCESS_DENIED);
    assert_int_equal(network->delete_route(network, &key), 0);
    assert_unchanged();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_else_changes_a_tunnel),
        TEST(test_another_session_of_the_same_user_does),
        TEST(test_other_adapters_are_free),
        TEST(test_a_tunnel_is_free_when_its_session_has_ended),
        TEST(test_a_refused_request_takes_no_adapter),
        TEST(test_of_two_users_at_once_one_gets_the_adapter),
        TEST(test_a_route_of_windows_cannot_be_deleted),
        TEST(test_a_loopback_route_cannot_be_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
