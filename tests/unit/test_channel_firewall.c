/* SPDX-License-Identifier: MIT */
/* add_wfp_block, add_block_dns, their deletion, set_mtu and flush_neighbors over a machine in
 * memory. */
#include "channel/channel.h"

#include "base/errors.h"
#include "policy/vpn_adapters.h"
#include "system/firewall.h"
#include "tests/unit/channel_machine.h"

#include <string.h>

enum { LOCAL = 1, DNS = 2 };

static uint64_t luid_of(uint32_t interface)
{
    uint64_t luid = 0;
    assert_int_equal(network->find_interface(network, interface, NULL, &luid), 0);
    return luid;
}

static uint32_t send_block(struct channel *to, uint32_t flags, uint32_t interface)
{
    const struct message add = {.kind = MESSAGE_ADD_WFP_BLOCK,
                                .id = 7,
                                .wfp_block = {.flags = flags, .interface.index = interface}};
    return client_send(to, &add);
}

static uint32_t send_unblock(struct channel *to)
{
    const struct message delete = {.kind = MESSAGE_DELETE_WFP_BLOCK,
                                   .id = 7,
                                   .wfp_block = {.flags = LOCAL, .interface.index = POPULATED_VPN}};
    return client_send(to, &delete);
}

static uint32_t send_mtu(struct channel *to, int16_t family, uint32_t interface, uint32_t mtu)
{
    const struct message set = {
        .kind = MESSAGE_SET_MTU,
        .id = 7,
        .mtu = {.interface.index = interface, .family = family, .mtu = mtu}};
    return client_send(to, &set);
}

static void assert_metric(uint32_t interface, uint16_t family, bool automatic, uint32_t expected)
{
    struct interface_metric metric;
    assert_int_equal(network->get_metric(network, luid_of(interface), family, &metric), 0);
    assert_int_equal(metric.automatic, automatic);
    assert_int_equal(metric.metric, expected);
}

static void assert_mtu(uint32_t interface, uint16_t family, uint32_t expected)
{
    uint32_t mtu;
    assert_int_equal(network->get_mtu(network, luid_of(interface), family, &mtu), 0);
    assert_int_equal(mtu, expected);
}

static void assert_policy(const struct channel *of, size_t block,
                          enum firewall_policy_kind expected, uint32_t tunnel)
{
    struct firewall *firewall = network->firewall;
    struct firewall_policy policy;
    assert_true(block < of->block_count);
    assert_int_equal(firewall->get_block(firewall, of->blocks[block].id, &policy), 0);
    assert_int_equal(policy.kind, expected);
    assert_int_equal(policy.tunnel_luid, luid_of(tunnel));
}

/* ---- the meaning of a request ---- */

static void test_only_the_lone_dns_flag_means_dns_alone(void **state)
{
    (void)state;
    static const struct {
        uint32_t flags;
        enum firewall_policy_kind policy;
    } rows[] = {
        {2, POLICY_BLOCK_DNS},   {1, POLICY_BLOCK_LOCAL}, {3, POLICY_BLOCK_LOCAL},
        {0, POLICY_BLOCK_LOCAL}, {6, POLICY_BLOCK_LOCAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send_block(&channel, rows[i].flags, POPULATED_VPN), 0);
        assert_policy(&channel, i, rows[i].policy, POPULATED_VPN);
    }
}

static void test_2_6_client_gets_the_policy_of_2_6(void **state)
{
    (void)state;
    unsigned char bytes[MESSAGE_MAX_SIZE], answer[ACKNOWLEDGEMENT_MAX_SIZE];
    const struct message add = {.kind = MESSAGE_ADD_BLOCK_DNS,
                                .block_dns.interface.index = POPULATED_TAP};
    struct message_layout layout = {.machine = MACHINE_X64, .dialect = DIALECT_UP_TO_2_6};
    struct message acknowledgement;
    size_t answer_size, size = message_encode(&layout, &add, bytes, sizeof(bytes));
    assert_true(channel_serve(&old, bytes, size, answer, &answer_size));
    assert_int_equal(message_decode(&layout, answer, answer_size, &acknowledgement), 0);
    assert_int_equal(acknowledgement.acknowledgement.error, 0);
    assert_policy(&old, 0, POLICY_BLOCK_DNS_2_6, POPULATED_TAP);
    assert_metric(POPULATED_TAP, FAMILY_IPV4, false, 3);
}

static void test_tunnel_gets_metric_3_until_the_deletion(void **state)
{
    (void)state;
    assert_int_equal(send_block(&channel, DNS, POPULATED_WIFI), 0);
    assert_metric(POPULATED_WIFI, FAMILY_IPV4, false, 3);
    assert_metric(POPULATED_WIFI, FAMILY_IPV6, false, 3);
    assert_int_equal(send_unblock(&channel), 0);
    assert_true(machine_equal(machine, before));
    assert_int_equal(ledger_claim_count(ledger), 0);
}

