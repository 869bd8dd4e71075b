/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "client/cli/update/range.h"
#include "tests/unit/cmocka_test.h"

static void test_a_part_of_a_file_is_read(void **state)
{
    struct range range;
    (void)state;
    assert_true(range_read(u"bytes 100-199/200", &range));
    assert_int_equal(range.first, 100);
    assert_int_equal(range.last, 199);
    assert_int_equal(range.size, 200);
    assert_true(range_read(u"bytes 0-0/1", &range));
}

static void test_what_no_file_can_have_is_refused(void **state)
{
    static const char16_t *const texts[] = {
        u"",
        u"bytes",
        u"bytes ",
        u"bytes 0-0",
        u"bytes 0-0/*",
        u"bytes */200",
        u"bytes 2-1/200",
        u"bytes 0-200/200",
        u"bytes -1-2/3",
        u"bytes 0-1/2 ",
        u"bytes 0-1/2,3",
        u"bytes  0-1/2",
        u"items 0-1/2",
        u"bytes 0-1/99999999999999999999",
        u"bytes 18446744073709551616-18446744073709551617/18446744073709551618",
    };
    struct range range;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        print_message("row %u\n", (unsigned)i);
        assert_false(range_read(texts[i], &range));
    }
}

static void test_a_strong_tag_names_the_bytes(void **state)
{
    (void)state;
    assert_true(etag_is_strong(u"\"5f-62b\""));
    assert_true(etag_is_strong(u"\"a\""));
}

static void test_any_other_tag_does_not(void **state)
{
    static const char16_t *const tags[] = {
        u"",     u"\"",       u"\"\"",          u"W/\"5f\"", u"5f",         u"\"5f",
        u"5f\"", u"\"5\"f\"", u"\"5\r\nX: f\"", u"\"5 f\"",  u"\"\u00e4\"",
    };
    char16_t units[ETAG_UNITS + 1];
    struct text longest = TEXT_ON(units);
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
        print_message("row %u\n", (unsigned)i);
        assert_false(etag_is_strong(tags[i]));
    }
    text_append_unit(&longest, u'"');
    while (longest.length < ETAG_UNITS - 1)
        text_append_unit(&longest, u'a');
    text_append_unit(&longest, u'"');
    assert_false(etag_is_strong(units));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_a_file_is_read),
        cmocka_unit_test(test_what_no_file_can_have_is_refused),
        cmocka_unit_test(test_a_strong_tag_names_the_bytes),
        cmocka_unit_test(test_any_other_tag_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
