/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/servers.h"
#include "base/numeric.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

enum { NOT_FOUND = 11001 /* WSAHOST_NOT_FOUND */, LINE_BYTES = 4096 };

static struct servers servers;
static struct servers_problem problem;

/* ---- names that the resolver knows ---- */

static const struct {
    const char *name;
    const char16_t *address;
} names[] = {
    {"one", u"198.51.100.7"},           {"two", u"198.51.100.8"},     {"two", u"198.51.100.9"},
    {"both", u"2001:db8::1"},           {"both", u"198.51.100.10"},   {"same", u"198.51.100.7"},
    {"mapped", u"::ffff:198.51.100.7"}, {"here", u"127.0.0.1"},       {"here", u"::1"},
    {"partly", u"127.0.0.1"},           {"partly", u"198.51.100.11"},
};

static struct ip ip_of(const char16_t *text)
{
    struct ip ip;
    assert_true(numeric_parse(text, text_length(text), &ip));
    return ip;
}

static uint32_t resolve(void *context, const char *host, uint16_t family, struct ip ips[],
                        size_t capacity, size_t *count)
{
    unsigned *asked = context;
    ++*asked;
    *count = 0;
    if (strcmp(host, "many") == 0)
        for (; *count < capacity; ++*count)
            ips[*count] = (struct ip){FAMILY_IPV4, {203, 0, 113, (uint8_t)(*count + 1)}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct ip ip = ip_of(names[i].address);
        if (strcmp(names[i].name, host) == 0 && (!family || family == ip.family))
            ips[(*count)++] = ip;
    }
    return *count ? 0 : NOT_FOUND;
}

static enum servers_failure find_held(const char *config, const struct gateways *held,
                                      unsigned *asked)
{
    struct remotes_problem wrong;
    *asked = 0;
    memset(&servers, 0xA5, sizeof(servers));
    if (!remotes_read(config, strlen(config), NULL, 0, &servers.remotes, &wrong))
        fail_msg("%s: %s", config, wrong.what);
    return servers_resolve(&servers, resolve, asked, held, &problem);
}

static enum servers_failure find(const char *config)
{
    unsigned asked;
    return find_held(config, NULL, &asked);
}

static const char *gateways_text(const struct gateways *gateways)
{
    static char line[LINE_BYTES];
    char16_t units[GATEWAYS_MAX * GATEWAY_UNITS];
    struct text text = TEXT_ON(units);
    for (size_t i = 0; i < gateways->count; i++) {
        text_append(&text, i ? u" " : u"");
        gateway_append(&text, &gateways->items[i]);
    }
    return text_to_line(units, line, sizeof(line));
}

/* ---- addresses ---- */

static const struct {
    const char *config, *gateways;
} resolved[] = {
    {"remote one", "198.51.100.7:1194/udp"},
    {"remote one 443 tcp", "198.51.100.7:443/tcp"},
    {"remote 203.0.113.9 53", "203.0.113.9:53/udp"},
    {"remote 2001:db8::7 443 tcp", "[2001:db8::7]:443/tcp"},
    {"remote two", "198.51.100.8:1194/udp 198.51.100.9:1194/udp"},
    {"remote both", "[2001:db8::1]:1194/udp 198.51.100.10:1194/udp"},
    {"remote both 1 udp4", "198.51.100.10:1/udp"},
    {"remote both 1 tcp6", "[2001:db8::1]:1/tcp"},
    {"remote one\nremote same\nremote 198.51.100.7", "198.51.100.7:1194/udp"},
    {"remote one\nremote one 1194 tcp", "198.51.100.7:1194/udp 198.51.100.7:1194/tcp"},
    {"remote mapped", "198.51.100.7:1194/udp"},
    {"remote partly", "198.51.100.11:1194/udp"},
    {"remote nobody 443 tcp\nhttp-proxy two 3128", "198.51.100.8:3128/tcp 198.51.100.9:3128/tcp"},
    {"remote nobody\nsocks-proxy one", "198.51.100.7"},
};