static void test_tunnel_without_ipv6_is_served(void **state)
{
    (void)state;
    assert_int_equal(send_block(&channel, LOCAL, POPULATED_UMLAUT), 0);
    assert_metric(POPULATED_UMLAUT, FAMILY_IPV4, false, 3);
    assert_int_equal(send_unblock(&channel), 0);
    assert_true(machine_equal(machine, before));
}

static void test_tunnel_without_ipv4_is_served(void **state)
{
    (void)state;
    machine_remove_ipv4(machine, POPULATED_TAP);
    remember();
    assert_int_equal(send_block(&channel, DNS, POPULATED_TAP), 0);
    assert_policy(&channel, 0, POLICY_BLOCK_DNS, POPULATED_TAP);
    assert_metric(POPULATED_TAP, FAMILY_IPV6, false, 3);
    assert_int_equal(send_unblock(&channel), 0);
    assert_true(machine_equal(machine, before));
    assert_int_equal(channel.block_count, 0);
    assert_int_equal(ledger_claim_count(ledger), 0);
}

static void test_tunnel_without_any_family_is_refused_and_nothing_stays(void **state)
{
    (void)state;
    machine_remove_ip(machine, POPULATED_TAP);
    remember();
    assert_int_equal(send_block(&channel, DNS, POPULATED_TAP), ERROR_NOT_FOUND);
    assert_int_equal(channel.block_count, 0);
    assert_int_equal(ledger_claim_count(ledger), 0);
}

static void test_second_addition_is_the_first_to_go(void **state)
{
    (void)state;
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
    assert_int_equal(send_block(&channel, LOCAL, POPULATED_VPN), 0);
    assert_int_equal(send_unblock(&channel), 0);
    assert_int_equal(channel.block_count, 1);
    assert_policy(&channel, 0, POLICY_BLOCK_DNS, POPULATED_VPN);
    assert_metric(POPULATED_VPN, FAMILY_IPV4, false, 3);
    assert_int_equal(send_unblock(&channel), 0);
    assert_true(machine_equal(machine, before));
}

/* The deletion's flags and interface are ignored: openvpn.exe sends arbitrary ones. */
static void test_metric_comes_back_on_the_interface_it_was_taken_from(void **state)
{
    (void)state;
    assert_int_equal(send_block(&channel, DNS, POPULATED_WIFI), 0);
    assert_int_equal(send_block(&channel, DNS, POPULATED_TAP), 0);
    assert_int_equal(send_unblock(&channel), 0);
    assert_metric(POPULATED_TAP, FAMILY_IPV4, true, 25);
    assert_metric(POPULATED_WIFI, FAMILY_IPV4, false, 3);
    assert_int_equal(send_unblock(&channel), 0);
    assert_metric(POPULATED_WIFI, FAMILY_IPV4, false, 50);
}

static void test_deletion_without_addition_says_so_and_succeeds(void **state)
{
    (void)state;
    assert_int_equal(send_unblock(&channel), 0);
    assert_string_equal(last_line, "No previous block filters to delete");
    assert_true(machine_equal(machine, before));
}

static void test_deletion_does_not_take_another_sessions_filters(void **state)
{
    (void)state;
    assert_int_equal(send_block(&other, DNS, POPULATED_VPN), 0);
    assert_int_equal(send_unblock(&channel), 0);
    assert_policy(&other, 0, POLICY_BLOCK_DNS, POPULATED_VPN);
}

static void test_block_without_an_interface_is_refused(void **state)
{
    (void)state;
    assert_int_equal(send_block(&channel, DNS, 0), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_block(&channel, DNS, 77), ERROR_FILE_NOT_FOUND);
    assert_int_equal(machine_calls(machine, "block"), 0);
}

static void test_blocks_of_one_session_have_a_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CHANNEL_BLOCKS; i++)
        assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(send_unblock(&channel), 0);
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
}

/* ---- failures of every call that an addition and a deletion make ---- */

static void test_failed_step_of_an_addition_leaves_nothing(void **state)
{
    (void)state;
    static const char *const steps[] = {"find_interface", "get_block", "block", "get_metric",
                                        "set_metric"};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        machine_fail(machine, steps[i], 1, ERROR_ACCESS_DENIED);
        assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), ERROR_ACCESS_DENIED);
        assert_int_equal(ledger_claim_count(ledger), 0);
        assert_int_equal(channel.block_count, 0);
        assert_true(machine_equal(machine, before));
    }
}

