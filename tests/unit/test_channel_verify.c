/* SPDX-License-Identifier: MIT */
/* After Windows has slept, changes of sessions may be lost or overwritten by other programs. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"
#include "resource/address.h"

static const struct message route = {.kind = MESSAGE_ADD_ROUTE,
                                     .route = {.family = FAMILY_IPV4,
                                               .prefix = {{10, 20}},
                                               .prefix_length = 16,
                                               .gateway = {{10, 8, 0, 1}},
                                               .interface.index = POPULATED_VPN,
                                               .metric = 5}};

static struct fake_machine *applied;
static struct ledger_summary summary;

static int set_up_session(void **state)
{
    const struct message wins = wins_message(MESSAGE_ADD_WINS, POPULATED_TAP, "10.8.0.5");
    const struct message address =
        address_message(MESSAGE_ADD_ADDRESS, POPULATED_VPN, V4(10, 8, 0, 2), 24);
    set_up_machine(state);
    assert_int_equal(client_send(&channel, &address), 0);
    assert_int_equal(client_send(&channel, &route), 0);
    assert_int_equal(client_send(&channel, &wins), 0);
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".vpn.example", "vpn.example"), 0);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV6, "fd00::1", "corp.example"), 0);
    applied = machine_snapshot(machine);
    return 0;
}

static int tear_down_session(void **state)
{
    machine_destroy(applied);
    return tear_down_machine(state);
}

static void lose_route(void)
{
    struct route_key key = {.prefix = {2, {10, 20}}, .prefix_length = 16};
    key.next_hop = (struct ip){2, {10, 8, 0, 1}};
    assert_int_equal(network->find_interface(network, POPULATED_VPN, "", &key.interface_luid), 0);
    assert_int_equal(network->delete_route(network, &key), 0);
}

static void test_what_is_as_it_was_stays(void **state)
{
    (void)state;
    const unsigned applications = machine_calls(machine, "apply");
    resources_verify(ledger, network, &summary);
    assert_int_equal(summary.changed, 0);
    assert_int_equal(summary.failed, 0);
    assert_int_equal(summary.unchanged, ledger_claim_count(ledger) - 1); /* two share a list */
    assert_true(machine_equal(applied, machine));
    assert_int_equal(machine_calls(machine, "apply"), applications);
}

static void test_what_was_lost_is_made_again_and_applied(void **state)
{
    (void)state;
    const unsigned applications = machine_calls(machine, "apply");
    lose_route();
    machine_remove_keys(machine, RULES u"\\OpenVPNDNSRouting-4242");
    machine_set_text(machine, TCPIP, u"SearchList", u"corp.example,example.net");
    machine_remove_value(machine, TCPIP6 u"\\Interfaces\\" VPN_GUID, u"NameServer");
    resources_verify(ledger, network, &summary);
    assert_int_equal(summary.failed, 0);
    assert_true(summary.changed >= 4);
    assert_true(machine_equal(applied, machine));
    assert_int_equal(machine_calls(machine, "apply"), applications + 1);
}

static void test_what_cannot_be_made_again_is_counted(void **state)
{
    (void)state;
    lose_route();
    machine_fail(machine, "create_route", 1, ERROR_GEN_FAILURE);
    resources_verify(ledger, network, &summary);
    assert_int_equal(summary.failed, 1);
    resources_verify(ledger, network, &summary);
    assert_int_equal(summary.failed, 0);
    assert_int_equal(summary.changed, 1);
    assert_true(machine_equal(applied, machine));
}

/* Windows tells of it, too. */
static void test_an_address_is_known_as_long_as_a_session_has_it(void **state)
{
    struct address_key key = {.address = {FAMILY_IPV4, {10, 8, 0, 2}}};
    (void)state;
    assert_int_equal(network->find_interface(network, POPULATED_VPN, "", &key.interface_luid), 0);
    assert_true(address_is_known(ledger, &key));
    channel_close(&channel);
    assert_false(address_is_known(ledger, &key));
    key.address.bytes[3] = 3;
    assert_false(address_is_known(ledger, &key));
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_session, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_as_it_was_stays),
        TEST(test_what_was_lost_is_made_again_and_applied),
        TEST(test_what_cannot_be_made_again_is_counted),
        TEST(test_an_address_is_known_as_long_as_a_session_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
