/* SPDX-License-Identifier: MIT */
#include "dns/multi_string.h"
#include "tests/unit/cmocka_test.h"

#include <stdlib.h>
#include <string.h>

static void test_a_list_ends_in_two_zeros(void **state)
{
    (void)state;
    static const char16_t expected[] = u".a.example\0.b\0";
    char16_t units[32];
    struct multi_string list = MULTI_STRING_ON(units);

    assert_true(multi_string_append(&list, u".a.example", 10));
    assert_true(multi_string_append(&list, u".b", 2));

    assert_int_equal(multi_string_count(&list), ARRAY_COUNT(expected));
    assert_memory_equal(units, expected, sizeof(expected));
}

static void test_the_root_alone_takes_six_bytes(void **state)
{
    (void)state;
    char16_t units[4];
    struct multi_string list = MULTI_STRING_ON(units);
    assert_true(multi_string_append(&list, u".", 1));
    assert_int_equal(multi_string_count(&list) * sizeof(char16_t), 6);
}

static void test_an_empty_list_is_two_zeros(void **state)
{
    (void)state;
    char16_t units[2] = {'x', 'x'};
    struct multi_string list = MULTI_STRING_ON(units);
    assert_int_equal(multi_string_count(&list), 2);
    assert_int_equal(units[0] | units[1], 0);
}

static void test_what_does_not_fit_leaves_the_list_unchanged(void **state)
{
    (void)state;
    char16_t units[6] = {[5] = 'x'};
    struct multi_string list = multi_string_on(units, 5);

    assert_false(multi_string_append(&list, u"abcd", 4)); /* four characters, and two zeros */
    assert_true(multi_string_append(&list, u"abc", 3));
    assert_false(multi_string_append(&list, u"d", 1));
    assert_false(multi_string_append(&list, u"", 0));

    assert_int_equal(multi_string_count(&list), 5);
    assert_memory_equal(units, u"abc\0", 5 * sizeof(char16_t));
    assert_int_equal(units[5], 'x');
}

struct stored {
    const char *name;
    const char16_t *units;
    size_t count;
    size_t texts;
    size_t units_of_last;
};

static const struct stored stored[] = {
    {"nothing at all", u"", 0, 0, 0},
    {"one zero", u"", 1, 0, 0},
    {"well-formed", u"a\0bc\0", 6, 2, 2},
    {"one zero at the end", u"a\0bc", 5, 2, 2},
    {"no zero at the end", u"a\0bc", 4, 2, 2},
    {"no zero at all", u"abc", 3, 1, 3},
    {"more behind the end", u"a\0\0bc", 5, 1, 1},
    {"empty text first", u"\0a", 3, 0, 0},
};

static void test_every_stored_form_is_read_within_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(stored); i++) {
        const struct stored *row = &stored[i];
        /* a heap block of exact size, so that the sanitizer sees an overrun */
        char16_t *units = malloc(row->count * sizeof(*units) + 1);
        assert_non_null(units);
        memcpy(units, row->units, row->count * sizeof(*units));
        size_t at = 0, texts = 0, length = 0, last = 0;
        for (; multi_string_next(units, row->count, &at, &length); texts++)
            last = length;
        free(units);
        assert_true(at <= row->count);
        if (texts != row->texts || last != row->units_of_last)
            fail_msg("%s: %zu texts, the last of %zu units", row->name, texts, last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_ends_in_two_zeros),
        cmocka_unit_test(test_the_root_alone_takes_six_bytes),
        cmocka_unit_test(test_an_empty_list_is_two_zeros),
        cmocka_unit_test(test_what_does_not_fit_leaves_the_list_unchanged),
        cmocka_unit_test(test_every_stored_form_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
