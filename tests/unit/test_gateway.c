/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/errors.h"
#include "firewall/gateway.h"
#include "tests/unit/cmocka_test.h"

static void fail_row(const char *what, const char16_t *text)
{
    char utf8[256];
    fail_msg("%s: \"%s\"", what, text_to_line(text, utf8, sizeof(utf8)));
}

static struct gateway read_gateway(const char16_t *text)
{
    struct gateway gateway;
    const char16_t *reason;
    if (gateway_parse(text, text_length(text), &gateway, &reason) || reason)
        fail_row("refused", text);
    return gateway;
}

/* ---- what is a gateway ---- */

static const struct {
    const char16_t *text, *written; /* NULL: the same */
    uint16_t family, port;
    uint8_t protocol;
} accepted[] = {
    {u"198.51.100.7", NULL, FAMILY_IPV4, 0, 0},
    {u"198.51.100.7:1194", NULL, FAMILY_IPV4, 1194, 0},
    {u"198.51.100.7:1194/udp", NULL, FAMILY_IPV4, 1194, 17},
    {u"198.51.100.7:443/tcp", NULL, FAMILY_IPV4, 443, 6},
    {u"198.51.100.7:1", NULL, FAMILY_IPV4, 1, 0},
    {u"198.51.100.7:65535/tcp", NULL, FAMILY_IPV4, 65535, 6},
    {u"203.0.113.53:53/udp", NULL, FAMILY_IPV4, 53, 17},
    {u"2001:db8:7::7", NULL, FAMILY_IPV6, 0, 0},
    {u"[2001:db8:7::7]:443", NULL, FAMILY_IPV6, 443, 0},
    {u"[2001:db8:7::7]:443/tcp", NULL, FAMILY_IPV6, 443, 6},
    {u"[2001:db8:7::7]:1194/udp", NULL, FAMILY_IPV6, 1194, 17},
    /* a port without brackets is part of the address */
    {u"2001:db8:7::7:443", NULL, FAMILY_IPV6, 0, 0},
    {u"2001:DB8:0:0::7", u"2001:db8::7", FAMILY_IPV6, 0, 0},
    {u"::ffff:198.51.100.7", u"198.51.100.7", FAMILY_IPV4, 0, 0},
    {u"::ffff:c633:6407", u"198.51.100.7", FAMILY_IPV4, 0, 0},
    {u"[::ffff:198.51.100.7]:1194/udp", u"198.51.100.7:1194/udp", FAMILY_IPV4, 1194, 17},
    /* addresses at the edges of what is refused */
    {u"0.0.0.1", NULL, FAMILY_IPV4, 0, 0},
    {u"126.255.255.255", NULL, FAMILY_IPV4, 0, 0},
    {u"128.0.0.0", NULL, FAMILY_IPV4, 0, 0},
    {u"223.255.255.255", NULL, FAMILY_IPV4, 0, 0},
    {u"240.0.0.0", NULL, FAMILY_IPV4, 0, 0},
    {u"255.255.255.254", NULL, FAMILY_IPV4, 0, 0},
    {u"::2", NULL, FAMILY_IPV6, 0, 0},
    {u"feff::1", NULL, FAMILY_IPV6, 0, 0},
    {u"10.0.0.1", NULL, FAMILY_IPV4, 0, 0},
    {u"fe80::1", NULL, FAMILY_IPV6, 0, 0},
    {u"[fd12:3456:789a:bcde:1234:5678:9abc:def0]:65535/udp", NULL, FAMILY_IPV6, 65535, 17},
};

static void test_a_gateway_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++) {
        const struct gateway gateway = read_gateway(accepted[i].text);
        char16_t units[GATEWAY_UNITS];
        struct text text = TEXT_ON(units);
        gateway_append(&text, &gateway);
        if (gateway.ip.family != accepted[i].family || gateway.port != accepted[i].port ||
            gateway.protocol != accepted[i].protocol || !ip_is_valid(&gateway.ip))
            fail_row("read as another one", accepted[i].text);
        if (!text_equal(units, accepted[i].written ? accepted[i].written : accepted[i].text))
            fail_row("written in another way", accepted[i].text);
    }
}

/* ---- what is none ---- */

static const char16_t *const names[] = {
    u"vpn.example.com",
    u"vpn.example.com:1194",
    u"vpn.example.com:1194/udp",
    u"localhost",
    u"a",
    u"vpn-1.example",
    u"vpn_1.example/24",
    u"1.2.3.4a",
    u"0x7f.0.0.1",
    u"lockdowns",
    u"b\u00FCro.example",
    u"\uFF11.2.3.4:\uFF11", /* no digit of an address */
};

static const char16_t *const prefixes[] = {
    u"198.51.100.0/24", u"0.0.0.0/0", u"198.51.100.7/32", u"2001:db8::/32", u"::/0",
};

static const char16_t *const unusable[] = {
    u"0.0.0.0",
    u"0.0.0.0:1194/udp",
    u"::",
    u"[::]:443",
    u"127.0.0.1",
    u"127.0.0.1:7505",
    u"127.255.255.255",
    u"::1",
    u"[::1]:443/tcp",
    u"224.0.0.1",
    u"239.255.255.250:1900/udp",
    u"ff02::1",
    u"ff00::",
    u"[ff0e::1]:5000",
    u"255.255.255.255",
    u"255.255.255.255:67/udp",
    u"::ffff:0.0.0.0",
    u"::ffff:127.0.0.1",
    u"[::ffff:224.0.0.1]:1",
    u"::ffff:255.255.255.255",
};

