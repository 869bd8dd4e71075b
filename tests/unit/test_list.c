/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "policy/list.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

enum { MOST_ITEMS = 4 };

static void test_items_are_told_apart_by_bars_only(void **state)
{
    (void)state;
    static const struct {
        const char16_t *list;
        const char16_t *items[MOST_ITEMS]; /* the first NULL ends them */
    } rows[] = {
        {u"", {NULL}},
        {u"one", {u"one"}},
        {u"one|two", {u"one", u"two"}},
        {u" one | two\t", {u"one", u"two"}},
        {u"C:\\Program Files\\A, B; C|D, Inc.", {u"C:\\Program Files\\A, B; C", u"D, Inc."}},
        {u"one|", {u"one"}},
        {u"one||two", {u"one", u"", u"two"}},
        {u"|", {u""}},
        {u" ", {u""}},
        {u"|one", {u"", u"one"}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const char16_t *rest = rows[i].list;
        struct list_item item;
        size_t count = 0;
        while (list_next(&rest, &item)) {
            const char16_t *wanted = count < MOST_ITEMS ? rows[i].items[count++] : NULL;
            if (!wanted || text_length(wanted) != item.length ||
                memcmp(wanted, item.text, item.length * sizeof(*wanted)) != 0)
                fail_msg("row %zu, item %zu", i, count);
        }
        if (count < MOST_ITEMS && rows[i].items[count])
            fail_msg("row %zu has more than %zu items", i, count);
    }
}

static void test_an_empty_item_is_found(void **state)
{
    (void)state;
    static const char16_t *const whole[] = {u"", u"one", u"one|two", u"one| two |"};
    static const char16_t *const broken[] = {u"|", u" ", u"|one", u"one||two", u"one| |two"};
    for (size_t i = 0; i < ARRAY_COUNT(whole); i++)
        if (!list_is_whole(whole[i]))
            fail_msg("row %zu is whole", i);
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++)
        if (list_is_whole(broken[i]))
            fail_msg("row %zu is not whole", i);
}

static void test_a_text_is_in_a_list_as_a_whole_and_in_its_letter_case(void **state)
{
    (void)state;
    static const char16_t list[] = u"OpenVPN, Inc.| Example AB |";
    assert_true(list_has(list, u"OpenVPN, Inc."));
    assert_true(list_has(list, u"Example AB"));
    static const char16_t *const others[] = {u"",
                                             u" ",
                                             u"OpenVPN",
                                             u"OpenVPN, Inc",
                                             u"OpenVPN, Inc..",
                                             u"openvpn, inc.",
                                             u"Example AB ",
                                             u"Example",
                                             u"OpenVPN, Inc.| Example AB "};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        if (list_has(list, others[i]))
            fail_msg("row %zu is not in the list", i);
    assert_false(list_has(u"", u""));
    assert_false(list_has(u"|", u""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_told_apart_by_bars_only),
        cmocka_unit_test(test_an_empty_item_is_found),
        cmocka_unit_test(test_a_text_is_in_a_list_as_a_whole_and_in_its_letter_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
