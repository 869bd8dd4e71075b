/* SPDX-License-Identifier: MIT */
/* The machine moves to another network in mid-session: routes of the one that it has left stay
 * away, and come back with it. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"
#include "fakes/memory/journal_file.h"

#include <string.h>

enum { MANUAL = 1, NETMGMT = 3 };

static struct ledger_summary summary;
static unsigned lines;

static struct ip ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct ip){FAMILY_IPV4, {a, b, c, d}};
}

static struct ip ip6(uint8_t first, uint8_t last)
{
    return (struct ip){FAMILY_IPV6, {[0] = first, [1] = 0x80, [15] = last}};
}

static uint64_t luid_of(uint32_t index)
{
    uint64_t luid;
    assert_int_equal(network->find_interface(network, index, "", &luid), 0);
    return luid;
}

/* ---- what the machine has: none of this is the service's doing ---- */

static struct route_key route_key(uint32_t index, struct ip prefix, uint8_t length, struct ip hop)
{
    return (struct route_key){luid_of(index), prefix, length, hop};
}

static void have_route(const struct route_key *key)
{
    const struct route_settings settings = {.metric = 7,
                                            .protocol = NETMGMT,
                                            .valid_lifetime = 0xffffffff,
                                            .preferred_lifetime = 0xffffffff};
    assert_int_equal(network->create_route(network, key, &settings), 0);
}

static void lose_route(const struct route_key *key)
{
    assert_int_equal(network->delete_route(network, key), 0);
}

static bool has_route(const struct route_key *key)
{
    struct route_settings settings;
    uint32_t error = network->get_route(network, key, &settings);
    assert_true(!error || error == ERROR_NOT_FOUND);
    return !error;
}

static void have_address(uint32_t index, struct ip ip, uint8_t length)
{
    const struct address_key key = {luid_of(index), ip};
    const struct address_settings settings = {length, 0, MANUAL, MANUAL, 0xffffffff, 0xffffffff};
    assert_int_equal(network->create_address(network, &key, &settings), 0);
}

static void lose_address(uint32_t index, struct ip ip)
{
    const struct address_key key = {luid_of(index), ip};
    assert_int_equal(network->delete_address(network, &key), 0);
}

#define HOME_ADDRESS ip4(192, 168, 1, 23)
#define HOME_GATEWAY ip4(192, 168, 1, 1)

static struct route_key home_default(void)
{
    return route_key(POPULATED_ETHERNET, ip4(0, 0, 0, 0), 0, HOME_GATEWAY);
}

static struct route_key office_default(void)
{
    return route_key(POPULATED_ETHERNET, ip4(0, 0, 0, 0), 0, ip4(172, 16, 5, 1));
}

static void leave_home(void)
{
    lose_address(POPULATED_ETHERNET, HOME_ADDRESS);
    have_address(POPULATED_ETHERNET, ip4(172, 16, 5, 9), 24);
}

static void come_home(void)
{
    have_address(POPULATED_ETHERNET, HOME_ADDRESS, 24);
}

/* ---- what sessions ask ---- */

static struct message message_of(enum message_kind kind, uint32_t index,
                                 const struct route_key *key)
{
    struct message message = {
        .kind = kind,
        .route = {.family = (int16_t)key->prefix.family,
                  .prefix_length = key->prefix_length,
                  .interface.index = index,
                  .metric = 5},
    };
    memcpy(message.route.prefix.bytes, key->prefix.bytes, 16);
    memcpy(message.route.gateway.bytes, key->next_hop.bytes, 16);
    return message;
}

static void ask_to_add(struct channel *to, uint32_t index, const struct route_key *key)
{
    const struct message message = message_of(MESSAGE_ADD_ROUTE, index, key);
    assert_int_equal(client_send(to, &message), 0);
}

static void ask_to_delete(struct channel *to, uint32_t index, const struct route_key *key)
{
    const struct message message = message_of(MESSAGE_DELETE_ROUTE, index, key);
    assert_int_equal(client_send(to, &message), 0);
}

static void ask_to_delete_address(struct channel *to)
{
    const struct message message =
        address_message(MESSAGE_DELETE_ADDRESS, POPULATED_ETHERNET, V4(192, 168, 1, 23), 24);
    assert_int_equal(client_send(to, &message), 0);
}

