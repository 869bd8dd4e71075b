/* SPDX-License-Identifier: MIT */
/* add_nrpt_cfg, delete_nrpt_cfg and the cleanup over a machine in memory. The registry before,
 * during and after is in tests/golden/registry-*.txt. */
#include "tests/unit/channel_machine.h"

#include "base/errors.h"
#include "tests/unit/golden.h"

#define MAIN_RULE  u"OpenVPNDNSRouting-4242"
#define OF_VPN     TCPIP u"\\Interfaces\\" VPN_GUID
#define OF_VPN6    TCPIP6 u"\\Interfaces\\" VPN_GUID
#define OF_POLICY  POLICY u"\\DnsPolicyConfig"
#define POLICY_KEY POLICY u"\\DnsPolicyConfig\\"

/* ---- golden files ---- */

static void add_keys(struct golden *golden, const char16_t *path)
{
    char text[8192];
    machine_print_keys(machine, path, text, sizeof(text));
    golden_add(golden, text);
}

/* Everything that these messages may change: rules and lists. */
static void add_registry(struct golden *golden, const char *title)
{
    golden_add(golden, "---- ");
    golden_add(golden, title);
    golden_add(golden, " ----\n");
    add_keys(golden, POLICY);
    add_keys(golden, DNSCACHE);
    add_keys(golden, TCPIP);
    add_keys(golden, TCPIP6);
}

static struct golden golden; /* too large for the stack */

static void begin_golden(const char *title)
{
    golden.length = 0;
    add_registry(&golden, title);
}

static void test_catch_all(void **state)
{
    (void)state;
    begin_golden("before");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", "", "vpn.example"), 0);
    add_registry(&golden, "catch-all");
    assert_int_equal(send_delete_nrpt(&channel), 0);
    add_registry(&golden, "deleted");
    golden_check(&golden, "registry-catch-all");
    assert_unchanged();
}

static void test_split_dns(void **state)
{
    (void)state;
    begin_golden("before");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example,.lab.example", ""), 0);
    add_registry(&golden, "split");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", "corp.example"), 0);
    add_registry(&golden, "another, with a search domain");
    channel_close(&channel);
    add_registry(&golden, "session ended");
    golden_check(&golden, "registry-split");
}

static void test_group_policy(void **state)
{
    (void)state;
    machine_add_key(machine, POLICY_KEY u"{11111111-2222-3333-4444-555555555555}");
    machine_add_key(machine, OF_POLICY);
    machine_set_text(machine, POLICY, u"SearchList", u"policy.example");
    remember();
    begin_golden("before");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", "corp.example"), 0);
    add_registry(&golden, "split");
    channel_close(&channel);
    add_registry(&golden, "session ended");
    golden_check(&golden, "registry-group-policy");
    assert_false(machine_has_key(machine, RULES));
    assert_int_equal(machine_calls(machine, "apply_policy"), 2);
}

static void test_two_sessions_with_the_same_suffix(void **state)
{
    (void)state;
    begin_golden("before");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", "corp.example"), 0);
    assert_int_equal(send_nrpt(&other, "10.9.0.1", ".corp.example", "corp.example"), 0);
    add_registry(&golden, "both");
    channel_close(&channel);
    add_registry(&golden, "the first has ended");
    channel_close(&other);
    add_registry(&golden, "both have ended");
    golden_check(&golden, "registry-two-sessions");
    assert_unchanged();
}

/* ---- what the golden files do not show ---- */

static void test_living_session_keeps_its_rules(void **state)
{
    (void)state;
    struct channel *first[] = {&channel, &other}, *last[] = {&other, &channel};
    static const char16_t *const kept[] = {RULES u"\\OpenVPNDNSRouting-4343",
                                           RULES u"\\OpenVPNDNSRouting-4242"};
    static const char *const servers[] = {"10.9.0.1", "10.8.0.1"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send_nrpt(&channel, "10.8.0.1", "", ""), 0);
        assert_int_equal(send_nrpt(&other, "10.9.0.1", "", ""), 0);
        assert_int_equal(channel_close(first[i]), 0);
        assert_value(kept[i], u"GenericDNSServers", servers[i]);
        assert_value(OF_VPN, u"NameServer", servers[i]);
        assert_int_equal(channel_close(last[i]), 0);
        assert_unchanged();
    }
}

static void test_key_that_another_program_uses_by_now_stays(void **state)
{
    (void)state;
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ""), 0);
    machine_add_key(machine, RULES u"\\{somebody's}");
    channel_close(&channel);
    assert_false(machine_has_key(machine, RULES u"\\" MAIN_RULE));
    assert_true(machine_has_key(machine, RULES u"\\{somebody's}"));
    machine_remove_keys(machine, RULES);
}

