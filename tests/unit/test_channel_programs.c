/* SPDX-License-Identifier: MIT */
/* Requests that the service serves by running programs, over a machine in memory: WINS, DHCP,
 * register_dns and create_adapter; and ring buffers, which it does not serve. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"

#include <string.h>

#define OF_TAP    TCPIP u"\\Interfaces\\" TAP_GUID
#define WINS_TAP  NETBT TAP_GUID
#define WINS_VPN  NETBT VPN_GUID
#define WINS_LIST u"NameServerList"

/* ---- WINS ---- */

static uint32_t send_wins(struct channel *to, uint32_t index, const char *addresses)
{
    const struct message message = wins_message(MESSAGE_ADD_WINS, index, addresses);
    return client_send(to, &message);
}

static uint32_t send_delete_wins(struct channel *to, uint32_t index)
{
    const struct message message = wins_message(MESSAGE_DELETE_WINS, index, "");
    return client_send(to, &message);
}

static void test_wins_servers_are_set_and_put_back(void **state)
{
    (void)state;
    assert_int_equal(send_wins(&channel, POPULATED_TAP, "10.8.0.1 10.8.0.2"), 0);
    assert_value(WINS_TAP, WINS_LIST, "10.8.0.1 | 10.8.0.2");
    assert_string_equal(machine_programs(machine), "netsh interface ip delete wins 9  all\n"
                                                   "netsh interface ip set wins 9 static 10.8.0.1\n"
                                                   "netsh interface ip add wins 9  10.8.0.2\n");
    assert_int_equal(send_delete_wins(&channel, POPULATED_TAP), 0);
    assert_value(WINS_TAP, WINS_LIST, "10.99.0.44");
    assert_non_null(strstr(machine_programs(machine), "set wins 9 static 10.99.0.44\n"));
    assert_unchanged();
}

static void test_wins_servers_of_the_living_session_stay(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    static const char *const kept[] = {"10.9.0.1", "10.8.0.1"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_wins(&channel, POPULATED_VPN, "10.8.0.1"), 0);
        assert_int_equal(send_wins(&other, POPULATED_VPN, "10.9.0.1"), 0);
        channel_close(first[i]);
        assert_value(WINS_VPN, WINS_LIST, kept[i]);
        channel_close(last[i]);
        assert_unchanged(); /* the value did not exist */
    }
}

static void test_wins_without_interface_or_server_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(send_wins(&channel, 0, "10.8.0.1"), 0);
    assert_int_equal(send_wins(&channel, POPULATED_TAP, ""), 0);
    assert_int_equal(send_delete_wins(&channel, 0), 0);
    assert_int_equal(send_delete_wins(&channel, POPULATED_TAP), 0);
    assert_string_equal(machine_programs(machine), "");
    assert_int_equal(send_wins(&channel, POPULATED_WIFI, "10.8.0.1"), ERROR_ACCESS_DENIED);
    assert_int_equal(send_wins(&channel, 77, "10.8.0.1"), ERROR_FILE_NOT_FOUND);
}

static void test_failed_netsh_leaves_the_wins_servers(void **state)
{
    (void)state;
    const struct message add = wins_message(MESSAGE_ADD_WINS, POPULATED_TAP, "10.8.0.1 10.8.0.2");
    fail_each_call(&channel, &add, "run");
    fail_each_call(&channel, &add, "run_to_the_end");
}

/* ---- DHCP ---- */

static struct message dhcp_message(uint32_t index)
{
    return (struct message){.kind = MESSAGE_ENABLE_DHCP, .id = 7, .dhcp.interface.index = index};
}

static void test_dhcp_is_enabled_and_the_fixed_addresses_come_back(void **state)
{
    (void)state;
    const struct message enable = dhcp_message(POPULATED_TAP);
    assert_int_equal(client_send(&channel, &enable), 0);
    assert_string_equal(machine_programs(machine),
                        "netsh interface ipv4 set address name=\"9\" source=dhcp\n");
    assert_value(OF_TAP, u"EnableDHCP", "1");
    channel_close(&channel);
    assert_string_equal(strchr(machine_programs(machine), '\n') + 1,
                        "netsh interface ipv4 set address name=\"9\" source=static "
                        "address=10.98.0.1 mask=255.255.0.0 gateway=10.98.0.254 gwmetric=0\n"
                        "netsh interface ipv4 add address name=\"9\" address=10.97.0.1 "
                        "mask=255.255.255.0\n"
                        "netsh interface ipv4 add address name=\"9\" gateway=10.98.0.253 "
                        "gwmetric=7\n");
    assert_unchanged();
}

static void test_interface_without_addresses_gets_its_switch_back(void **state)
{
    (void)state;
    const struct message enable = dhcp_message(POPULATED_VPN);
    assert_int_equal(client_send(&channel, &enable), 0);
    channel_close(&channel);
    assert_value(TCPIP u"\\Interfaces\\" VPN_GUID, u"EnableDHCP", "0");
    assert_null(strstr(machine_programs(machine), "source=static"));
    /* netsh leaves empty lists, which mean the same as absent ones */
    static const char16_t *const lists[] = {u"IPAddress", u"SubnetMask", u"DefaultGateway",
                                            u"DefaultGatewayMetric"};
    for (size_t i = 0; i < 4; i++)
        machine_remove_value(machine, TCPIP u"\\Interfaces\\" VPN_GUID, lists[i]);
}

static void test_dhcp_that_is_enabled_needs_no_program(void **state)
{
    (void)state;
    const struct message enable = dhcp_message(POPULATED_UMLAUT);
    assert_int_equal(client_send(&channel, &enable), 0);
    assert_string_equal(machine_programs(machine), "");
}

