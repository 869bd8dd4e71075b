/* SPDX-License-Identifier: MIT */
/* add_dns_cfg and delete_dns_cfg over a machine in memory: name servers of an interface, search
 * domains, and the connection suffix of older clients. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"

#include <string.h>

#define OF_VPN    TCPIP u"\\Interfaces\\" VPN_GUID
#define OF_VPN6   TCPIP6 u"\\Interfaces\\" VPN_GUID
#define OF_TAP    TCPIP u"\\Interfaces\\" TAP_GUID
#define OF_TAP6   TCPIP6 u"\\Interfaces\\" TAP_GUID
#define OF_UMLAUT TCPIP u"\\Interfaces\\" UMLAUT_GUID
#define LIST      u"SearchList"
#define INITIAL   u"InitialSearchList"
#define U(text)   u"" text
#define OLD_LIST  "corp.example,example.net"

/* ---- name servers ---- */

static void test_name_servers_are_set_for_their_family(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.1 10.8.0.2", ""), 0);
    assert_value(OF_VPN, u"NameServer", "10.8.0.1,10.8.0.2");
    assert_no_value(OF_VPN6, u"NameServer");
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV6, "fd00::1", ""), 0);
    assert_value(OF_VPN6, u"NameServer", "fd00::1");
    assert_int_equal(machine_calls(machine, "apply"), 2);
    assert_int_equal(machine_calls(machine, "apply_policy"), 0);
}

static void test_deletion_brings_back_what_was_there(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV6, "fd00::1", ""), 0);
    assert_int_equal(send_delete_dns(&channel, TAP_NAME, FAMILY_IPV4, ""), 0);
    assert_value(OF_TAP, u"NameServer", "10.99.0.53,10.99.0.54");
    assert_value(OF_TAP6, u"NameServer", "fd00::1");
    assert_int_equal(send_delete_dns(&channel, TAP_NAME, FAMILY_IPV6, ""), 0);
    assert_unchanged();
}

static void test_deletion_of_what_was_never_added_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(send_delete_dns(&channel, TAP_NAME, FAMILY_IPV4, "x.example"), 0);
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
    assert_int_equal(send_delete_dns(&other, TAP_NAME, FAMILY_IPV4, ""), 0);
    assert_value(OF_TAP, u"NameServer", "10.8.0.1");
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.9", ""), 0);
    assert_value(OF_TAP, u"NameServer", "10.8.0.9");
}

static void test_name_servers_of_the_living_session_stay(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    static const char *const kept[] = {"10.8.0.2", "10.8.0.1"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
        assert_int_equal(send_dns(&other, TAP_NAME, FAMILY_IPV4, "10.8.0.2", ""), 0);
        assert_int_equal(channel_close(first[i]), 0);
        assert_value(OF_TAP, u"NameServer", kept[i]);
        assert_int_equal(channel_close(last[i]), 0);
        assert_unchanged();
    }
}

static void test_name_servers_that_the_user_has_set_since_stay(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
    machine_set_text(machine, OF_VPN, u"NameServer", u"9.9.9.9");
    channel_close(&channel);
    assert_value(OF_VPN, u"NameServer", "9.9.9.9");
    machine_remove_value(machine, OF_VPN, u"NameServer");
}

static void test_end_of_a_session_is_applied(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
    unsigned applied = machine_calls(machine, "apply");
    channel_close(&channel);
    assert_int_equal(machine_calls(machine, "apply"), applied + 1);
    channel_close(&other); /* although nothing has changed */
    assert_int_equal(machine_calls(machine, "apply"), applied + 1);
}

static void test_bad_requests_are_refused(void **state)
{
    (void)state;
    struct message many = dns_message(MESSAGE_ADD_DNS, UMLAUT_NAME, FAMILY_IPV4,
                                      "10.8.0.1 10.8.0.2 10.8.0.3 10.8.0.4", "");
    assert_int_equal(send_dns(&channel, "", FAMILY_IPV4, "10.8.0.1", ""), ERROR_MESSAGE_DATA);
    assert_int_equal(send_delete_dns(&channel, "", FAMILY_IPV4, ""), ERROR_MESSAGE_DATA);
    assert_int_equal(send_dns(&channel, "nobody", FAMILY_IPV4, "10.8.0.1", ""),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(send_dns(&channel, VPN_NAME, 7, "10.8.0.1", ""), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_delete_dns(&channel, VPN_NAME, 7, ""), ERROR_INVALID_PARAMETER);
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "a b"), ERROR_MESSAGE_DATA);
    assert_unchanged();
    many.dns.address_count = 0xffffffff;
    assert_int_equal(client_send(&channel, &many), 0);
    assert_value(OF_UMLAUT, u"NameServer", "10.8.0.1,10.8.0.2,10.8.0.3,10.8.0.4");
}