static void test_rules_of_an_earlier_process_with_this_id_are_gone(void **state)
{
    (void)state;
    machine_set_text(machine, RULES u"\\OpenVPNDNSRoutingX-03-4242", u"Name", u"stale");
    machine_set_text(machine, RULES u"\\OpenVPNDNSRouting-42424", u"Name", u"other");
    machine_add_key(machine, RULES);
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ""), 0);
    assert_false(machine_has_key(machine, RULES u"\\OpenVPNDNSRoutingX-03-4242"));
    assert_true(machine_has_key(machine, RULES u"\\OpenVPNDNSRouting-42424"));
    channel_close(&channel);
    remember(); /* except for the stale rule */
    assert_false(machine_has_key(machine, RULES u"\\" MAIN_RULE));
}

static void test_split_dns_leaves_the_adapters_name_servers(void **state)
{
    (void)state;
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ""), 0);
    assert_no_value(OF_VPN, u"NameServer");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", ".corp.example", "corp.example"), 0);
    assert_value(OF_VPN, u"NameServer", "10.8.0.1");
    assert_value(OF_VPN6, u"NameServer", "fd00::1");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ""), 0);
    assert_no_value(OF_VPN, u"NameServer");
}

static void test_dnssec_is_for_who_wants_it(void **state)
{
    (void)state;
    const struct message add =
        nrpt_message(MESSAGE_ADD_NRPT, VPN_NAME, "10.8.0.1", ".corp.example", "", 1);
    assert_int_equal(client_send(&channel, &add), 0);
    assert_value(RULES u"\\" MAIN_RULE, u"ConfigOptions", "10");
    assert_value(RULES u"\\" MAIN_RULE, u"DNSSECValidationRequired", "1");
    channel.options.ignore_dnssec = true;
    assert_int_equal(client_send(&channel, &add), 0);
    assert_value(RULES u"\\" MAIN_RULE, u"ConfigOptions", "8");
    assert_no_value(RULES u"\\" MAIN_RULE, u"DNSSECValidationRequired");
}

static void test_bad_requests_are_refused(void **state)
{
    (void)state;
    struct message bad = nrpt_message(MESSAGE_ADD_NRPT, "", "10.8.0.1", "", "", 0);
    assert_int_equal(client_send(&channel, &bad), ERROR_MESSAGE_DATA);
    bad.kind = MESSAGE_DELETE_NRPT;
    assert_int_equal(client_send(&channel, &bad), ERROR_MESSAGE_DATA);
    assert_int_equal(send_nrpt(&channel, "", "", ""), ERROR_MESSAGE_DATA);
    assert_int_equal(send_nrpt(&channel, "10.8.0.1;x", "", ""), ERROR_MESSAGE_DATA);
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", "a b", ""), ERROR_MESSAGE_DATA);
    bad = nrpt_message(MESSAGE_ADD_NRPT, "Wi-Fi", "10.8.0.1", "", "", 0);
    assert_int_equal(client_send(&channel, &bad), ERROR_ACCESS_DENIED);
    assert_int_equal(send_delete_nrpt(&channel), 0);
    assert_unchanged();
}

/* ---- what is left out ---- */

#define OLD_LIST "corp.example,example.net"
#define LABEL_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
    const char *resolve, *search;
    const char *names, *list; /* of the rule; what the search list has gained */
    uint32_t error;           /* of the event */
    const char *left_out;     /* in the event; NULL: there is none */
} odd_domains[] = {
    {"..corp,.lab.example", "", ".corp | .lab.example", "", 0, NULL},
    {".a,..b.c,.x..y", "", ".a | .b.c", "", ERROR_MESSAGE_DATA, "(1): x..y"},
    {".a,." LABEL_64, "", ".a", "", ERROR_MESSAGE_DATA, "(1): xxxx"},
    {".a,.b\xFC", "", ".a", "", ERROR_MESSAGE_DATA, "(1): b\xEF\xBF\xBD"},
    {".a b,.c,.d;e,.f", "", ".c | .f", "", ERROR_MESSAGE_DATA, "(2): a b, d;e"},
    {"..", "", ".", "", 0, NULL},
    {".a,..,.b", "", ".", "", 0, NULL},
    {".a b,.", "", ".", "", ERROR_MESSAGE_DATA, "(1): a b"},
    {".a", ".", ".a", "", 0, "(1): ."},
    {"", ".", ".", "", 0, "(1): ."},
    {".a", "..", ".a", "", 0, "(1): ."},
    {".a", "a b", ".a", "", ERROR_MESSAGE_DATA, "(1): a b"},
    {".a", ".vpn.example", ".a", ",vpn.example", 0, NULL},
    {".a", "..vpn.example,,.", ".a", ",vpn.example", 0, "(1): ."},
    {".a", "x..y,vpn.example,a\xE4,.", ".a", ",vpn.example", ERROR_MESSAGE_DATA, "(3): x..y, a"},
    {".a,.b c", "d e,vpn.example", ".a", ",vpn.example", ERROR_MESSAGE_DATA, "(2): b c, d e"},
};