static void test_gateways_are_the_addresses_of_all_servers_each_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(resolved); i++) {
        if (find(resolved[i].config) != SERVERS_FOUND)
            fail_msg("%s: %s", resolved[i].config, problem.host);
        if (strcmp(gateways_text(&servers.gateways), resolved[i].gateways) != 0)
            fail_msg("%s: %s", resolved[i].config, gateways_text(&servers.gateways));
    }
}

static void test_an_address_is_resolved_by_nobody(void **state)
{
    unsigned asked;
    (void)state;
    assert_int_equal(find_held("remote 198.51.100.7\nremote 2001:db8::1", NULL, &asked),
                     SERVERS_FOUND);
    assert_int_equal(asked, 0);
}

static const struct {
    const char *config, *host;
    enum servers_failure failure;
} failures[] = {
    {"remote nobody", "nobody", SERVERS_UNRESOLVED},
    {"remote one\nremote nobody\nremote two", "nobody", SERVERS_UNRESOLVED},
    {"remote one 1 tcp6", "one", SERVERS_UNRESOLVED},
    {"remote one\nhttp-proxy nobody 1", "nobody", SERVERS_UNRESOLVED},
    {"remote here", "here", SERVERS_UNUSABLE},
    {"remote 127.0.0.1", "127.0.0.1", SERVERS_UNUSABLE},
    {"remote 0.0.0.0", "0.0.0.0", SERVERS_UNUSABLE},
    {"remote ff02::1", "ff02::1", SERVERS_UNUSABLE},
    {"remote 198.51.100.7 1 udp6", "198.51.100.7", SERVERS_UNUSABLE},
    {"remote many", "many", SERVERS_TOO_MANY},
};

static void test_a_server_without_an_address_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(failures); i++) {
        const enum servers_failure failure = find(failures[i].config);
        if (failure != failures[i].failure || strcmp(problem.host, failures[i].host) != 0)
            fail_msg("%s: %d, %s", failures[i].config, failure, problem.host);
        if (failure == SERVERS_UNUSABLE && !problem.reason)
            fail_msg("%s: no reason", failures[i].config);
        if (failure == SERVERS_UNRESOLVED && problem.code != NOT_FOUND)
            fail_msg("%s: code %u", failures[i].config, (unsigned)problem.code);
    }
}

static void test_64_addresses_are_taken(void **state)
{
    static const char address[] = "remote 198.51.100.%u\n";
    char config[LINE_BYTES];
    size_t length = 0;
    (void)state;
    for (unsigned i = 1; i <= 63; i++)
        length += (size_t)snprintf(config + length, sizeof(config) - length, address, i);
    strcpy(config + length, "remote both 1194 udp4\n"); /* .10 again */
    assert_int_equal(find(config), SERVERS_FOUND);
    assert_int_equal(servers.gateways.count, 63);
    strcpy(config + length, "remote 203.0.113.1\n");
    assert_int_equal(find(config), SERVERS_FOUND);
    assert_int_equal(servers.gateways.count, 64);
    length -= strlen("remote 198.51.100.63\n");
    strcpy(config + length, "remote 203.0.113.1\nremote both\n"); /* one more of IPv6 */
    assert_int_equal(find(config), SERVERS_FOUND);
    assert_int_equal(servers.gateways.count, 64);
}

/* ---- while the kill switch blocks ---- */

static void add_held(struct gateways *held, const char16_t *text)
{
    struct gateway gateway;
    const char16_t *reason;
    assert_int_equal(gateway_parse(text, text_length(text), &gateway, &reason), 0);
    assert_int_equal(gateways_add(held, &gateway), 0);
}

static void test_a_name_keeps_the_addresses_in_force_if_it_has_no_others(void **state)
{
    struct gateways held = {0};
    unsigned asked;
    (void)state;
    add_held(&held, u"203.0.113.1:1194/udp");
    add_held(&held, u"203.0.113.2:1194/tcp");
    add_held(&held, u"[2001:db8::2]:1194/udp");
    add_held(&held, u"203.0.113.3");
    assert_int_equal(find_held("remote nobody", &held, &asked), SERVERS_FOUND);
    assert_string_equal(gateways_text(&servers.gateways),
                        "203.0.113.1:1194/udp [2001:db8::2]:1194/udp");
    assert_int_equal(servers.held, 1);
    assert_int_equal(find_held("remote nobody 1194 udp6", &held, &asked), SERVERS_FOUND);
    assert_string_equal(gateways_text(&servers.gateways), "[2001:db8::2]:1194/udp");
    assert_int_equal(find_held("remote one\nremote nobody 1194 tcp", &held, &asked), SERVERS_FOUND);
    assert_string_equal(gateways_text(&servers.gateways),
                        "198.51.100.7:1194/udp 203.0.113.2:1194/tcp");
    assert_int_equal(find_held("remote nobody 443", &held, &asked), SERVERS_UNRESOLVED);
    assert_int_equal(find_held("remote one", &held, &asked), SERVERS_FOUND);
    assert_int_equal(servers.held, 0);
}

