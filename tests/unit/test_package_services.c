/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"

#include "base/text.h"
#include "base/win32/service_config.h"
#include "installer/fields.h"

#include <stdio.h>

static const struct command_row {
    const char *what;
    const char16_t *command;
    bool is_ours;
} COMMANDS[] = {
    {"in quotes", u"\"C:\\Program Files\\G\\bin\\s.exe\"", true},
    {"in quotes, with arguments", u"\"C:\\Program Files\\G\\bin\\s.exe\" -instance x", true},
    {"without quotes", u"C:\\Program Files\\G\\bin\\s.exe", true},
    {"without quotes, with arguments", u"C:\\Program Files\\G\\bin\\s.exe -instance x", true},
    {"in another case", u"\"c:\\program files\\g\\BIN\\S.EXE\"", true},
    {"a longer name", u"\"C:\\Program Files\\G\\bin\\s.exe.bak\"", false},
    {"a longer name without quotes", u"C:\\Program Files\\G\\bin\\s.exe.bak", false},
    {"another folder", u"\"C:\\Program Files\\H\\bin\\s.exe\"", false},
    {"the name as an argument", u"x.exe \"C:\\Program Files\\G\\bin\\s.exe\"", false},
    {"the quote does not end", u"\"C:\\Program Files\\G\\bin\\s.exe", false},
    {"nothing", u"", false},
};

static void test_a_service_is_known_by_its_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++)
        if (service_command_runs(COMMANDS[i].command, u"C:\\Program Files\\G\\bin\\s.exe") !=
            COMMANDS[i].is_ours)
            fail_msg("%s", COMMANDS[i].what);
}

static void assert_field(const char16_t **rest, const char16_t *expected)
{
    char16_t field[FIELD_UNITS];
    assert_true(fields_next(rest, field));
    assert_true(text_equal(field, expected));
}

static void test_data_is_read_field_by_field(void **state)
{
    const char16_t *rest = u"C:\\s.exe||$b|";
    char16_t field[FIELD_UNITS];
    (void)state;
    assert_field(&rest, u"C:\\s.exe");
    assert_field(&rest, u"");
    assert_field(&rest, u"$b");
    assert_field(&rest, u"");
    assert_false(fields_next(&rest, field));
    assert_false(fields_next(&rest, field));
}

static void test_a_field_that_is_too_long_is_cut(void **state)
{
    char16_t data[2 * FIELD_UNITS], field[FIELD_UNITS];
    const char16_t *rest = data;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(data); i++)
        data[i] = 'x';
    data[ARRAY_COUNT(data) - 1] = 0;
    assert_true(fields_next(&rest, field));
    assert_int_equal(text_length(field), FIELD_UNITS - 1);
    assert_null(rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_service_is_known_by_its_program),
        cmocka_unit_test(test_data_is_read_field_by_field),
        cmocka_unit_test(test_a_field_that_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
