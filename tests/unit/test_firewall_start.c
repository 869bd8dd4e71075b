/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/errors.h"
#include "firewall/start.h"
#include "tests/unit/cmocka_test.h"

enum { WORDS = 6 };

static size_t count_words(const char16_t *const words[WORDS])
{
    size_t count = 0;
    while (count < WORDS && words[count])
        count++;
    return count;
}

/* ---- what can be asked for ---- */

static const struct {
    const char16_t *words[WORDS];
    bool allow_lan, remote_ok;
    size_t gateways;
} accepted[] = {
    {{u"lockdown"}, false, false, 0},
    {{u"lockdown", u"lockdown"}, false, false, 0},
    {{u"restart", u"allow-lan", u"remote-ok", u"lockdown"}, true, true, 0},
    {{u"198.51.100.7"}, false, false, 1},
    {{u"198.51.100.7:1194/udp", u"[2001:db8::7]:443/tcp"}, false, false, 2},
    /* "restart" takes no gateway away, there or not */
    {{u"restart", u"198.51.100.7", u"198.51.100.8"}, false, false, 2},
    {{u"allow-lan", u"198.51.100.7"}, true, false, 1},
    {{u"remote-ok", u"198.51.100.7"}, false, true, 1},
    {{u"198.51.100.7", u"allow-lan", u"restart"}, true, false, 1},
    {{u"198.51.100.7", u"::ffff:198.51.100.7", u"198.51.100.7:1194"}, false, false, 2},
};

static void test_words_are_a_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++) {
        struct firewall_start start;
        const char16_t *reason;
        size_t wrong;
        if (firewall_start_read(accepted[i].words, count_words(accepted[i].words), &start, &reason,
                                &wrong) ||
            reason)
            fail_msg("row %zu is refused", i);
        if (start.allow_lan != accepted[i].allow_lan || start.remote_ok != accepted[i].remote_ok ||
            start.gateways.count != accepted[i].gateways)
            fail_msg("row %zu", i);
    }
}

/* ---- what cannot ---- */

static const struct {
    const char16_t *words[WORDS];
    uint32_t code;
    size_t wrong;
} refused[] = {
    {{NULL}, ERROR_INVALID_PARAMETER, 0},
    {{u"restart"}, ERROR_INVALID_PARAMETER, 1},
    {{u"restart", u"allow-lan"}, ERROR_INVALID_PARAMETER, 2},
    {{u"lockdown", u"198.51.100.7"}, ERROR_INVALID_PARAMETER, 2},
    {{u"198.51.100.7", u"lockdown"}, ERROR_INVALID_PARAMETER, 2},
    {{u"vpn.example.com"}, ERROR_INVALID_NETNAME, 0},
    {{u"198.51.100.7", u"Lockdown"}, ERROR_INVALID_NETNAME, 1},
    {{u"restarts", u"198.51.100.7"}, ERROR_INVALID_NETNAME, 0},
    {{u"restart", u""}, ERROR_INVALID_PARAMETER, 1},
    {{u"198.51.100.7", u"198.51.100.0/24"}, ERROR_NOT_SUPPORTED, 1},
    {{u"lockdown", u"127.0.0.1"}, WSAEADDRNOTAVAIL, 1},
};

static void test_what_is_no_policy_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        struct firewall_start start;
        const char16_t *reason = NULL;
        size_t wrong = WORDS;
        const uint32_t error = firewall_start_read(refused[i].words, count_words(refused[i].words),
                                                   &start, &reason, &wrong);
        if (error != refused[i].code || wrong != refused[i].wrong || !reason)
            fail_msg("row %zu: code %u, word %zu", i, (unsigned)error, wrong);
    }
}

static void test_the_65th_gateway_is_refused(void **state)
{
    enum { MOST = 66, UNITS = 16 };
    char16_t texts[MOST][UNITS];
    const char16_t *words[MOST];
    struct firewall_start start;
    const char16_t *reason;
    size_t wrong;
    (void)state;
    for (unsigned i = 0; i < MOST; i++) {
        struct text text = text_on(texts[i], UNITS);
        text_append_format(&text, "198.51.100.%u", i < 65 ? i : 0);
        words[i] = texts[i];
    }
    assert_int_equal(firewall_start_read(words, 64, &start, &reason, &wrong), 0);
    assert_int_equal(start.gateways.count, 64);
    assert_int_equal(firewall_start_read(words, 65, &start, &reason, &wrong),
                     ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(wrong, 64);
    assert_non_null(reason);
    words[64] = words[65]; /* the first one again */
    assert_int_equal(firewall_start_read(words, 65, &start, &reason, &wrong), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_a_policy),
        cmocka_unit_test(test_what_is_no_policy_is_refused),
        cmocka_unit_test(test_the_65th_gateway_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
