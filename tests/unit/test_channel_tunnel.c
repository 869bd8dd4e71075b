/* SPDX-License-Identifier: MIT */
/* Which adapter of a session the kill switch opens, and when. */
#include "base/array.h"
#include "base/errors.h"
#include "tests/unit/channel_machine.h"

enum { NOW = 1796110637 };

static struct keeper keeper;
static const struct keeper_caller ann = {"\1\1annn", 6, false, u"CORP\\ann"};
static const struct firewall_start gateway = {
    .gateways = {1, {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, 17}}}};

static int set_up(void **state)
{
    int error = set_up_machine(state);
    const struct keeper_options options = {machine_kill_switch(machine), network, 0, NULL, NULL};
    keeper = (struct keeper){0};
    keeper_open(&keeper, &options);
    keeper_begin(&keeper);
    assert_int_equal(keeper_start(&keeper, &ann, &gateway, NOW), 0);
    channel.options.keeper = other.options.keeper = old.options.keeper = &keeper;
    return error;
}

static int tear_down(void **state)
{
    bool was_up;
    channel_close(&channel);
    channel_close(&other);
    channel_close(&old);
    assert_null(keeper.tunnels); /* no session leaves one */
    assert_int_equal(keeper_stop(&keeper, &ann, &was_up), 0);
    keeper_close(&keeper);
    return tear_down_machine(state);
}
#define TUNNEL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static uint64_t luid_of(uint32_t index)
{
    uint64_t luid = 0;
    assert_int_equal(network->find_interface(network, index, NULL, &luid), 0);
    return luid;
}

/* Whether a filter of the machine lets everything through the adapter. */
static bool is_open(uint32_t index)
{
    const struct kill_switch_plan *plan = machine_filters(machine);
    for (size_t i = 0; plan && i < plan->count; i++)
        if (plan->filters[i].role == ROLE_TUNNEL &&
            plan->filters[i].filter.conditions[0].value == luid_of(index))
            return true;
    return false;
}

static void test_each_change_of_an_adapter_makes_it_the_tunnel(void **state)
{
    const struct message messages[] = {
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_TAP, V4(10, 8, 7, 2), 24),
        {.kind = MESSAGE_SET_MTU, .mtu = {{POPULATED_TAP, ""}, FAMILY_IPV4, 1380}},
        {.kind = MESSAGE_FLUSH_NEIGHBORS, .flush = {FAMILY_IPV4, {POPULATED_TAP, ""}}},
        {.kind = MESSAGE_ENABLE_DHCP, .dhcp.interface.index = POPULATED_TAP},
        dns_message(MESSAGE_ADD_DNS, TAP_NAME, FAMILY_IPV4, "10.8.0.1", ""),
        nrpt_message(MESSAGE_ADD_NRPT, TAP_NAME, "10.8.0.1", "corp.example", "", 0),
        wins_message(MESSAGE_ADD_WINS, POPULATED_TAP, "10.8.0.1"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        struct channel session;
        channel_open(&session, ledger, network, &client_layout, &channel.options);
        assert_false(is_open(POPULATED_TAP));
        if (client_send(&session, &messages[i]) || !is_open(POPULATED_TAP))
            fail_msg("%s does not", message_name(messages[i].kind));
        channel_close(&session);
    }
    assert_false(is_open(POPULATED_TAP));
}

static void test_neither_routes_nor_deletions_make_a_tunnel(void **state)
{
    const struct message route =
        route_message(MESSAGE_ADD_ROUTE, POPULATED_TAP, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 1);
    const struct message deletion =
        address_message(MESSAGE_DELETE_ADDRESS, POPULATED_TAP, V4(10, 8, 0, 99), 24);
    (void)state;
    client_send(&channel, &route);
    client_send(&channel, &deletion);
    send_delete_dns(&channel, TAP_NAME, FAMILY_IPV4, "");
    assert_false(is_open(POPULATED_TAP));
}

static void test_only_vpn_adapters_are_tunnels(void **state)
{
    const struct message message = {.kind = MESSAGE_SET_MTU,
                                    .mtu = {{POPULATED_WIFI, ""}, FAMILY_IPV4, 1380}};
    (void)state;
    assert_int_equal(client_send(&channel, &message), ERROR_ACCESS_DENIED);
    assert_false(is_open(POPULATED_WIFI));
}

static void test_without_a_list_of_adapters_there_is_no_tunnel(void **state)
{
    const struct message message = {.kind = MESSAGE_SET_MTU,
                                    .mtu = {{POPULATED_TAP, ""}, FAMILY_IPV4, 1380}};
    (void)state;
    channel.options.vpn_adapters = u"*";
    assert_int_equal(client_send(&channel, &message), 0);
    assert_false(is_open(POPULATED_TAP));
}

