/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "channel/arguments.h"
#include "dns/name_servers.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_tokens.h"

#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <arpa/inet.h>
#endif

static void assert_text(const char *name, const char16_t *found, const char16_t *expected)
{
    char text[1024];
    if (text_equal(found, expected))
        return;
    text[text_to_utf8(found, text_length(found), text, sizeof(text) - 1)] = 0;
    fail_msg("%s: \"%s\"", name, text);
}

/* ---- addresses as text ---- */

static const struct {
    const char16_t *sent, *written; /* NULL: the same */
} addresses[] = {
    {u"0.0.0.0", NULL},
    {u"10.8.0.1", NULL},
    {u"255.255.255.255", NULL},
    {u"::", NULL},
    {u"::1", NULL},
    {u"1::", NULL},
    {u"fd00::53", NULL},
    {u"2001:db8::1:0:0:1", NULL},
    {u"2001:db8:1:2:3:4:5:6", NULL},
    {u"2001:db8:0:1:1:1:1:1", NULL},
    {u"::ffff:192.0.2.1", NULL},
    {u"2001:DB8:0:0:0:0:0:1", u"2001:db8::1"},
    {u"2001:db8:0:0:1:0:0:1", u"2001:db8::1:0:0:1"},
    {u"0:0:0:0:0:0:0:0", u"::"},
    {u"1:2:3:4:5:6:7::", u"1:2:3:4:5:6:7:0"},
    {u"::2:3:4:5:6:7:8", u"0:2:3:4:5:6:7:8"},
    {u"64:ff9b::192.0.2.33", u"64:ff9b::c000:221"},
    {u"1:2:3:4:5:6:1.2.3.4", u"1:2:3:4:5:6:102:304"},
    {u"0001::0f", u"1::f"},
};

static void test_an_address_is_read_and_written_as_rfc_5952_asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        const char16_t *sent = addresses[i].sent;
        char16_t units[NUMERIC_CAPACITY];
        struct text text = TEXT_ON(units);
        struct ip ip;
        if (!numeric_parse(sent, text_length(sent), &ip))
            fail_msg("row %zu was not read", i);
        numeric_append(&text, &ip);
        assert_text("written", units, addresses[i].written ? addresses[i].written : sent);
    }
}

static const char16_t *const no_addresses[] = {
    u"",
    u"1",
    u"1.2.3",
    u"1.2.3.4.5",
    u"1.2.3.4.",
    u".1.2.3.4",
    u"1..2.3",
    u"256.1.1.1",
    u"1.2.3.256",
    u"01.2.3.4",
    u"1.2.3.00",
    u"0x1.2.3.4",
    u"1.2.3.4 ",
    u" 1.2.3.4",
    u"1.2.3.4:53",
    u"1.2.3.4/8",
    u"-1.2.3.4",
    u"1.2.3.4,",
    u"a.b.c.d",
    u":",
    u":::",
    u"1:",
    u":1",
    u"1:2:3:4:5:6:7",
    u"1:2:3:4:5:6:7:8:9",
    u"1::2::3",
    u"::1:",
    u"1:2:3:4:5:6:7::8",
    u"::2:3:4:5:6:7:8:9",
    u"1:::2",
    u"12345::",
    u"g::",
    u"::1%1",
    u"[::1]",
    u"::1.2.3",
    u"::1.2.3.256",
    u"1:2:3:4:5:6:7:1.2.3.4",
    u"1.2.3.4::",
    u"::1.2.3.4:5",
    u"fd00::1 ",
    u"fd00::1;",
    u"\uFF11.2.3.4",
    u"1:2:3:4:5:1.2.3.4",
    u"::/0",
};

static void test_what_is_no_address_is_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(no_addresses); i++) {
        struct ip ip;
        if (numeric_parse(no_addresses[i], text_length(no_addresses[i]), &ip))
            fail_msg("row %zu was read", i);
    }
}

static struct ip random_ip(uint64_t *seed)
{
    struct ip ip = {.family = FAMILY_IPV6};
    uint32_t zeros = random_next(seed);
    for (size_t i = 0; i < sizeof(ip.bytes); i++)
        ip.bytes[i] = zeros >> (i / 2) & 1 ? 0 : (uint8_t)random_next(seed);
    return ip;
}

static void test_every_address_survives_both_ways(void **state)
{
    (void)state;
    uint64_t seed = random_start(1);
    for (size_t round = 0; round < 20000; round++) {
        const struct ip ip = random_ip(&seed);
        char16_t units[NUMERIC_CAPACITY];
        struct text text = TEXT_ON(units);
        struct ip again;
        numeric_append(&text, &ip);
        assert_true(numeric_parse(units, text.length, &again));
        assert_int_equal(again.family, FAMILY_IPV6);
        assert_memory_equal(ip.bytes, again.bytes, sizeof(ip.bytes));
#ifndef _WIN32
        char utf8[64], expected[64];
        utf8[text_to_utf8(units, text.length, utf8, sizeof(utf8) - 1)] = 0;
        assert_non_null(inet_ntop(AF_INET6, ip.bytes, expected, sizeof(expected)));
        if (!strchr(expected, '.')) /* the system's function writes ::1.2.3.4 */
            assert_string_equal(utf8, expected);
#endif
    }
}