static void test_what_is_no_domain_name_is_left_out_and_named(void **state)
{
    (void)state;
    unsigned events = 0;
    for (size_t i = 0; i < sizeof(odd_domains) / sizeof(odd_domains[0]); i++) {
        const char *resolve = odd_domains[i].resolve, *search = odd_domains[i].search;
        char list[256];
        snprintf(list, sizeof(list), "%s%s", OLD_LIST, odd_domains[i].list);
        if (send_nrpt(&channel, "10.8.0.1", resolve, search))
            fail_msg("row %zu: refused", i);
        assert_value(RULES u"\\" MAIN_RULE, u"Name", odd_domains[i].names);
        assert_value(TCPIP, u"SearchList", list);
        if (odd_domains[i].left_out)
            assert_event(events, odd_domains[i].error, odd_domains[i].left_out);
        assert_no_event(events);
        assert_int_equal(send_delete_nrpt(&channel), 0);
        assert_unchanged();
    }
}

/* Windows would send all other queries to them. */
static void test_search_domains_left_out_bring_no_name_servers(void **state)
{
    (void)state;
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", ".corp.example", ".,a b"), 0);
    assert_no_value(OF_VPN, u"NameServer");
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", "", ".,a b"), 0);
    assert_value(OF_VPN, u"NameServer", "10.8.0.1");
}

static void test_domains_that_are_all_left_out_do_not_mean_all_names(void **state)
{
    (void)state;
    static const char *const rows[] = {".x..y", ".a b,.c;d", ".\xFC", ",.a b,,"};
    unsigned events = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send_nrpt(&channel, "10.8.0.1", rows[i], "vpn.example"),
                         ERROR_MESSAGE_DATA);
        assert_event(events, ERROR_MESSAGE_DATA, "add_nrpt_cfg of process 4242 refused: ");
        assert_non_null(strstr(last_line, "left out"));
        assert_unchanged();
    }
}

static void test_adapter_without_a_family_gets_the_name_servers_of_the_other(void **state)
{
    (void)state;
    unsigned events = 0;
    machine_remove_keys(machine, OF_VPN6);
    remember();
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", "", "vpn.example"), 0);
    assert_value(OF_VPN, u"NameServer", "10.8.0.1");
    assert_value(TCPIP, u"SearchList", OLD_LIST ",vpn.example");
    assert_event(events, ERROR_FILE_NOT_FOUND, "add_nrpt_cfg of process 4242 served in part: ");
    assert_non_null(strstr(last_line, "IPv6"));
    assert_int_equal(send_delete_nrpt(&channel), 0);
    assert_unchanged();
    assert_no_event(events);
}

static void test_name_servers_that_are_all_left_out_are_an_error(void **state)
{
    (void)state;
    unsigned events = 0;
    machine_remove_keys(machine, OF_VPN6);
    remember();
    assert_int_equal(send_nrpt(&channel, "fd00::1", "", ""), ERROR_FILE_NOT_FOUND);
    assert_event(events, ERROR_FILE_NOT_FOUND, "add_nrpt_cfg of process 4242 refused: ");
    assert_unchanged();
}

static void fill_the_search_list(void)
{
    char16_t list[2048];
    struct text text = TEXT_ON(list);
    while (text.length < 2040)
        text_append(&text, u"a.a,");
    machine_set_text(machine, TCPIP, u"SearchList", list);
    remember();
}

static void test_full_search_list_costs_the_search_domains_only(void **state)
{
    (void)state;
    unsigned events = 0;
    fill_the_search_list();
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", "", "vpn.example"), 0);
    assert_event(events, ERROR_OUTOFMEMORY, "add_nrpt_cfg of process 4242 served in part: ");
    assert_value(OF_VPN, u"NameServer", "10.8.0.1");
    assert_value(OF_VPN6, u"NameServer", "fd00::1");
    assert_int_equal(send_delete_nrpt(&channel), 0);
    assert_unchanged();
    assert_int_equal(send_nrpt(&channel, "10.8.0.1 fd00::1", ".corp.example", "vpn.example"), 0);
    assert_event(events, ERROR_OUTOFMEMORY, "search domains left out");
    assert_value(RULES u"\\" MAIN_RULE, u"Name", ".corp.example");
    assert_no_value(OF_VPN, u"NameServer"); /* or it would get all other queries */
    assert_no_value(OF_VPN6, u"NameServer");
}

static void test_failed_call_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const operations[] = {"find_interface", "get_guid",   "enter",
                                             "set_value",      "create_key", "get_value"};
    const struct message add =
        nrpt_message(MESSAGE_ADD_NRPT, VPN_NAME, "10.8.0.1 fd00::1", "", "vpn.example", 1);
    channel.options.vpn_adapters = u"*"; /* reading the rule itself is not tested here */
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        fail_each_call(&channel, &add, operations[i]);
}