static void test_a_change_that_is_refused_makes_no_tunnel(void **state)
{
    const struct message message = {.kind = MESSAGE_SET_MTU,
                                    .mtu = {{POPULATED_TAP, ""}, FAMILY_IPV4, 1380}};
    (void)state;
    machine_fail(machine, "set_mtu", 1, ERROR_NOT_READY);
    assert_int_equal(client_send(&channel, &message), ERROR_NOT_READY);
    assert_false(is_open(POPULATED_TAP));
}

static void test_an_address_that_is_there_makes_a_tunnel(void **state)
{
    const struct message there =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_TAP, V4(10, 8, 0, 2), 24);
    (void)state;
    assert_int_equal(client_send(&channel, &there), ERROR_OBJECT_ALREADY_EXISTS);
    assert_true(is_open(POPULATED_TAP));
}

static void test_without_the_tunnel_nothing_is_changed(void **state)
{
    const struct message message =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_TAP, V4(10, 8, 7, 2), 24);
    unsigned lines = line_count;
    struct address_settings settings;
    (void)state;
    machine_fail(machine, "replace_kill_switch", 1, ERROR_NOT_READY);
    assert_int_equal(client_send(&channel, &message), ERROR_NOT_READY);
    assert_event(lines, ERROR_NOT_READY, "the kill switch can't let traffic through its tunnel");
    assert_false(machine_has_address(machine, &message, &settings));
    assert_int_equal(client_send(&channel, &message), 0);
    assert_true(is_open(POPULATED_TAP));
}

/* The first change of an adapter each. */
static const struct message first = {.kind = MESSAGE_SET_MTU,
                                     .mtu = {{POPULATED_TAP, ""}, FAMILY_IPV4, 1380}};
static const struct message second = {.kind = MESSAGE_SET_MTU,
                                      .mtu = {{POPULATED_VPN, ""}, FAMILY_IPV4, 1380}};

static void test_a_session_has_one_tunnel(void **state)
{
    (void)state;
    assert_int_equal(client_send(&channel, &first), 0);
    machine_fail(machine, "set_mtu", 1, ERROR_NOT_READY);
    assert_int_equal(client_send(&channel, &second), ERROR_NOT_READY);
    assert_true(is_open(POPULATED_TAP));
    assert_false(is_open(POPULATED_VPN));
    assert_int_equal(client_send(&channel, &second), 0);
    assert_false(is_open(POPULATED_TAP));
    assert_true(is_open(POPULATED_VPN));
}

/* Sees at each step of the undo that the tunnel was closed before. */
static bool was_open_at_a_step;
static bool see_filters(void *context, const char *operation)
{
    const struct kill_switch_plan *plan = machine_filters(context);
    for (size_t i = 0; i < plan->count; i++)
        was_open_at_a_step |=
            plan->filters[i].role == ROLE_TUNNEL && strcmp(operation, "replace_kill_switch") != 0;
    return true;
}

static void test_the_tunnel_is_closed_before_anything_is_undone(void **state)
{
    const struct message message =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_TAP, V4(10, 8, 7, 2), 24);
    (void)state;
    assert_int_equal(client_send(&channel, &message), 0);
    was_open_at_a_step = false;
    machine_set_step(machine, see_filters, machine);
    channel_close(&channel);
    machine_set_step(machine, NULL, NULL);
    assert_false(was_open_at_a_step);
}

static void test_sessions_have_tunnels_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(client_send(&channel, &first), 0);
    assert_int_equal(client_send(&other, &second), 0);
    assert_true(is_open(POPULATED_TAP) && is_open(POPULATED_VPN));
    channel_close_tunnel(&channel);
    assert_true(!is_open(POPULATED_TAP) && is_open(POPULATED_VPN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TUNNEL_TEST(test_each_change_of_an_adapter_makes_it_the_tunnel),
        TUNNEL_TEST(test_neither_routes_nor_deletions_make_a_tunnel),
        TUNNEL_TEST(test_only_vpn_adapters_are_tunnels),
        TUNNEL_TEST(test_without_a_list_of_adapters_there_is_no_tunnel),
        TUNNEL_TEST(test_a_change_that_is_refused_makes_no_tunnel),
        TUNNEL_TEST(test_an_address_that_is_there_makes_a_tunnel),
        TUNNEL_TEST(test_without_the_tunnel_nothing_is_changed),
        TUNNEL_TEST(test_a_session_has_one_tunnel),
        TUNNEL_TEST(test_the_tunnel_is_closed_before_anything_is_undone),
        TUNNEL_TEST(test_sessions_have_tunnels_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