static void end(struct channel *session)
{
    lines = line_count;
    assert_int_equal(channel_close(session), 0);
}

/* The step of a dead process: no call has an effect any more. */
static bool dies_at_once(void *context, const char *operation)
{
    (void)context;
    (void)operation;
    return false;
}

static void verify(void)
{
    lines = line_count;
    resources_verify(ledger, network, &summary);
}

#define assert_said(part) assert_event(lines, 0, part)
#define assert_silent()   assert_no_event(lines)

/* ---- the end of a session ---- */

static void test_a_default_route_of_the_network_that_was_left_stays_away(void **state)
{
    const struct route_key home = home_default(), office = office_default();
    (void)state;
    ask_to_delete(&channel, POPULATED_ETHERNET, &home);
    leave_home();
    have_route(&office);
    end(&channel);
    assert_said("route 0.0.0.0/0 via 192.168.1.1");
    assert_false(has_route(&home));
    assert_true(has_route(&office));
    remember();
}

static void test_a_default_route_comes_back_where_its_interface_has_no_other(void **state)
{
    const struct route_key home = home_default();
    (void)state;
    ask_to_delete(&channel, POPULATED_ETHERNET, &home);
    leave_home();
    end(&channel);
    assert_true(has_route(&home));
    remember();
}

static void test_a_route_of_the_network_that_was_left_stays_away(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    have_route(&host);
    ask_to_delete(&channel, POPULATED_ETHERNET, &host);
    leave_home();
    end(&channel);
    assert_said("route 203.0.113.5/32 via 192.168.1.1");
    assert_false(has_route(&host));
    remember();
}

static void test_many_routes_of_the_network_that_was_left_stay_away(void **state)
{
    enum { ROUTES = LEDGER_RETRIES + 10 };
    struct route_key keys[ROUTES];
    (void)state;
    for (uint8_t i = 0; i < ROUTES; i++) {
        keys[i] = route_key(POPULATED_ETHERNET, ip4(203, 0, 113, i), 32, HOME_GATEWAY);
        have_route(&keys[i]);
        ask_to_delete(&channel, POPULATED_ETHERNET, &keys[i]);
    }
    leave_home();
    end(&channel);
    for (uint8_t i = 0; i < ROUTES; i++)
        assert_false(has_route(&keys[i]));
    remember();
}

static void test_in_the_same_network_a_route_comes_back_beside_a_new_one(void **state)
{
    const struct route_key home = home_default();
    const struct route_key second =
        route_key(POPULATED_ETHERNET, ip4(0, 0, 0, 0), 0, ip4(192, 168, 1, 254));
    (void)state;
    ask_to_delete(&channel, POPULATED_ETHERNET, &home);
    have_route(&second);
    end(&channel);
    assert_true(has_route(&home));
    assert_true(has_route(&second));
    remember();
}

static void test_a_route_without_next_hop_comes_back_whatever_the_address(void **state)
{
    const struct route_key on_link =
        route_key(POPULATED_ETHERNET, ip4(192, 0, 2, 0), 24, ip4(0, 0, 0, 0));
    (void)state;
    have_route(&on_link);
    ask_to_delete(&channel, POPULATED_ETHERNET, &on_link);
    leave_home();
    end(&channel);
    assert_true(has_route(&on_link));
    remember();
}

/* As cloud providers give it: an address of its own, and the gateway by a host route. */
static void test_a_gateway_that_a_host_route_reaches_is_on_link(void **state)
{
    const struct route_key gateway =
        route_key(POPULATED_WIFI, ip4(172, 31, 1, 1), 32, ip4(0, 0, 0, 0));
    const struct route_key through =
        route_key(POPULATED_WIFI, ip4(203, 0, 113, 0), 24, ip4(172, 31, 1, 1));
    (void)state;
    have_address(POPULATED_WIFI, ip4(100, 64, 0, 2), 32);
    have_route(&gateway);
    have_route(&through);
    remember();
    ask_to_delete(&channel, POPULATED_WIFI, &through);
    end(&channel);
    assert_silent();
    assert_unchanged();
}