static void test_failed_deletion_can_be_asked_for_again(void **state)
{
    (void)state;
    assert_int_equal(send_nrpt(&channel, "10.8.0.1", "", "vpn.example"), 0);
    machine_fail(machine, "delete_key", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(send_delete_nrpt(&channel), ERROR_ACCESS_DENIED);
    assert_int_equal(send_delete_nrpt(&channel), 0);
    assert_unchanged();
}

/* ---- cleanup ---- */

static void leave_traces(void)
{
    machine_set_text(machine, RULES u"\\OpenVPNDNSRouting-99", u"Name", u"dead");
    machine_set_text(machine, RULES u"\\OpenVPNDNSRoutingX-01-99", u"Name", u"dead");
    machine_set_text(machine, RULES u"\\OpenVPNDNSRouting-", u"Name", u"nobody's");
    machine_set_text(machine, POLICY_KEY u"OpenVPNDNSRouting-98", u"Name", u"dead");
    machine_set_text(machine, RULES u"\\{somebody's}", u"Name", u"not ours");
    machine_add_key(machine, RULES);
    machine_add_key(machine, OF_POLICY);
    machine_set_text(machine, POLICY, u"SearchList", u"policy.example,stale.example");
    machine_set_text(machine, POLICY, u"InitialSearchList", u"policy.example");
    machine_set_text(machine, TCPIP, u"SearchList", u"corp.example,example.net,stale.example");
    machine_set_text(machine, TCPIP, u"InitialSearchList", u"corp.example,example.net");
}

static void test_traces_of_a_dead_service_are_cleaned_up(void **state)
{
    (void)state;
    leave_traces();
    begin_golden("left behind");
    resources_clean_up(ledger, network);
    add_registry(&golden, "cleaned up");
    golden_check(&golden, "registry-clean-up");
    assert_int_equal(machine_calls(machine, "apply"), 1);
    resources_clean_up(ledger, network);
    assert_int_equal(machine_calls(machine, "apply"), 1);
    remember();
}

static void test_key_that_held_nothing_but_traces_goes(void **state)
{
    (void)state;
    machine_set_text(machine, RULES u"\\OpenVPNDNSRouting-99", u"Name", u"dead");
    machine_add_key(machine, OF_POLICY);
    resources_clean_up(ledger, network);
    assert_false(machine_has_key(machine, RULES));
    assert_true(machine_has_key(machine, OF_POLICY));
    remember();
}

static void test_traces_of_a_living_session_stay(void **state)
{
    (void)state;
    leave_traces();
    machine_set_openvpn(machine, 98);
    resources_clean_up(ledger, network);
    assert_true(machine_has_key(machine, POLICY_KEY u"OpenVPNDNSRouting-98"));
    assert_false(machine_has_key(machine, RULES u"\\OpenVPNDNSRouting-99"));
    assert_value(TCPIP, u"InitialSearchList", "corp.example,example.net");
    machine_set_openvpn(machine, 0);
    assert_int_equal(send_dns(&other, VPN_NAME, FAMILY_IPV4, "", "x.example"), 0);
    resources_clean_up(ledger, network);
    assert_value(POLICY, u"InitialSearchList", "policy.example");
    channel_close(&other);
    resources_clean_up(ledger, network);
    assert_no_value(POLICY, u"InitialSearchList");
    assert_value(POLICY, u"SearchList", "policy.example");
    remember();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_catch_all),
        TEST(test_split_dns),
        TEST(test_group_policy),
        TEST(test_two_sessions_with_the_same_suffix),
        TEST(test_living_session_keeps_its_rules),
        TEST(test_key_that_another_program_uses_by_now_stays),
        TEST(test_rules_of_an_earlier_process_with_this_id_are_gone),
        TEST(test_split_dns_leaves_the_adapters_name_servers),
        TEST(test_dnssec_is_for_who_wants_it),
        TEST(test_bad_requests_are_refused),
        TEST(test_what_is_no_domain_name_is_left_out_and_named),
        TEST(test_search_domains_left_out_bring_no_name_servers),
        TEST(test_domains_that_are_all_left_out_do_not_mean_all_names),
        TEST(test_adapter_without_a_family_gets_the_name_servers_of_the_other),
        TEST(test_name_servers_that_are_all_left_out_are_an_error),
        TEST(test_full_search_list_costs_the_search_domains_only),
        TEST(test_failed_call_leaves_nothing_behind),
        TEST(test_failed_deletion_can_be_asked_for_again),
        TEST(test_traces_of_a_dead_service_are_cleaned_up),
        TEST(test_key_that_held_nothing_but_traces_goes),
        TEST(test_traces_of_a_living_session_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
