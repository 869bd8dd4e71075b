/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/text.h"
#include "policy/exit_event.h"
#include "tests/unit/cmocka_test.h"

static void test_the_value_in_force_is_that_of_the_last_option(void **state)
{
    (void)state;
    static const struct {
        const char16_t *options, *value;
    } rows[] = {
        {u"--service event 0", u"event"},
        {u"--service one 0 --verb 3 --service two", u"two"},
        {u"--service one --service --verb 3", u"one"},
        {u"--verb 3 --service", NULL},
        {u"--service \"\" 0", u""},
        {u"--services event", NULL},
        {u"service event", NULL},
        {u"", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(tokens_split(rows[i].options, &tokens), 0);
        const char16_t *value = options_value(&tokens, u"service");
        if (!value != !rows[i].value || (value && !text_equal(value, rows[i].value)))
            fail_msg("row %zu", i);
    }
}

static void test_an_event_is_looked_for_in_the_users_session(void **state)
{
    (void)state;
    static const struct {
        const char16_t *name, *full;
    } rows[] = {
        {u"ovpn_exit_1", u"Session\\3\\ovpn_exit_1"},
        {u"Local\\ovpn_exit_1", u"Session\\3\\ovpn_exit_1"},
        {u"Global\\ovpn_exit_1", u"Global\\ovpn_exit_1"},
        {u"global", u"Session\\3\\global"},
    };
    char16_t full[EXIT_EVENT_UNITS];
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (!exit_event_name(rows[i].name, 3, full) || !text_equal(full, rows[i].full))
            fail_msg("row %zu", i);
}

static void test_no_name_leads_out_of_it(void **state)
{
    (void)state;
    static const char16_t *const names[] = {u"",
                                            u"Global\\",
                                            u"Local\\",
                                            u"Session\\1\\event",
                                            u"..\\1\\event",
                                            u"Global\\..\\event",
                                            u"Local\\Global\\event",
                                            u"global\\event",
                                            u"\\event",
                                            u"\\\\.\\pipe\\event"};
    char16_t full[EXIT_EVENT_UNITS], longest[EXIT_EVENT_UNITS];
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (exit_event_name(names[i], 3, full))
            fail_msg("row %zu", i);
    for (size_t i = 0; i + 1 < EXIT_EVENT_UNITS; i++)
        longest[i] = u'e';
    longest[EXIT_EVENT_UNITS - 1] = 0;
    assert_false(exit_event_name(longest, 3, full));
    assert_true(exit_event_name(longest + 10, 3, full));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_value_in_force_is_that_of_the_last_option),
        cmocka_unit_test(test_an_event_is_looked_for_in_the_users_session),
        cmocka_unit_test(test_no_name_leads_out_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