static void test_failed_metric_of_ipv6_is_no_failure(void **state)
{
    (void)state;
    machine_fail(machine, "set_metric", 2, ERROR_ACCESS_DENIED);
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
    assert_metric(POPULATED_VPN, FAMILY_IPV4, false, 3);
    assert_metric(POPULATED_VPN, FAMILY_IPV6, true, 25);
}

static void test_failed_rollback_is_made_up_for_at_the_end(void **state)
{
    (void)state;
    machine_fail(machine, "set_metric", 1, ERROR_ACCESS_DENIED);
    machine_fail(machine, "unblock", 1, ERROR_GEN_FAILURE);
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), ERROR_ACCESS_DENIED);
    assert_int_equal(ledger_claim_count(ledger), 1);
    assert_int_equal(channel_close(&channel), 0);
    assert_true(machine_equal(machine, before));
}

static void test_failed_deletion_can_be_asked_for_again(void **state)
{
    (void)state;
    static const struct {
        const char *step;
        unsigned nth; /* the first metric is that of IPv6 */
    } rows[] = {{"set_metric", 2}, {"get_metric", 2}, {"unblock", 1}, {"get_block", 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send_block(&channel, DNS, POPULATED_WIFI), 0);
        machine_fail(machine, rows[i].step, rows[i].nth, ERROR_ACCESS_DENIED);
        assert_int_equal(send_unblock(&channel), ERROR_ACCESS_DENIED);
        assert_int_equal(channel.block_count, 1);
        assert_int_equal(send_unblock(&channel), 0);
        assert_true(machine_equal(machine, before));
    }
}

static void test_filters_that_have_gone_are_no_failure(void **state)
{
    (void)state;
    struct firewall *firewall = network->firewall;
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
    assert_int_equal(firewall->unblock(firewall, channel.blocks[0].id), 0);
    assert_int_equal(send_unblock(&channel), 0);
    assert_true(machine_equal(machine, before));
}

/* ---- several sessions ---- */

static void test_metric_stays_while_one_session_needs_it(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_block(&channel, DNS, POPULATED_WIFI), 0);
        assert_int_equal(send_block(&other, LOCAL, POPULATED_WIFI), 0);
        channel_close(first[i]);
        assert_metric(POPULATED_WIFI, FAMILY_IPV4, false, 3);
        assert_int_equal(last[i]->block_count, 1);
        channel_close(last[i]);
        assert_true(machine_equal(machine, before));
    }
}

static void test_metric_that_the_user_has_set_since_is_left_alone(void **state)
{
    (void)state;
    const struct interface_metric chosen = {.automatic = 0, .metric = 8};
    const struct interface_metric restored = {.automatic = 1, .metric = 0};
    assert_int_equal(send_block(&channel, DNS, POPULATED_VPN), 0);
    assert_int_equal(network->set_metric(network, luid_of(POPULATED_VPN), FAMILY_IPV4, &chosen), 0);
    channel_close(&channel);
    assert_metric(POPULATED_VPN, FAMILY_IPV4, false, 8);
    assert_int_equal(network->set_metric(network, luid_of(POPULATED_VPN), FAMILY_IPV4, &restored),
                     0);
}

/* ---- MTU ---- */

static void test_mtu_is_set_for_its_family_and_put_back(void **state)
{
    (void)state;
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 1300), 0);
    assert_mtu(POPULATED_TAP, FAMILY_IPV4, 1300);
    assert_mtu(POPULATED_TAP, FAMILY_IPV6, 1500);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV6, POPULATED_TAP, 1290), 0);
    assert_mtu(POPULATED_TAP, FAMILY_IPV6, 1290);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 1350), 0);
    channel_close(&channel);
    assert_mtu(POPULATED_TAP, FAMILY_IPV4, 1400);
    assert_true(machine_equal(machine, before));
}

static void test_living_session_keeps_its_mtu(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    const uint32_t kept[] = {1320, 1310};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 1310), 0);
        assert_int_equal(send_mtu(&other, FAMILY_IPV4, POPULATED_TAP, 1320), 0);
        channel_close(first[i]);
        assert_mtu(POPULATED_TAP, FAMILY_IPV4, kept[i]);
        channel_close(last[i]);
        assert_mtu(POPULATED_TAP, FAMILY_IPV4, 1400);
    }
}

static void test_bad_mtu_is_refused(void **state)
{
    (void)state;
    assert_int_equal(send_mtu(&channel, 7, POPULATED_TAP, 1300), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 500), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV6, POPULATED_TAP, 1279), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, 77, 1300), ERROR_FILE_NOT_FOUND);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV6, POPULATED_UMLAUT, 1300), ERROR_NOT_FOUND);
    assert_int_equal(ledger_claim_count(ledger), 0);
    machine_fail(machine, "get_mtu", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 1300), ERROR_ACCESS_DENIED);
    machine_fail(machine, "set_mtu", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 1300), ERROR_ACCESS_DENIED);
    assert_true(machine_equal(machine, before));
}

