/* SPDX-License-Identifier: MIT */
/* What a look at a session from outside shows of it. */
#include "channel/tally.h"

#include "tests/unit/channel_machine.h"

static struct channel_tally tally;

static int set_up_tally(void **state)
{
    int result = set_up_machine(state);
    struct channel_options options = channel.options;
    options.tally = &tally;
    channel_close(&channel);
    tally = (struct channel_tally){0};
    channel_open(&channel, ledger, network, &client_layout, &options);
    return result;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_tally, tear_down_machine)

static void assert_tally(unsigned addresses, unsigned routes, unsigned name_servers, unsigned rules,
                         unsigned filters)
{
    assert_int_equal(tally.addresses, addresses);
    assert_int_equal(tally.routes, routes);
    assert_int_equal(tally.name_servers, name_servers);
    assert_int_equal(tally.rules, rules);
    assert_int_equal(tally.filters, filters);
}

static uint32_t tell_tally(struct message message)
{
    return client_send(&channel, &message);
}

static void test_claims_are_counted_by_kind_and_no_longer_when_they_end(void **state)
{
    (void)state;
    struct message address =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 6), 24);
    struct message route =
        route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 20, 0, 0), 16, V4(10, 8, 0, 1), 7);
    assert_tally(0, 0, 0, 0, 0);
    assert_int_equal(tell_tally(address), 0);
    assert_int_equal(tell_tally(route), 0);
    assert_tally(1, 1, 0, 0, 0);
    assert_int_equal(tell_tally(route_message(MESSAGE_ADD_ROUTE, POPULATED_VPN, V4(10, 21, 0, 0),
                                              16, V4(10, 8, 0, 1), 7)),
                     0);
    assert_tally(1, 2, 0, 0, 0);
    route.kind = MESSAGE_DELETE_ROUTE;
    assert_int_equal(tell_tally(route), 0);
    assert_tally(1, 1, 0, 0, 0);
    channel_close(&channel);
    assert_tally(0, 0, 0, 0, 0);
}

static void test_a_connection_suffix_is_no_name_server(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.1 10.8.0.2", "corp.example"),
                     0);
    assert_tally(0, 0, 1, 0, 0);
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.3", "corp.example"), 0);
    assert_tally(0, 0, 1, 0, 0);
    assert_int_equal(send_delete_dns(&channel, VPN_NAME, FAMILY_IPV4, "corp.example"), 0);
    assert_tally(0, 0, 0, 0, 0);
}

static void test_rules_and_filters(void **state)
{
    (void)state;
    struct message block = {.kind = MESSAGE_ADD_WFP_BLOCK,
                            .wfp_block = {.flags = 2, .interface.index = POPULATED_VPN}};
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ""), 0);
    assert_int_equal(tally.rules, 1);
    assert_int_equal(tell_tally(block), 0);
    assert_int_equal(tally.filters, 1);
    block.kind = MESSAGE_DELETE_WFP_BLOCK;
    assert_int_equal(tell_tally(block), 0);
    assert_int_equal(tally.filters, 0);
}

static void test_the_adapter_is_the_one_used_last(void **state)
{
    (void)state;
    uint64_t luid;
    assert_int_equal(tally.adapter_luid, 0);
    assert_int_equal(
        tell_tally(address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 6), 24)), 0);
    assert_int_equal(network->find_interface(network, POPULATED_VPN, NULL, &luid), 0);
    assert_true(tally.adapter_luid == luid);
    assert_int_equal(
        tell_tally(address_message(MESSAGE_ADD_ADDRESS, POPULATED_ETHERNET, V4(10, 9, 0, 6), 24)),
        5);
    assert_true(tally.adapter_luid == luid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_claims_are_counted_by_kind_and_no_longer_when_they_end),
        TEST(test_a_connection_suffix_is_no_name_server),
        TEST(test_rules_and_filters),
        TEST(test_the_adapter_is_the_one_used_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