static void test_failed_netsh_leaves_the_fixed_addresses(void **state)
{
    (void)state;
    const struct message enable = dhcp_message(POPULATED_TAP);
    fail_each_call(&channel, &enable, "run");
    fail_each_call(&channel, &enable, "run_to_the_end");
}

/* ---- other requests ---- */

static void test_register_dns_flushes_first(void **state)
{
    (void)state;
    const struct message message = {.kind = MESSAGE_REGISTER_DNS, .id = 7};
    assert_int_equal(client_send(&channel, &message), 0);
    assert_string_equal(machine_programs(machine), "ipconfig /flushdns\nipconfig /registerdns\n");
    machine_fail(machine, "register_dns", 1, ERROR_GEN_FAILURE);
    assert_int_equal(client_send(&channel, &message), ERROR_GEN_FAILURE);
}

static void test_adapters_of_two_types_can_be_made(void **state)
{
    (void)state;
    struct message message = {.kind = MESSAGE_CREATE_ADAPTER, .id = 7};
    assert_int_equal(client_send(&channel, &message), 0);
    message.create_adapter.adapter_type = 1;
    assert_int_equal(client_send(&channel, &message), 0);
    assert_string_equal(machine_programs(machine), "tapctl create --hwid ovpn-dco\n"
                                                   "tapctl create --hwid root\\tap0901\n");
    message.create_adapter.adapter_type = 2;
    assert_int_equal(client_send(&channel, &message), ERROR_INVALID_PARAMETER);
    message.create_adapter.adapter_type = 0xffffffff;
    assert_int_equal(client_send(&channel, &message), ERROR_INVALID_PARAMETER);
    machine_fail(machine, "run", 1, 258);
    message.create_adapter.adapter_type = 0;
    assert_int_equal(client_send(&channel, &message), 258);
}

static void test_a_session_makes_a_few_adapters_at_most(void **state)
{
    (void)state;
    const struct message message = {.kind = MESSAGE_CREATE_ADAPTER, .id = 7};
    for (unsigned i = 0; i < CHANNEL_ADAPTERS; i++)
        assert_int_equal(client_send(&channel, &message), 0);
    size_t made = strlen(machine_programs(machine));
    assert_int_equal(client_send(&channel, &message), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(strlen(machine_programs(machine)), made);
}

static void test_failures_use_up_no_adapters_of_the_session(void **state)
{
    (void)state;
    const struct message message = {.kind = MESSAGE_CREATE_ADAPTER, .id = 7};
    for (unsigned i = 0; i < 2 * CHANNEL_ADAPTERS; i++) {
        machine_fail(machine, "run", 1, 258);
        assert_int_equal(client_send(&channel, &message), 258);
    }
    assert_int_equal(client_send(&channel, &message), 0);
}

static void test_sessions_of_a_user_make_a_few_adapters_at_most(void **state)
{
    (void)state;
    atomic_uint made = 0;
    const struct message message = {.kind = MESSAGE_CREATE_ADAPTER, .id = 7};
    channel.options.adapters = other.options.adapters = &made;
    for (unsigned i = 0; i < CHANNEL_USER_ADAPTERS; i++) {
        machine_fail(machine, "run_to_the_end", 1, 258); /* it is there all the same */
        assert_int_equal(client_send(&channel, &message), 258);
    }
    assert_int_equal(client_send(&other, &message), ERROR_NOT_ENOUGH_QUOTA);
}

static void test_ring_buffers_are_an_unknown_type(void **state)
{
    (void)state;
    unsigned char bytes[64] = {14, 0, 0, 0, 0, 0, 0, 0, 64}, answer[ACKNOWLEDGEMENT_MAX_SIZE];
    struct message_layout layout = old.layout;
    struct message acknowledgement;
    size_t size;
    assert_true(channel_serve(&old, bytes, sizeof(bytes), answer, &size));
    assert_int_equal(message_decode(&layout, answer, size, &acknowledgement), 0);
    assert_int_equal(acknowledgement.acknowledgement.error, ERROR_MESSAGE_TYPE);
    assert_non_null(strstr(last_line, "wintun"));
    assert_non_null(strstr(last_line, "windows-driver tap-windows6"));
}

/* A message of a program made from 2.4: its own, under the number of the ring buffers. */
static void test_another_message_of_that_number_is_no_ring_buffers(void **state)
{
    (void)state;
    unsigned char bytes[24] = {14, 0, 0, 0, 0, 0, 0, 0, 24}, answer[ACKNOWLEDGEMENT_MAX_SIZE];
    size_t size;
    assert_true(channel_serve(&old, bytes, sizeof(bytes), answer, &size));
    assert_string_equal(last_line, "Unknown message type 14");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wins_servers_are_set_and_put_back),
        TEST(test_wins_servers_of_the_living_session_stay),
        TEST(test_wins_without_interface_or_server_is_nothing),
        TEST(test_failed_netsh_leaves_the_wins_servers),
        TEST(test_dhcp_is_enabled_and_the_fixed_addresses_come_back),
        TEST(test_interface_without_addresses_gets_its_switch_back),
        TEST(test_dhcp_that_is_enabled_needs_no_program),
        TEST(test_failed_netsh_leaves_the_fixed_addresses),
        TEST(test_register_dns_flushes_first),
        TEST(test_adapters_of_two_types_can_be_made),
        TEST(test_a_session_makes_a_few_adapters_at_most),
        TEST(test_failures_use_up_no_adapters_of_the_session),
        TEST(test_sessions_of_a_user_make_a_few_adapters_at_most),
        TEST(test_ring_buffers_are_an_unknown_type),
        TEST(test_another_message_of_that_number_is_no_ring_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
