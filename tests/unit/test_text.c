/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

struct conversion {
    const char *name;
    const char *utf8;
    const char16_t *utf16;
};

static const struct conversion well_formed[] = {
    {"empty", "", u""},
    {"ascii", "a.example", u"a.example"},
    {"two bytes",
     "b\xC3\xBC"
     "cher",
     u"b\u00FCcher"},
    {"three bytes", "\xE2\x82\xAC", u"\u20AC"},
    {"surrogate pair", "\xF0\x9F\x94\x91", u"\U0001F511"},
};

static void test_well_formed_text_survives_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(well_formed); i++) {
        const struct conversion *row = &well_formed[i];
        char utf8[32];
        char16_t utf16[32];
        size_t bytes = text_to_utf8(row->utf16, text_length(row->utf16), utf8, sizeof(utf8));
        size_t units = text_from_utf8(row->utf8, strlen(row->utf8), utf16, ARRAY_COUNT(utf16));
        if (bytes != strlen(row->utf8) || memcmp(utf8, row->utf8, bytes) != 0)
            fail_msg("%s: wrong UTF-8", row->name);
        if (units != text_length(row->utf16) ||
            memcmp(utf16, row->utf16, units * sizeof(*utf16)) != 0)
            fail_msg("%s: wrong UTF-16", row->name);
    }
}

static void test_ill_formed_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *utf8;
        size_t units;
    } rows[] = {
        {"lone continuation", "\x80", 1},
        {"overlong slash", "\xC0\xAF", 2},
        {"encoded surrogate", "\xED\xA0\x80", 3},
        {"cut off", "\xE2\x82", 2},
        {"beyond the last plane", "\xF4\x90\x80\x80", 4},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t utf16[8];
        size_t units =
            text_from_utf8(rows[i].utf8, strlen(rows[i].utf8), utf16, ARRAY_COUNT(utf16));
        if (units != rows[i].units)
            fail_msg("%s: %zu units", rows[i].name, units);
        for (size_t u = 0; u < units; u++)
            assert_int_equal(utf16[u], 0xFFFD);
    }
}

static void test_lone_surrogates_are_not_well_formed(void **state)
{
    (void)state;
    const char16_t high_last[] = {u'a', 0xD800};
    const char16_t low_first[] = {0xDC00, u'a'};
    const char16_t swapped[] = {0xDC00, 0xD800};
    const char16_t pair[] = {0xD83D, 0xDD11};
    assert_false(text_is_well_formed(high_last, 2));
    assert_false(text_is_well_formed(low_first, 2));
    assert_false(text_is_well_formed(swapped, 2));
    assert_true(text_is_well_formed(pair, 2));
    assert_false(text_is_well_formed(pair, 1));
}

static void test_text_is_cut_before_a_surrogate_pair_not_within(void **state)
{
    (void)state;
    const char16_t text[] = {u'a', 0xD83D, 0xDD11, u'b'};
    const size_t expected[] = {0, 1, 1, 3, 4};
    for (size_t limit = 0; limit < ARRAY_COUNT(expected); limit++)
        assert_int_equal(text_whole_length(text, limit), expected[limit]);
}

static void test_digits_of_either_case_have_their_value(void **state)
{
    (void)state;
    static const char16_t lower[] = u"0123456789abcdef", upper[] = u"0123456789ABCDEF";
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(text_digit_value(lower[i]), i);
        assert_int_equal(text_digit_value(upper[i]), i);
    }
    static const char16_t others[] = {0, u'/', u':', u'@', u'G', u'`', u'g', 0xFF11};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_int_equal(text_digit_value(others[i]), TEXT_NO_DIGIT);
}

static void test_conversion_writes_no_partial_character(void **state)
{
    (void)state;
    char utf8[4] = "....";
    assert_int_equal(text_to_utf8(u"ab\u20AC", 3, utf8, 4), 5);
    assert_memory_equal(utf8, "ab..", 4);
    char16_t utf16[2] = {7, 7};
    assert_int_equal(text_from_utf8("a\xF0\x9F\x94\x91", 5, utf16, 2), 3);
    assert_int_equal(utf16[0], u'a');
    assert_int_equal(utf16[1], 7);
}

static void test_builder_cuts_and_reports_it(void **state)
{
    (void)state;
    char16_t units[6];
    struct text text = TEXT_ON(units);
    text_append(&text, u"ab");
    text_append_format(&text, "%02x", 0xfu);
    assert_false(text.truncated);
    text_append(&text, u"xyz");
    assert_true(text.truncated);
    assert_true(text_equal(units, u"ab0fx"));
}

static void test_line_is_cut_between_characters(void **state)
{
    (void)state;
    char line[5];
    memset(line, 'x', sizeof(line));
    text_to_line(u"ab\u00fc\u00fc", line, sizeof(line));
    assert_string_equal(line, "ab\xC3\xBC");
    text_to_line(u"abc\u00fc", line, sizeof(line));
    assert_string_equal(line, "abc");
    text_to_line(u"abcdef", line, 1);
    assert_string_equal(line, "");
}

static void test_line_has_no_control_characters(void **state)
{
    (void)state;
    char line[32];
    assert_string_equal(text_to_line(u"a\r\nb\x1b[2J\x7f\x9b\u00a0", line, sizeof(line)),
                        "a??b?[2J??\xC2\xA0");
    assert_string_equal(UTF8(u"one\ntwo \xD800"), "one?two \xEF\xBF\xBD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed_text_survives_both_ways),
        cmocka_unit_test(test_ill_formed_utf8_becomes_replacement_characters),
        cmocka_unit_test(test_lone_surrogates_are_not_well_formed),
        cmocka_unit_test(test_text_is_cut_before_a_surrogate_pair_not_within),
        cmocka_unit_test(test_digits_of_either_case_have_their_value),
        cmocka_unit_test(test_conversion_writes_no_partial_character),
        cmocka_unit_test(test_builder_cuts_and_reports_it),
        cmocka_unit_test(test_line_is_cut_between_characters),
        cmocka_unit_test(test_line_has_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