static const char16_t *const malformed[] = {
    u"",
    u" ",
    u"198.51.100.7 ",
    u" 198.51.100.7",
    u"198.51.100",
    u"198.51.100.256",
    u"198.51.100.07",
    u"198.51.100.7:",
    u"198.51.100.7:0",
    u"198.51.100.7:01194",
    u"198.51.100.7:65536",
    u"198.51.100.7:99999",
    u"198.51.100.7:100000",
    u"198.51.100.7:+1194",
    u"198.51.100.7:-1",
    u"198.51.100.7:1194/",
    u"198.51.100.7:1194/UDP",
    u"198.51.100.7:1194/udp ",
    u"198.51.100.7:1194/udp4",
    u"198.51.100.7:1194/sctp",
    u"198.51.100.7:1194/17",
    u"198.51.100.7:1194/udp/tcp",
    u"198.51.100.7:1194:443",
    u"198.51.100.7:/udp",
    u"198.51.100.7/udp",
    u"198.51.100.7/",
    u"198.51.100.7,198.51.100.8",
    u"198.51.100.7-198.51.100.9",
    u"[198.51.100.7]:1194",
    u"[198.51.100.7]",
    u"[2001:db8::7]",
    u"[2001:db8::7]443",
    u"[2001:db8::7]:",
    u"[2001:db8::7]:0",
    u"[2001:db8::7:443",
    u"2001:db8::7]:443",
    u"[]:443",
    u"[",
    u"]",
    u"[]",
    u":",
    u":1194",
    u"/udp",
    u"2001:db8::g",
    u"2001:db8::7/tcp",
    u"2001:db8:::7",
    u"fe80::1%12",
    u"[fe80::1%12]:443",
    u"*",
    u"1234",
    u"-",
    u"vpn.example.com\\share",
};

static void assert_refused(const char16_t *const rows[], size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        struct gateway gateway;
        const char16_t *reason = NULL;
        const uint32_t error = gateway_parse(rows[i], text_length(rows[i]), &gateway, &reason);
        if (error != code)
            fail_row(error ? "another code" : "accepted", rows[i]);
        if (!reason)
            fail_row("no reason", rows[i]);
    }
}

static void test_a_name_is_refused(void **state)
{
    (void)state;
    assert_refused(names, ARRAY_COUNT(names), ERROR_INVALID_NETNAME);
}

static void test_a_network_is_refused(void **state)
{
    (void)state;
    assert_refused(prefixes, ARRAY_COUNT(prefixes), ERROR_NOT_SUPPORTED);
}

static void test_an_address_that_no_server_has_is_refused(void **state)
{
    (void)state;
    assert_refused(unusable, ARRAY_COUNT(unusable), WSAEADDRNOTAVAIL);
}

static void test_what_does_not_follow_the_grammar_is_refused(void **state)
{
    (void)state;
    assert_refused(malformed, ARRAY_COUNT(malformed), ERROR_INVALID_PARAMETER);
}

/* A zero unit is no end: the length is. */
static void test_all_units_count(void **state)
{
    static const char16_t text[] = u"198.51.100.7\0:1";
    struct gateway gateway;
    const char16_t *reason;
    (void)state;
    assert_int_equal(gateway_parse(text, ARRAY_COUNT(text) - 1, &gateway, &reason),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(gateway_parse(text, 11, &gateway, &reason), ERROR_INVALID_PARAMETER);
    assert_int_equal(gateway_parse(text, 12, &gateway, &reason), 0);
}

/* ---- lists ---- */

static void test_a_gateway_that_is_there_is_not_added_again(void **state)
{
    static const char16_t *const rows[] = {
        u"198.51.100.7",          u"198.51.100.7:1194", u"198.51.100.7:1194/udp",
        u"198.51.100.7:1194/tcp", u"2001:db8::7",
    };
    static const char16_t *const same[] = {
        u"::ffff:198.51.100.7",   u"198.51.100.7:1194", u"[::ffff:c633:6407]:1194/udp",
        u"198.51.100.7:1194/tcp", u"2001:db8:0::7",
    };
    struct gateways gateways = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct gateway gateway = read_gateway(rows[i]), again = read_gateway(same[i]);
        assert_int_equal(gateways_add(&gateways, &gateway), 0);
        assert_int_equal(gateways_add(&gateways, &again), 0);
        assert_int_equal(gateways.count, i + 1);
    }
}

static void test_there_are_at_most_64_gateways(void **state)
{
    struct gateways gateways = {0};
    struct gateway gateway = {.ip = {FAMILY_IPV4, {198, 51, 100, 0}}};
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        gateway.ip.bytes[3] = (uint8_t)i;
        assert_int_equal(gateways_add(&gateways, &gateway), 0);
    }
    assert_int_equal(gateways_add(&gateways, &gateway), 0); /* it is there */
    gateway.port = 443;
    assert_int_equal(gateways_add(&gateways, &gateway), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(gateways.count, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gateway_is_read_and_written),
        cmocka_unit_test(test_a_name_is_refused),
        cmocka_unit_test(test_a_network_is_refused),
        cmocka_unit_test(test_an_address_that_no_server_has_is_refused),
        cmocka_unit_test(test_what_does_not_follow_the_grammar_is_refused),
        cmocka_unit_test(test_all_units_count),
        cmocka_unit_test(test_a_gateway_that_is_there_is_not_added_again),
        cmocka_unit_test(test_there_are_at_most_64_gateways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