static void test_only_vpn_adapters_are_served(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, "Wi-Fi", FAMILY_IPV4, "10.8.0.1", ""), ERROR_ACCESS_DENIED);
    assert_non_null(strstr(last_line, "no VPN adapter"));
    assert_non_null(strstr(last_line, "4242"));
    last_line[0] = '\0';
    assert_int_equal(send_dns(&channel, "Ethernet", FAMILY_IPV4, "", "x.example"),
                     ERROR_ACCESS_DENIED);
    assert_string_equal(last_line, "");
    channel.options.vpn_adapters = u"*";
    assert_int_equal(send_dns(&channel, "Wi-Fi", FAMILY_IPV4, "10.8.0.1", ""), 0);
}

/* ---- search domains ---- */

static void test_search_domains_go_to_the_list_that_is_in_force(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "vpn.example,lab.example"), 0);
    assert_value(TCPIP, LIST, OLD_LIST ",vpn.example,lab.example");
    assert_no_value(TCPIP, INITIAL);
    assert_no_value(OF_VPN, LIST);
    assert_int_equal(send_delete_dns(&channel, VPN_NAME, FAMILY_IPV4, "vpn.example,lab.example"),
                     0);
    assert_unchanged();
}

static void test_group_policys_list_is_the_first_choice(void **state)
{
    (void)state;
    machine_set_text(machine, POLICY, LIST, u"policy.example");
    remember();
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "vpn.example"), 0);
    assert_value(POLICY, LIST, "policy.example,vpn.example");
    assert_no_value(POLICY, INITIAL);
    assert_value(TCPIP, LIST, OLD_LIST);
    assert_int_equal(machine_calls(machine, "apply_policy"), 1);
    channel_close(&channel);
    assert_int_equal(machine_calls(machine, "apply_policy"), 2);
    assert_unchanged();
}

static void test_interfaces_list_is_the_last_choice(void **state)
{
    (void)state;
    machine_remove_value(machine, TCPIP, LIST);
    machine_set_text(machine, POLICY, LIST, u" , ");
    remember();
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "vpn.example"), 0);
    assert_int_equal(send_dns(&other, UMLAUT_NAME, FAMILY_IPV4, "", "vpn.example"), 0);
    assert_value(OF_VPN, LIST, "vpn.example");
    assert_value(OF_UMLAUT, LIST, "vpn.example");
    assert_no_value(OF_VPN, INITIAL);
    channel_close(&channel);
    channel_close(&other);
    assert_unchanged();
}

static void test_new_domains_replace_those_of_the_session(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "a.example"), 0);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV4, "", "a.example"), 0);
    assert_value(TCPIP, LIST, OLD_LIST ",a.example,a.example");
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "b.example"), 0);
    assert_value(TCPIP, LIST, OLD_LIST ",a.example,b.example");
}

/* The user's list has one of the domains already. */
static void test_shared_domains_whichever_session_ends_first(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "corp.example,x.example"),
                         0);
        assert_int_equal(send_dns(&other, TAP_NAME, FAMILY_IPV4, "", "x.example,corp.example"), 0);
        assert_int_equal(channel_close(first[i]), 0);
        assert_int_equal(channel_close(last[i]), 0);
        assert_unchanged();
    }
}

static void test_list_rewritten_by_another_program_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "x.example"), 0);
    machine_set_text(machine, TCPIP, LIST, u"new.example");
    channel_close(&channel);
    assert_value(TCPIP, LIST, "new.example");
    resources_clean_up(ledger, network);
    assert_value(TCPIP, LIST, "new.example");
    assert_no_value(TCPIP, INITIAL);
    machine_set_text(machine, TCPIP, LIST, u"corp.example,example.net");
}