/* ---- answers ---- */

static void assert_answer(const char *question, enum servers_answer answer, const char *command)
{
    char line[ANSWER_BYTES];
    const enum servers_answer given = servers_answer(&servers, question, line);
    if (given != answer || strcmp(line, command) != 0)
        fail_msg("%s: %d: %s", question, given, line);
}

static void test_a_name_gets_one_address_after_the_other(void **state)
{
    (void)state;
    assert_int_equal(find("remote two\nremote both 443 tcp"), SERVERS_FOUND);
    assert_answer("two,1194,udp", ANSWER_MODIFY, "remote MOD 198.51.100.8 1194\n");
    assert_answer("both,443,tcp-client", ANSWER_MODIFY, "remote MOD 2001:db8::1 443\n");
    assert_answer("two,1194,udp", ANSWER_MODIFY, "remote MOD 198.51.100.9 1194\n");
    assert_answer("two,1194,udp", ANSWER_MODIFY, "remote MOD 198.51.100.8 1194\n");
    assert_answer("both,443,tcp-client", ANSWER_MODIFY, "remote MOD 198.51.100.10 443\n");
}

static void test_an_address_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(find("remote 198.51.100.7\nremote 2001:db8::1 443 tcp6"), SERVERS_FOUND);
    assert_answer("198.51.100.7,1194,udp", ANSWER_ACCEPT, "remote ACCEPT\n");
    assert_answer("2001:db8::1,443,tcp6-client", ANSWER_ACCEPT, "remote ACCEPT\n");
}

static void test_what_the_configuration_did_not_name_is_skipped(void **state)
{
    (void)state;
    static const char *const questions[] = {
        "one,443,udp",
        "one,1194,tcp-client",
        "one,1194,udp4",
        "two,1194,udp",
        "One,1194,udp",
        "198.51.100.7,1194,udp",
        "one,1194",
        "one",
        "",
        ",,",
        "one,01194,udp",
        "one,1194,udp,x",
    };
    char question[2 * REMOTE_HOST_BYTES];
    assert_int_equal(find("remote one"), SERVERS_FOUND);
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++)
        assert_answer(questions[i], ANSWER_SKIP, "remote SKIP\n");
    memset(question, 'a', sizeof(question) - 1);
    question[sizeof(question) - 1] = '\0';
    assert_answer(question, ANSWER_SKIP, "remote SKIP\n");
    assert_answer("one,1194,udp", ANSWER_MODIFY, "remote MOD 198.51.100.7 1194\n");
}

static void test_proxies_are_seen(void **state)
{
    (void)state;
    assert_int_equal(find("remote one"), SERVERS_FOUND);
    assert_false(servers_have_proxy(&servers));
    assert_int_equal(find("remote one\nsocks-proxy two"), SERVERS_FOUND);
    assert_true(servers_have_proxy(&servers));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateways_are_the_addresses_of_all_servers_each_once),
        cmocka_unit_test(test_an_address_is_resolved_by_nobody),
        cmocka_unit_test(test_a_server_without_an_address_is_named),
        cmocka_unit_test(test_64_addresses_are_taken),
        cmocka_unit_test(test_a_name_keeps_the_addresses_in_force_if_it_has_no_others),
        cmocka_unit_test(test_a_name_gets_one_address_after_the_other),
        cmocka_unit_test(test_an_address_is_accepted),
        cmocka_unit_test(test_what_the_configuration_did_not_name_is_skipped),
        cmocka_unit_test(test_proxies_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