/* Otherwise the undo would take what Windows has made of it for another program's. */
static void test_mtu_that_windows_does_not_keep_is_refused(void **state)
{
    (void)state;
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 9000), 0);
    assert_int_equal(send_mtu(&channel, FAMILY_IPV4, POPULATED_TAP, 9001), ERROR_INVALID_PARAMETER);
    assert_mtu(POPULATED_TAP, FAMILY_IPV4, 9000);
    channel_close(&channel);
    assert_int_equal(send_mtu(&other, FAMILY_IPV4, POPULATED_TAP, 0xffffffff),
                     ERROR_INVALID_PARAMETER);
    assert_true(machine_equal(machine, before));
    channel_close(&other);
    assert_true(machine_equal(machine, before));
    assert_int_equal(ledger_left(ledger), 0);
}

/* ---- neighbours ---- */

static void test_neighbours_are_flushed_and_nothing_is_undone(void **state)
{
    (void)state;
    struct message flush = {
        .kind = MESSAGE_FLUSH_NEIGHBORS,
        .flush = {.family = FAMILY_IPV4, .interface.index = POPULATED_TAP},
    };
    assert_int_equal(client_send(&channel, &flush), 0);
    assert_int_equal(machine_calls(machine, "flush_neighbors"), 1);
    assert_int_equal(ledger_claim_count(ledger), 0);
    flush.flush.interface.index = 77;
    assert_int_equal(client_send(&channel, &flush), ERROR_FILE_NOT_FOUND);
    flush.flush.interface.index = POPULATED_TAP;
    machine_fail(machine, "flush_neighbors", 1, ERROR_GEN_FAILURE);
    assert_int_equal(client_send(&channel, &flush), ERROR_GEN_FAILURE);
}

static void test_neighbours_of_other_families_are_not_flushed(void **state)
{
    (void)state;
    static const int16_t families[] = {0, 1, 22, 24, -1};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct message flush = {
            .kind = MESSAGE_FLUSH_NEIGHBORS,
            .flush = {.family = families[i], .interface.index = POPULATED_TAP},
        };
        assert_int_equal(client_send(&channel, &flush), ERROR_INVALID_PARAMETER);
    }
    assert_int_equal(machine_calls(machine, "flush_neighbors"), 0);
}

static void test_neighbours_of_other_adapters_are_not_flushed(void **state)
{
    (void)state;
    const struct message flush = {
        .kind = MESSAGE_FLUSH_NEIGHBORS,
        .flush = {.family = FAMILY_IPV4, .interface.index = POPULATED_ETHERNET},
    };
    channel.options.vpn_adapters = VPN_ADAPTERS_DEFAULT;
    assert_int_equal(client_send(&channel, &flush), ERROR_ACCESS_DENIED);
    assert_int_equal(machine_calls(machine, "flush_neighbors"), 0);
}

#undef TEST
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, set_up_machine_for_any_adapter, tear_down_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_the_lone_dns_flag_means_dns_alone),
        TEST(test_2_6_client_gets_the_policy_of_2_6),
        TEST(test_tunnel_gets_metric_3_until_the_deletion),
        TEST(test_tunnel_without_ipv6_is_served),
        TEST(test_tunnel_without_ipv4_is_served),
        TEST(test_tunnel_without_any_family_is_refused_and_nothing_stays),
        TEST(test_second_addition_is_the_first_to_go),
        TEST(test_metric_comes_back_on_the_interface_it_was_taken_from),
        TEST(test_deletion_without_addition_says_so_and_succeeds),
        TEST(test_deletion_does_not_take_another_sessions_filters),
        TEST(test_block_without_an_interface_is_refused),
        TEST(test_blocks_of_one_session_have_a_limit),
        TEST(test_failed_step_of_an_addition_leaves_nothing),
        TEST(test_failed_metric_of_ipv6_is_no_failure),
        TEST(test_failed_rollback_is_made_up_for_at_the_end),
        TEST(test_failed_deletion_can_be_asked_for_again),
        TEST(test_filters_that_have_gone_are_no_failure),
        TEST(test_metric_stays_while_one_session_needs_it),
        TEST(test_metric_that_the_user_has_set_since_is_left_alone),
        TEST(test_mtu_is_set_for_its_family_and_put_back),
        TEST(test_living_session_keeps_its_mtu),
        TEST(test_bad_mtu_is_refused),
        TEST(test_mtu_that_windows_does_not_keep_is_refused),
        TEST(test_neighbours_are_flushed_and_nothing_is_undone),
        TEST(test_neighbours_of_other_families_are_not_flushed),
        TEST(test_neighbours_of_other_adapters_are_not_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