/* PPP and mobile: everything is on link. */
static void test_a_default_route_without_next_hop_covers_every_gateway(void **state)
{
    const struct route_key everything =
        route_key(POPULATED_VPN, ip4(0, 0, 0, 0), 0, ip4(0, 0, 0, 0));
    const struct route_key through =
        route_key(POPULATED_VPN, ip4(203, 0, 113, 0), 24, ip4(100, 65, 0, 1));
    (void)state;
    have_address(POPULATED_VPN, ip4(100, 64, 0, 2), 32);
    have_route(&everything);
    have_route(&through);
    remember();
    ask_to_delete(&channel, POPULATED_VPN, &through);
    end(&channel);
    assert_silent();
    assert_unchanged();
}

static void test_ipv6_next_hops_are_on_link_by_address_or_if_link_local(void **state)
{
    const struct route_key by_address =
        route_key(POPULATED_ETHERNET, ip6(0x20, 0), 64, ip6(0x28, 1));
    const struct route_key link_local =
        route_key(POPULATED_ETHERNET, ip6(0x24, 0), 64, ip6(0xFE, 1));
    (void)state;
    have_address(POPULATED_ETHERNET, ip6(0x28, 9), 64);
    have_route(&by_address);
    have_route(&link_local);
    ask_to_delete(&channel, POPULATED_ETHERNET, &by_address);
    ask_to_delete(&channel, POPULATED_ETHERNET, &link_local);
    lose_address(POPULATED_ETHERNET, ip6(0x28, 9));
    end(&channel);
    assert_said("next hop");
    assert_true(has_route(&link_local));
    assert_false(has_route(&by_address));
    remember();
}

/* Windows derives a route of the subnet from each address, which another program may have deleted.
 */
static void lose_subnet(struct ip prefix, uint8_t length)
{
    const struct route_key subnet =
        route_key(POPULATED_ETHERNET, prefix, length, (struct ip){.family = prefix.family});
    lose_route(&subnet);
    assert_false(has_route(&subnet));
}

static void test_an_address_alone_covers_a_next_hop(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    have_route(&host);
    lose_subnet(ip4(192, 168, 1, 0), 24);
    ask_to_delete(&channel, POPULATED_ETHERNET, &host);
    end(&channel);
    assert_silent();
    assert_true(has_route(&host));
    remember();
}

/* The interface has no address of the family. */
static void test_a_link_local_next_hop_needs_neither_address_nor_route(void **state)
{
    const struct route_key link_local = route_key(POPULATED_WIFI, ip6(0x24, 0), 64, ip6(0xFE, 1));
    (void)state;
    have_route(&link_local);
    ask_to_delete(&channel, POPULATED_WIFI, &link_local);
    end(&channel);
    assert_silent();
    assert_true(has_route(&link_local));
    remember();
}

/* ---- what our own changes take away comes back ---- */

static void test_a_route_waits_for_the_address_that_its_session_deleted(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    have_route(&host);
    remember();
    ask_to_delete_address(&channel);
    ask_to_delete(&channel, POPULATED_ETHERNET, &host);
    end(&channel);
    assert_silent();
    assert_unchanged();
}

static void test_a_route_waits_for_the_address_that_another_session_deleted(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    have_route(&host);
    ask_to_delete_address(&channel);
    ask_to_delete(&other, POPULATED_ETHERNET, &host);
    lines = line_count;
    assert_int_equal(channel_close(&other), 1);
    assert_said("route 203.0.113.5/32 via 192.168.1.1");
    assert_false(has_route(&host));
    end(&channel);
    assert_silent();
    assert_true(has_route(&host));
    remember();
}

static void test_while_others_live_a_route_waits_for_its_network(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    const struct route_key tunnel =
        route_key(POPULATED_VPN, ip4(10, 20, 0, 0), 16, ip4(10, 8, 0, 1));
    (void)state;
    have_route(&host);
    ask_to_delete(&channel, POPULATED_ETHERNET, &host);
    ask_to_add(&other, POPULATED_VPN, &tunnel);
    leave_home();
    assert_int_equal(channel_close(&channel), 1);
    assert_int_equal(resources_retry(ledger, network), 1);
    lines = line_count;
    assert_int_equal(resources_retry(ledger, network), 1);
    assert_silent();
    come_home();
    assert_int_equal(resources_retry(ledger, network), 0);
    assert_true(has_route(&host));
    end(&other);
    remember();
}

/* ---- routes of living sessions ---- */