/* ---- lists of a DNS message ---- */

/* As the handlers of these messages do. */
static uint32_t list_sent(int16_t family, uint32_t sent_count, const struct message_ip *sent,
                          char16_t list[NAME_SERVERS_CAPACITY])
{
    struct ip ips[ARGUMENT_IPS];
    size_t count;
    uint32_t error = argument_ips(family, sent_count, sent, ips, &count);
    if (!error)
        name_servers_of(ips, count, list);
    return error;
}

static const struct message_ip four[] = {
    {{10, 8, 0, 1}}, {{10, 8, 0, 2}}, {{192, 0, 2, 3}}, {{255, 255, 255, 255}}};

static const struct {
    const char *name;
    uint32_t count;
    const char16_t *list;
} counts[] = {
    {"none", 0, u""},
    {"one", 1, u"10.8.0.1"},
    {"all", 4, u"10.8.0.1,10.8.0.2,192.0.2.3,255.255.255.255"},
    {"one more than there are", 5, u"10.8.0.1,10.8.0.2,192.0.2.3,255.255.255.255"},
    {"a negative number", 0xffffffff, u"10.8.0.1,10.8.0.2,192.0.2.3,255.255.255.255"},
};

static void test_no_more_than_four_addresses_are_taken(void **state)
{
    (void)state;
    struct message_ip *sent = malloc(sizeof(four)); /* so that the sanitizer sees a fifth */
    assert_non_null(sent);
    memcpy(sent, four, sizeof(four));
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        char16_t list[NAME_SERVERS_CAPACITY];
        assert_int_equal(list_sent(FAMILY_IPV4, counts[i].count, sent, list), 0);
        assert_text(counts[i].name, list, counts[i].list);
    }
    free(sent);
}

static void test_ipv6_servers_are_written_in_full(void **state)
{
    (void)state;
    struct message_ip sent[4];
    char16_t list[NAME_SERVERS_CAPACITY];
    memset(sent, 0xAB, sizeof(sent));
    assert_int_equal(list_sent(FAMILY_IPV6, 4, sent, list), 0);
    assert_int_equal(text_length(list), 4 * 39 + 3);
}

static void test_another_family_is_refused(void **state)
{
    (void)state;
    static const int16_t families[] = {0, 1, 10, 24, -1, 0x0200};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        char16_t list[NAME_SERVERS_CAPACITY];
        assert_int_equal(list_sent(families[i], 1, four, list), ERROR_INVALID_PARAMETER);
    }
}

/* ---- lists of an NRPT message ---- */

static const struct message_nrpt mixed = {
    .addresses = {"10.8.0.1", "fd00::1", "", "10.8.0.2", "FD00::2"}};

static void test_nrpt_servers_are_taken_by_family(void **state)
{
    (void)state;
    char16_t list[NAME_SERVERS_CAPACITY];
    assert_int_equal(name_servers_of_nrpt(mixed.addresses, 0, ';', list), 0);
    assert_text("all", list, u"10.8.0.1;fd00::1;10.8.0.2;FD00::2");
    assert_int_equal(name_servers_of_nrpt(mixed.addresses, FAMILY_IPV4, ',', list), 0);
    assert_text("IPv4", list, u"10.8.0.1,10.8.0.2");
    assert_int_equal(name_servers_of_nrpt(mixed.addresses, FAMILY_IPV6, ',', list), 0);
    assert_text("IPv6", list, u"fd00::1,FD00::2");
}

static void test_bad_nrpt_servers_are_refused(void **state)
{
    (void)state;
    static const struct message_nrpt rows[] = {
        {.addresses = {""}},
        {.addresses = {"", "10.8.0.1"}},
        {.addresses = {"10.8.0.1;8.8.8.8"}},
        {.addresses = {"10.8.0.1", "dns.example"}},
        {.addresses = {"10.8.0.1", "10.8.0.2:53"}},
        {.addresses = {"10.8.0.1 "}},
        {.addresses = {[0] = "10.8.0.1", [7] = "x"}},
        {.addresses = {"111111111111111111111111111111111111111111111111"}},
        {.addresses = {"\xE9"}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t list[NAME_SERVERS_CAPACITY] = u"x";
        if (name_servers_of_nrpt(rows[i].addresses, 0, ';', list) != ERROR_MESSAGE_DATA || list[0])
            fail_msg("row %zu was taken", i);
    }
}

/* ---- comparison ---- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_read_and_written_as_rfc_5952_asks),
        cmocka_unit_test(test_what_is_no_address_is_not_read),
        cmocka_unit_test(test_every_address_survives_both_ways),
        cmocka_unit_test(test_no_more_than_four_addresses_are_taken),
        cmocka_unit_test(test_ipv6_servers_are_written_in_full),
        cmocka_unit_test(test_another_family_is_refused),
        cmocka_unit_test(test_nrpt_servers_are_taken_by_family),
        cmocka_unit_test(test_bad_nrpt_servers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
