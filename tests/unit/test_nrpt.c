/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "dns/exclude.h"
#include "tests/unit/golden.h"
#include "wire/message.h"

enum { PID = 4242 };

/* ---- main rules ---- */

static const struct {
    const char *golden;
    struct message_nrpt message;
    bool dnssec;
    bool catch_all;
} rules[] = {
    {"nrpt-catch-all", {.addresses = {"10.8.0.1"}}, false, true},
    {"nrpt-catch-all-dnssec", {.addresses = {"10.8.0.1", "fd00::1"}}, true, true},
    {"nrpt-split",
     {.addresses = {"10.8.0.1", "", "fd00::1"},
      .resolve_domains = ".corp.example,.lab.example\0.other.example"},
     false,
     false},
    {"nrpt-split-dnssec", {.addresses = {"fd00::1"}, .resolve_domains = ".corp"}, true, false},
    {"nrpt-other-scripts",
     {.addresses = {"10.8.0.1"},
      .resolve_domains = ".b\xC3\xBC"
                         "cher.example,.\xE4\xBE\x8B\xE5\xAD\x90"},
     false,
     false},
};

static uint32_t main_rule(const struct message_nrpt *message, uint32_t pid, bool dnssec,
                          struct nrpt_rule *rule)
{
    struct domains_left_out left_out = {0};
    return nrpt_main_rule(message->addresses, message->resolve_domains, pid, dnssec, rule,
                          &left_out);
}

static void test_main_rules_are_as_in_the_golden_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        struct nrpt_rule rule;
        struct golden golden = {.length = 0};
        assert_int_equal(main_rule(&rules[i].message, PID, rules[i].dnssec, &rule), 0);
        golden_add_rule(&golden, &rule);
        golden_check(&golden, rules[i].golden);
        if (nrpt_is_catch_all(&rule) != rules[i].catch_all)
            fail_msg("%s: catch-all or not", rules[i].golden);
    }
}