/* Another service has come after us, so our domains are in what it takes for the user's list. */
static void test_domains_do_not_come_back_with_what_another_service_keeps(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "a.example,b.example"), 0);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV4, "", "a.example"), 0);
    machine_set_text(machine, TCPIP, INITIAL, U(OLD_LIST) u",a.example,b.example,a.example");
    machine_set_text(machine, TCPIP, LIST,
                     U(OLD_LIST) u",a.example,b.example,a.example,theirs.example");
    channel_close(&channel);
    assert_value(TCPIP, LIST, OLD_LIST ",a.example,theirs.example");
    assert_value(TCPIP, INITIAL, OLD_LIST ",a.example");
    machine_set_text(machine, TCPIP, LIST, U(OLD_LIST) u",a.example");
    channel_close(&other);
    assert_no_value(TCPIP, INITIAL);
    assert_unchanged();
}

static void test_full_list_costs_the_domains_only(void **state)
{
    (void)state;
    unsigned events = 0;
    char16_t list[2048];
    struct text text = TEXT_ON(list);
    while (text.length < 2040)
        text_append(&text, u"a.a,");
    machine_set_text(machine, TCPIP, LIST, list);
    remember();
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "", "long.example"),
                     ERROR_OUTOFMEMORY);
    assert_event(events, ERROR_OUTOFMEMORY, "add_dns_cfg of process 4242 refused: ");
    assert_unchanged();
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.1", "long.example"), 0);
    assert_event(events, ERROR_OUTOFMEMORY, "add_dns_cfg of process 4242 served in part: ");
    assert_value(OF_TAP, u"NameServer", "10.8.0.1");
}

/* ---- what is left out ---- */

static const struct {
    const char *sent, *added;
    uint32_t error;       /* of the event */
    const char *left_out; /* in the event; NULL: there is none */
} odd_domains[] = {
    {".vpn.example,..lab.example", ",vpn.example,lab.example", 0, NULL},
    {"vpn.example,.", ",vpn.example", 0, "(1): ."},
    {"a..b,vpn.example,c d,x\xFC", ",vpn.example", ERROR_MESSAGE_DATA, "(3): a..b, c d, x"},
    {"a b", "", ERROR_MESSAGE_DATA, "(1): a b"},
    {".", "", 0, "(1): ."},
};

static void test_what_is_no_domain_name_is_left_out_and_named(void **state)
{
    (void)state;
    unsigned events = 0;
    for (size_t i = 0; i < sizeof(odd_domains) / sizeof(odd_domains[0]); i++) {
        const char *sent = odd_domains[i].sent;
        char list[256];
        snprintf(list, sizeof(list), "%s%s", OLD_LIST, odd_domains[i].added);
        assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "10.8.0.1", sent), 0);
        assert_value(OF_VPN, u"NameServer", "10.8.0.1");
        assert_value(TCPIP, LIST, list);
        if (odd_domains[i].left_out)
            assert_event(events, odd_domains[i].error, odd_domains[i].left_out);
        assert_no_event(events);
        assert_int_equal(send_delete_dns(&channel, VPN_NAME, FAMILY_IPV4, sent), 0);
        assert_unchanged();
    }
}

static void test_nothing_but_what_is_left_out_is_an_error(void **state)
{
    (void)state;
    unsigned events = 0;
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "a b,c d"), ERROR_MESSAGE_DATA);
    assert_event(events, ERROR_MESSAGE_DATA, "add_dns_cfg of process 4242 refused: ");
    assert_non_null(strstr(last_line, "a b, c d"));
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV4, "", "."), 0);
    assert_event(events, 0, "add_dns_cfg of process 4242 served in part: ");
    assert_unchanged();
}

static void test_adapter_without_a_family_loses_the_name_servers_only(void **state)
{
    (void)state;
    unsigned events = 0;
    machine_remove_keys(machine, OF_VPN6);
    remember();
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV6, "fd00::1", ""),
                     ERROR_FILE_NOT_FOUND);
    assert_event(events, ERROR_FILE_NOT_FOUND, "add_dns_cfg of process 4242 refused: ");
    assert_unchanged();
    assert_int_equal(send_dns(&channel, VPN_NAME, FAMILY_IPV6, "fd00::1", "vpn.example"), 0);
    assert_event(events, ERROR_FILE_NOT_FOUND, "IPv6");
    assert_value(TCPIP, LIST, OLD_LIST ",vpn.example");
}

