/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "wire/startup.h"

#include <stdlib.h>
#include <string.h>

/* A block as it comes from the pipe: without the terminator of a string literal. */
#define BLOCK(literal) (literal), ARRAY_COUNT(literal) - 1

/* Decodes a copy that ends where the block ends, so that the sanitizer sees a read beyond it. */
static uint32_t decode(const char16_t *units, size_t size, struct startup *startup,
                       char16_t **buffer)
{
    *buffer = malloc(size ? size : 1);
    assert_non_null(*buffer);
    memcpy(*buffer, units, size);
    return startup_decode(*buffer, size, STARTUP_MAX_UNITS, startup);
}

static uint32_t decode_result(const char16_t *units, size_t size)
{
    struct startup startup;
    char16_t *buffer;
    uint32_t error = decode(units, size, &startup, &buffer);
    free(buffer);
    return error;
}

struct block {
    const char *name;
    const char16_t *units;
    size_t count;
};

static void test_three_strings_are_found(void **state)
{
    (void)state;
    static const struct {
        struct block block;
        const char16_t *directory, *options, *input;
    } rows[] = {
        {{"usual", BLOCK(u"C:\\vpn\0--config a.ovpn\0secret\n\0")},
         u"C:\\vpn",
         u"--config a.ovpn",
         u"secret\n"},
        {{"all empty", BLOCK(u"\0\0\0")}, u"", u"", u""},
        {{"no input", BLOCK(u"d\0o\0\0")}, u"d", u"o", u""},
        {{"empty directory", BLOCK(u"\0o\0i\0")}, u"", u"o", u"i"},
        {{"more follows", BLOCK(u"d\0o\0i\0more\0and more\0")}, u"d", u"o", u"i"},
        {{"surrogate pairs", BLOCK(u"\U0001F511\0\U0001F512\0\U0001F513\0")},
         u"\U0001F511",
         u"\U0001F512",
         u"\U0001F513"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct startup startup;
        char16_t *buffer;
        uint32_t error =
            decode(rows[i].block.units, rows[i].block.count * sizeof(char16_t), &startup, &buffer);
        if (error || !text_equal(startup.directory, rows[i].directory) ||
            !text_equal(startup.options, rows[i].options) ||
            !text_equal(startup.input, rows[i].input))
            fail_msg("%s", rows[i].block.name);
        free(buffer);
    }
}

static void test_malformed_blocks_are_refused(void **state)
{
    (void)state;
    static const char16_t lone_high[] = {0xD800, 0, u'o', 0, u'i', 0};
    static const char16_t lone_low[] = {u'd', 0, u'o', 0xDC00, 0, u'i', 0};
    static const char16_t cut_pair[] = {u'd', 0, u'o', 0, u'i', 0xD83D, 0};
    static const char16_t low_after_zero[] = {u'd', 0xD83D, 0, 0xDD11, 0, u'i', 0};
    static const struct block rows[] = {
        {"not terminated", BLOCK(u"d\0o\0i")},
        {"more that is not terminated", BLOCK(u"d\0o\0i\0x")},
        {"nothing but text", BLOCK(u"directory")},
        {"ends after the directory", BLOCK(u"d\0")},
        {"ends after the options", BLOCK(u"d\0o\0")},
        {"one zero", BLOCK(u"\0")},
        {"two zeros", BLOCK(u"\0\0")},
        {"lone high surrogate in the directory", lone_high, ARRAY_COUNT(lone_high)},
        {"lone low surrogate in the options", lone_low, ARRAY_COUNT(lone_low)},
        {"half a pair at the end of the input", cut_pair, ARRAY_COUNT(cut_pair)},
        {"pair across a terminator", low_after_zero, ARRAY_COUNT(low_after_zero)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (decode_result(rows[i].units, rows[i].count * sizeof(char16_t)) != ERROR_STARTUP_DATA)
            fail_msg("%s", rows[i].name);
}

static void test_nothing_and_half_a_unit_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_result(u"", 0), ERROR_STARTUP_DATA);
    assert_int_equal(decode_result(u"", 1), ERROR_STARTUP_DATA);
}

static void test_an_odd_last_byte_is_ignored(void **state)
{
    (void)state;
    assert_int_equal(decode_result(u"d\0o\0i\0x", 7 * sizeof(char16_t) - 1), 0);
    assert_int_equal(decode_result(u"d\0o\0i\0", 6 * sizeof(char16_t) - 1), ERROR_STARTUP_DATA);
}

static void test_lone_surrogates_behind_the_third_terminator_are_ignored(void **state)
{
    (void)state;
    static const char16_t units[] = {u'd', 0, u'o', 0, u'i', 0, 0xD800, 0};
    assert_int_equal(decode_result(units, sizeof(units)), 0);
}

static void test_the_limit_counts_whole_units(void **state)
{
    (void)state;
    static char16_t units[STARTUP_MAX_UNITS + 2];
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        units[i] = u'a';
    units[0] = units[1] = units[STARTUP_MAX_UNITS - 1] = 0;
    assert_int_equal(decode_result(units, STARTUP_MAX_UNITS * sizeof(char16_t)), 0);
    assert_int_equal(decode_result(units, STARTUP_MAX_BYTES), 0);
    units[STARTUP_MAX_UNITS] = 0;
    assert_int_equal(decode_result(units, STARTUP_MAX_BYTES + 1), ERROR_STARTUP_DATA);
}

static void test_the_limit_is_the_callers(void **state)
{
    (void)state;
    static const char16_t units[] = u"d\0o\0input\0"; /* and the terminator of the literal */
    const size_t count = ARRAY_COUNT(units) - 1;
    struct startup startup;
    assert_int_equal(startup_decode(units, count * sizeof(char16_t), count, &startup), 0);
    assert_int_equal(startup_decode(units, count * sizeof(char16_t) + 1, count, &startup), 0);
    assert_int_equal(startup_decode(units, count * sizeof(char16_t), count - 1, &startup),
                     ERROR_STARTUP_DATA);
}

static void test_encoded_data_decode_to_the_same(void **state)
{
    (void)state;
    const struct startup sent = {u"C:\\vpn", u"--config \"a b.ovpn\"", u"secret\n"};
    char16_t units[64];
    struct startup received;
    size_t size = startup_encode(&sent, units, ARRAY_COUNT(units));
    assert_int_equal(size, (6 + 1 + 19 + 1 + 7 + 1) * sizeof(char16_t));
    assert_int_equal(startup_decode(units, size, STARTUP_MAX_UNITS, &received), 0);
    assert_true(text_equal(sent.directory, received.directory));
    assert_true(text_equal(sent.options, received.options));
    assert_true(text_equal(sent.input, received.input));
}

static void test_data_that_do_not_fit_are_not_encoded(void **state)
{
    (void)state;
    char16_t units[6] = {0};
    const struct startup six = {u"d", u"o", u"i"}, seven = {u"d", u"o", u"ii"};
    assert_int_equal(startup_encode(&six, units, ARRAY_COUNT(units)), sizeof(units));
    assert_int_equal(startup_encode(&seven, units, ARRAY_COUNT(units)), 0);
    assert_int_equal(startup_encode(&six, units, 0), 0);

    static char16_t longest[STARTUP_MAX_UNITS - 2], room[2 * STARTUP_MAX_UNITS];
    for (size_t i = 0; i + 1 < ARRAY_COUNT(longest); i++)
        longest[i] = u'a';
    const struct startup fits = {u"", u"", longest}, exceeds = {u"d", u"", longest};
    assert_int_equal(startup_encode(&fits, room, ARRAY_COUNT(room)),
                     STARTUP_MAX_UNITS * sizeof(char16_t));
    assert_int_equal(startup_encode(&exceeds, room, ARRAY_COUNT(room)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_strings_are_found),
        cmocka_unit_test(test_malformed_blocks_are_refused),
        cmocka_unit_test(test_nothing_and_half_a_unit_are_refused),
        cmocka_unit_test(test_an_odd_last_byte_is_ignored),
        cmocka_unit_test(test_lone_surrogates_behind_the_third_terminator_are_ignored),
        cmocka_unit_test(test_the_limit_counts_whole_units),
        cmocka_unit_test(test_the_limit_is_the_callers),
        cmocka_unit_test(test_encoded_data_decode_to_the_same),
        cmocka_unit_test(test_data_that_do_not_fit_are_not_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