static void test_a_route_that_was_lost_waits_for_its_network(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    ask_to_add(&channel, POPULATED_ETHERNET, &host);
    leave_home();
    lose_route(&host);
    verify();
    assert_said("route 203.0.113.5/32 via 192.168.1.1");
    assert_false(has_route(&host));
    assert_int_equal(summary.waiting, 1);
    assert_int_equal(summary.failed, 0);
    verify();
    assert_silent();
    come_home();
    verify();
    assert_true(has_route(&host));
    assert_int_equal(summary.waiting, 0);
    end(&channel);
    assert_false(has_route(&host));
    remember();
}

static void test_a_route_that_has_stayed_is_not_touched(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    (void)state;
    ask_to_add(&channel, POPULATED_ETHERNET, &host);
    leave_home();
    verify();
    assert_silent();
    assert_true(has_route(&host));
    end(&channel);
    assert_false(has_route(&host));
    remember();
}

static void test_what_a_session_asks_is_done_also_off_link(void **state)
{
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, ip4(198, 51, 100, 1));
    (void)state;
    ask_to_add(&channel, POPULATED_ETHERNET, &host);
    assert_true(has_route(&host));
}

/* ---- after a crash ---- */

static void test_after_a_crash_the_rule_is_the_same(void **state)
{
    const struct route_key home = home_default(), office = office_default();
    const struct route_key host =
        route_key(POPULATED_ETHERNET, ip4(203, 0, 113, 5), 32, HOME_GATEWAY);
    struct fake_file *file = fake_file_create();
    struct journal_options options = {.file = fake_file_open(file), .boot = 1};
    struct channel_options session = {.process_id = 4545, .vpn_adapters = u"*"};
    struct journal_report report;
    struct journal *journal;
    struct channel lost;
    uint32_t clean_up_error = 0;
    (void)state;
    have_route(&host);
    assert_int_equal(journal_open(&options, &journal, &report), 0);
    struct ledger *first = resources_ledger_create(network, journal, NULL);
    channel_open(&lost, first, network, &client_layout, &session);
    ask_to_delete(&lost, POPULATED_ETHERNET, &home);
    ask_to_delete(&lost, POPULATED_ETHERNET, &host);
    machine_set_step(machine, dies_at_once, NULL);
    channel_close(&lost); /* in vain */
    machine_set_step(machine, NULL, NULL);
    machine_restart_process(machine);
    ledger_destroy(first);
    journal_close(journal);

    leave_home();
    have_route(&office);
    options.file = fake_file_open(file);
    assert_int_equal(journal_open(&options, &journal, &report), 0);
    struct ledger *second = resources_ledger_create(network, journal, NULL);
    assert_int_equal(resources_recover(second, network, &summary, &clean_up_error), 0);
    assert_int_equal(summary.left_alone, 2);
    assert_int_equal(summary.failed, 0);
    assert_int_equal(ledger_left(second), 0);
    assert_false(has_route(&home));
    assert_false(has_route(&host));
    ledger_destroy(second);
    journal_close(journal);
    fake_file_destroy(file);
    remember();
}

#undef TEST
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, set_up_machine_for_any_adapter, tear_down_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_default_route_of_the_network_that_was_left_stays_away),
        TEST(test_a_default_route_comes_back_where_its_interface_has_no_other),
        TEST(test_a_route_of_the_network_that_was_left_stays_away),
        TEST(test_many_routes_of_the_network_that_was_left_stay_away),
        TEST(test_in_the_same_network_a_route_comes_back_beside_a_new_one),
        TEST(test_a_route_without_next_hop_comes_back_whatever_the_address),
        TEST(test_a_gateway_that_a_host_route_reaches_is_on_link),
        TEST(test_a_default_route_without_next_hop_covers_every_gateway),
        TEST(test_ipv6_next_hops_are_on_link_by_address_or_if_link_local),
        TEST(test_an_address_alone_covers_a_next_hop),
        TEST(test_a_link_local_next_hop_needs_neither_address_nor_route),
        TEST(test_a_route_waits_for_the_address_that_its_session_deleted),
        TEST(test_a_route_waits_for_the_address_that_another_session_deleted),
        TEST(test_while_others_live_a_route_waits_for_its_network),
        TEST(test_a_route_that_was_lost_waits_for_its_network),
        TEST(test_a_route_that_has_stayed_is_not_touched),
        TEST(test_what_a_session_asks_is_done_also_off_link),
        TEST(test_after_a_crash_the_rule_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
