/* SPDX-License-Identifier: MIT */
#include "client/arguments.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

enum { ITEMS = 12 };

struct row {
    char16_t *items[ITEMS];
};

static char16_t *more[ITEMS];
static struct arguments arguments;
static struct arguments_problem problem;

static bool read_row(enum arguments_command command, const struct row *row)
{
    char16_t *items[ITEMS];
    size_t count = 0;
    while (count < ITEMS && row->items[count])
        count++;
    memcpy(items, row->items, sizeof(items));
    return arguments_read(command, count, items, more, &arguments, &problem);
}

static void test_config_alone_takes_the_defaults(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"a.ovpn"}}));
    assert_true(text_equal(arguments.operand, u"a.ovpn"));
    assert_true(text_equal(arguments.instance, u""));
    assert_int_equal(arguments.timeout_seconds, TIMEOUT_DEFAULT);
    assert_null(arguments.log);
    assert_null(arguments.user);
    assert_false(arguments.json || arguments.help || arguments.until_stdin_closes);
    assert_int_equal(arguments.more_count, 0);
}

static void test_own_options_are_taken_out_from_between_openvpns(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT,
                         &(struct row){{u"--instance", u"$x", u"a.ovpn", u"--verb", u"4", u"--json",
                                        u"--timeout", u"7", u"--mute", u"3"}}));
    assert_true(text_equal(arguments.instance, u"$x"));
    assert_true(arguments.json);
    assert_int_equal(arguments.timeout_seconds, 7);
    static const char16_t *const expected[] = {u"--verb", u"4", u"--mute", u"3"};
    assert_int_equal(arguments.more_count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++)
        assert_true(text_equal(arguments.more[i], expected[i]));
}

static void test_everything_behind_two_dashes_is_openvpns(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT,
                         &(struct row){{u"a.ovpn", u"--", u"--json", u"--", u"--log", u"x"}}));
    assert_false(arguments.json);
    assert_null(arguments.log);
    assert_int_equal(arguments.more_count, 4);
    assert_true(text_equal(arguments.more[1], u"--"));
}

static void test_last_log_option_wins(void **state)
{
    (void)state;
    assert_true(
        read_row(ARGUMENTS_CONNECT, &(struct row){{u"a", u"--log", u"1", u"--log-append", u"2"}}));
    assert_true(arguments.log_append);
    assert_true(text_equal(arguments.log, u"2"));
    assert_true(
        read_row(ARGUMENTS_CONNECT, &(struct row){{u"a", u"--log-append", u"2", u"--log", u"1"}}));
    assert_false(arguments.log_append);
    assert_true(text_equal(arguments.log, u"1"));
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum arguments_command command;
        struct row row;
        const char16_t *about;
    } rows[] = {
        {"no config", ARGUMENTS_CONNECT, {{u"--json"}}, u""},
        {"unknown option before the config", ARGUMENTS_CONNECT, {{u"--jsn", u"a"}}, u"--jsn"},
        {"value missing", ARGUMENTS_CONNECT, {{u"a", u"--timeout"}}, u"--timeout"},
        {"no number", ARGUMENTS_CONNECT, {{u"a", u"--timeout", u"5s"}}, u"5s"},
        {"empty number", ARGUMENTS_CONNECT, {{u"a", u"--timeout", u""}}, u""},
        {"number too large", ARGUMENTS_CONNECT, {{u"a", u"--timeout", u"86401"}}, u"86401"},
        {"number overflows",
         ARGUMENTS_CONNECT,
         {{u"a", u"--timeout", u"4294967297"}},
         u"4294967297"},
        {"instance is a path", ARGUMENTS_CONNECT, {{u"a", u"--instance", u"..\\x"}}, u"..\\x"},
        {"management", ARGUMENTS_CONNECT, {{u"a", u"--management-hold"}}, u"--management-hold"},
        {"management behind dashes",
         ARGUMENTS_CONNECT,
         {{u"a", u"--", u"--management"}},
         u"--management"},
        {"version of what", ARGUMENTS_VERSION, {{u"x"}}, u"x"},
        {"version with a connect option", ARGUMENTS_VERSION, {{u"--user", u"x"}}, u"--user"},
        {"help twice", ARGUMENTS_HELP, {{u"connect", u"version"}}, u"version"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (read_row(rows[i].command, &rows[i].row))
            fail_msg("%s: accepted", rows[i].name);
        if (!text_equal(problem.about, rows[i].about))
            fail_msg("%s: the problem is about something else", rows[i].name);
    }
}

static void test_help_needs_no_config(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"--help"}}));
    assert_true(arguments.help);
    assert_true(read_row(ARGUMENTS_HELP, &(struct row){{u"connect"}}));
    assert_true(text_equal(arguments.operand, u"connect"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_alone_takes_the_defaults),
        cmocka_unit_test(test_own_options_are_taken_out_from_between_openvpns),
        cmocka_unit_test(test_everything_behind_two_dashes_is_openvpns),
        cmocka_unit_test(test_last_log_option_wins),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_help_needs_no_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