static void test_a_rule_from_a_bad_message_is_refused(void **state)
{
    (void)state;
    static const struct message_nrpt rows[] = {
        {.addresses = {""}},
        {.addresses = {"10.8.0.1;9.9.9.9"}},
        {.addresses = {"10.8.0.1"}, .resolve_domains = ".a;b"},
        {.addresses = {"10.8.0.1"}, .resolve_domains = ". \0a b"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct nrpt_rule rule;
        if (main_rule(&rows[i], PID, false, &rule) != ERROR_MESSAGE_DATA)
            fail_msg("row %zu was taken", i);
    }
}

static void test_domains_that_fill_the_field_without_two_zeros_are_refused(void **state)
{
    (void)state;
    struct message_nrpt message = {.addresses = {"10.8.0.1"}};
    struct nrpt_rule rule;
    for (size_t i = 0; i < DOMAINS_FIELD_SIZE; i++)
        message.resolve_domains[i] = i % 32 ? 'a' : ',';
    assert_int_equal(main_rule(&message, PID, false, &rule), ERROR_MESSAGE_DATA);
    message.resolve_domains[DOMAINS_FIELD_SIZE - 1] = 0;
    assert_int_equal(main_rule(&message, PID, false, &rule), ERROR_MESSAGE_DATA);
    message.resolve_domains[DOMAINS_FIELD_SIZE - 2] = 0;
    assert_int_equal(main_rule(&message, PID, false, &rule), 0);
}

/* ---- exclude rules ---- */

static const unsigned char dhcp6[] = {
    0xFD, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, /* fd00:1::53 */
    0xFD, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x54, /* fd00:1::54 */
    0xFD, 0, 0, 1,                                        /* cut off */
};

/* A home network configured by DHCP, an office configured by hand, and networks without a rule. */
static const struct exclude_interface interfaces[] = {
    {.suffixes = {u"", NULL, u"lan", u"home.example"},
     .name_servers = {u"", u"192.168.1.1 192.168.1.2"},
     .dhcp6_name_servers = dhcp6,
     .dhcp6_size = sizeof(dhcp6)},
    {.suffixes = {u"Office.example, .lab.office.example,CORP.example", u"ignored.example"},
     .name_servers = {u"10.1.0.1,10.1.0.2", u"10.9.9.9"},
     .name_servers6 = u"fd00:2::1",
     .dhcp6_name_servers = dhcp6,
     .dhcp6_size = sizeof(dhcp6)},
    {.suffixes = {u"single"}, .name_servers = {u"10.2.0.1"}},
    {.suffixes = {u"no.servers.example"}, .name_servers = {u"", u""}},
    {.suffixes = {u"corp.example."}, .name_servers = {u"10.3.0.1"}},
    {.suffixes = {NULL, u"evil$(x).example,good.example,\u00A0.example"},
     .name_servers = {u"evil", u"10.4.0.1;10.4.0.2,x, 10.4.0.3"}},
    {.dhcp6_size = 0},
};

static void test_networks_at_hand_keep_their_domains(void **state)
{
    (void)state;
    static struct nrpt_rule made[EXCLUDE_RULES_MAX];
    struct golden golden = {.length = 0};
    size_t count = exclude_rules(interfaces, ARRAY_COUNT(interfaces), u"x,corp.example", PID, made);
    for (size_t i = 0; i < count; i++)
        golden_add_rule(&golden, &made[i]);
    golden_check(&golden, "nrpt-exclude");
}

static void test_there_are_at_most_eight_exclude_rules(void **state)
{
    (void)state;
    static struct nrpt_rule made[EXCLUDE_RULES_MAX];
    struct exclude_interface many[EXCLUDE_RULES_MAX + 2] = {0};
    for (size_t i = 1; i < ARRAY_COUNT(many); i++) /* the first has no rule */
        many[i] = (struct exclude_interface){.suffixes = {u"a.b"}, .name_servers = {u"10.0.0.1"}};
    assert_int_equal(exclude_rules(many, ARRAY_COUNT(many), u"", PID, made), EXCLUDE_RULES_MAX);
    assert_true(text_equal(made[0].key, u"OpenVPNDNSRoutingX-01-4242"));
    assert_true(text_equal(made[7].key, u"OpenVPNDNSRoutingX-08-4242"));
}

static void test_lists_that_do_not_fit_lose_whole_entries(void **state)
{
    (void)state;
    static struct nrpt_rule made[EXCLUDE_RULES_MAX];
    static char16_t suffixes[3000], servers[3000];
    struct text text = TEXT_ON(suffixes);
    while (text.length < 2900)
        text_append(&text, u"suffix.example,");
    text = TEXT_ON(servers);
    while (text.length < 2900)
        text_append(&text, u"10.11.12.13,");
    const struct exclude_interface interface = {.suffixes = {suffixes}, .name_servers = {servers}};

    assert_int_equal(exclude_rules(&interface, 1, u"", PID, made), 1);
    size_t at = 0, length;
    while (multi_string_next(made[0].names, made[0].names_count, &at, &length))
        assert_int_equal(length, 15);
    assert_true(made[0].names_count <= DOMAINS_CAPACITY);
    assert_int_equal((text_length(made[0].servers) + 1) % 12, 0);
}

static void test_a_list_takes_what_fits_to_the_last_unit(void **state)
{
    (void)state;
    static struct nrpt_rule made[EXCLUDE_RULES_MAX];
    char16_t servers[600];
    struct text text = TEXT_ON(servers);
    for (size_t i = 0; i < 42; i++)
        text_append(&text, u"10.11.12.13,"); /* 503 units without the last comma */
    text_append(&text, u"10.0.0.1,1.2.3.4");
    const struct exclude_interface interface = {.suffixes = {u"a.b"}, .name_servers = {servers}};

    assert_int_equal(exclude_rules(&interface, 1, u"", PID, made), 1);
    assert_int_equal(text_length(made[0].servers), NRPT_SERVERS_CAPACITY - 1);
    assert_true(text_equal(made[0].servers + 503, u";1.2.3.4"));
}

/* ---- keys ---- */

static const struct {
    const char16_t *name;
    bool is_ours, has_pid;
    uint32_t pid;
} keys[] = {
    {u"OpenVPNDNSRouting-1", true, true, 1},
    {u"OpenVPNDNSRouting-0", true, true, 0},
    {u"OpenVPNDNSRouting-4294967295", true, true, 0xffffffff},
    {u"OpenVPNDNSRoutingX-01-4242", true, true, 4242},
    {u"OpenVPNDNSRoutingX-0a-7", true, true, 7},
    {u"OpenVPNDNSRouting-4294967296", true, false, 0},
    {u"OpenVPNDNSRouting-99999999999999999999999", true, false, 0},
    {u"OpenVPNDNSRouting-01", true, false, 0},
    {u"OpenVPNDNSRouting-00", true, false, 0},
    {u"OpenVPNDNSRouting-", true, false, 0},
    {u"OpenVPNDNSRouting", true, false, 0},
    {u"OpenVPNDNSRouting4242", true, false, 0},
    {u"OpenVPNDNSRouting-12x", true, false, 0},
    {u"OpenVPNDNSRouting-1 ", true, false, 0},
    {u"OpenVPNDNSRouting--5", true, true, 5},
    {u"openvpndnsrouting-1", false, false, 0},
    {u"OpenVPNDNSRoutin-1", false, false, 0},
    {u" OpenVPNDNSRouting-1", false, false, 0},
    {u"{C6A0D1B4-0000-0000-0000-000000000001}", false, false, 0},
    {u"", false, false, 0},
};

static void test_keys_are_told_apart_by_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        uint32_t pid = 0;
        if (nrpt_key_is_ours(keys[i].name) != keys[i].is_ours ||
            nrpt_key_pid(keys[i].name, &pid) != keys[i].has_pid || pid != keys[i].pid)
            fail_msg("key %zu: pid %u", i, (unsigned)pid);
    }
}

static void test_what_is_written_is_found_again(void **state)
{
    (void)state;
    static const uint32_t pids[] = {0, 4, 4242, 0x7fffffff, 0xffffffff};
    static struct nrpt_rule made[EXCLUDE_RULES_MAX];
    const struct message_nrpt message = {.addresses = {"10.8.0.1"}};
    for (size_t i = 0; i < ARRAY_COUNT(pids); i++) {
        struct nrpt_rule rule;
        uint32_t pid;
        assert_int_equal(main_rule(&message, pids[i], false, &rule), 0);
        assert_true(nrpt_key_pid(rule.key, &pid));
        assert_int_equal(pid, pids[i]);
        assert_int_equal(exclude_rules(interfaces, 1, u"", pids[i], made), 1);
        assert_true(nrpt_key_pid(made[0].key, &pid));
        assert_int_equal(pid, pids[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_main_rules_are_as_in_the_golden_files),
        cmocka_unit_test(test_a_rule_from_a_bad_message_is_refused),
        cmocka_unit_test(test_domains_that_fill_the_field_without_two_zeros_are_refused),
        cmocka_unit_test(test_networks_at_hand_keep_their_domains),
        cmocka_unit_test(test_there_are_at_most_eight_exclude_rules),
        cmocka_unit_test(test_lists_that_do_not_fit_lose_whole_entries),
        cmocka_unit_test(test_a_list_takes_what_fits_to_the_last_unit),
        cmocka_unit_test(test_keys_are_told_apart_by_process),
        cmocka_unit_test(test_what_is_written_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