static void test_suffix_of_older_clients_is_left_out_in_the_same_way(void **state)
{
    (void)state;
    unsigned events = 0;
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "", ".vpn.example"), 0);
    assert_value(OF_TAP, u"Domain", "vpn.example");
    assert_no_event(events);
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "10.8.0.1", "b c"), 0);
    assert_event(events, ERROR_MESSAGE_DATA, "add_dns_cfg of process 4444 served in part: ");
    assert_value(OF_TAP, u"NameServer", "10.8.0.1");
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "", "."), 0);
    assert_event(events, 0, "(1): .");
    assert_value(OF_TAP, u"Domain", "vpn.example");
}

/* ---- older clients ---- */

static void test_older_clients_get_one_connection_suffix(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "10.8.0.1", ""), 0);
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "", "vpn.example"), 0);
    assert_value(OF_TAP, u"NameServer", "10.8.0.1");
    assert_value(OF_TAP, u"Domain", "vpn.example");
    assert_value(TCPIP, LIST, OLD_LIST);
    assert_int_equal(send_delete_dns(&old, TAP_NAME, FAMILY_IPV4, "vpn.example"), 0);
    assert_unchanged();
    assert_int_equal(send_dns(&old, TAP_NAME, FAMILY_IPV4, "", "vpn.example,two.example"),
                     ERROR_MESSAGE_DATA);
    assert_int_equal(machine_calls(machine, "run"), 0);
}

/* ---- failures ---- */

static void test_failed_call_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const operations[] = {"find_interface", "get_guid", "get_value", "set_value",
                                             "enter"};
    const struct message both =
        dns_message(MESSAGE_ADD_DNS, TAP_NAME, FAMILY_IPV4, "10.8.0.1", "vpn.example");
    channel.options.vpn_adapters = u"*"; /* reading the rule itself is not tested here */
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        fail_each_call(&channel, &both, operations[i]);
}

static void test_failed_undo_is_made_up_for(void **state)
{
    (void)state;
    assert_int_equal(send_dns(&channel, TAP_NAME, FAMILY_IPV4, "10.8.0.1", "vpn.example"), 0);
    machine_fail(machine, "set_value", 1, ERROR_ACCESS_DENIED);
    machine_fail(machine, "set_value", 2, ERROR_ACCESS_DENIED);
    machine_fail(machine, "set_value", 3, ERROR_ACCESS_DENIED);
    machine_fail(machine, "set_value", 4, ERROR_ACCESS_DENIED);
    assert_int_equal(channel_close(&channel), 2);
    assert_int_equal(resources_retry(ledger, network), 0);
    assert_unchanged();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_name_servers_are_set_for_their_family),
        TEST(test_deletion_brings_back_what_was_there),
        TEST(test_deletion_of_what_was_never_added_changes_nothing),
        TEST(test_name_servers_of_the_living_session_stay),
        TEST(test_name_servers_that_the_user_has_set_since_stay),
        TEST(test_end_of_a_session_is_applied),
        TEST(test_bad_requests_are_refused),
        TEST(test_only_vpn_adapters_are_served),
        TEST(test_search_domains_go_to_the_list_that_is_in_force),
        TEST(test_group_policys_list_is_the_first_choice),
        TEST(test_interfaces_list_is_the_last_choice),
        TEST(test_new_domains_replace_those_of_the_session),
        TEST(test_shared_domains_whichever_session_ends_first),
        TEST(test_list_rewritten_by_another_program_is_left_alone),
        TEST(test_domains_do_not_come_back_with_what_another_service_keeps),
        TEST(test_full_list_costs_the_domains_only),
        TEST(test_what_is_no_domain_name_is_left_out_and_named),
        TEST(test_nothing_but_what_is_left_out_is_an_error),
        TEST(test_adapter_without_a_family_loses_the_name_servers_only),
        TEST(test_suffix_of_older_clients_is_left_out_in_the_same_way),
        TEST(test_older_clients_get_one_connection_suffix),
        TEST(test_failed_call_leaves_nothing_behind),
        TEST(test_failed_undo_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
