/* SPDX-License-Identifier: MIT */
#include "client/cli/arguments.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

enum { ITEMS = 12, ITEM_UNITS = 80 };

struct row {
    char16_t *items[ITEMS];
};

static char16_t *more[2 * ITEMS];
static struct arguments arguments;
static struct arguments_problem problem;

static bool read_row(enum arguments_command command, const struct row *row)
{
    static char16_t copies[ITEMS][ITEM_UNITS]; /* an item may be split where it lies */
    char16_t *items[ITEMS];
    size_t count = 0;
    for (; count < ITEMS && row->items[count]; count++) {
        struct text copy = text_on(copies[count], ITEM_UNITS);
        text_append(&copy, row->items[count]);
        items[count] = copies[count];
    }
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

static void assert_more(const char16_t *const *expected, size_t count)
{
    assert_int_equal(arguments.more_count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(text_equal(arguments.more[i], expected[i]));
}

static void test_a_value_may_follow_an_equals_sign(void **state)
{
    (void)state;
    assert_true(
        read_row(ARGUMENTS_CONNECT, &(struct row){{u"--instance=$x", u"--log=a=b", u"a.ovpn",
                                                   u"--user=--me", u"--timeout=7", u"--json"}}));
    assert_true(text_equal(arguments.instance, u"$x"));
    assert_true(text_equal(arguments.log, u"a=b"));
    assert_true(text_equal(arguments.user, u"--me"));
    assert_int_equal(arguments.timeout_seconds, 7);
    assert_int_equal(arguments.more_count, 0);
}

static void test_openvpn_gets_name_and_value_as_two(void **state)
{
    static const char16_t *const expected[] = {u"--verb", u"4",  u"--setenv", u"A=B",
                                               u"c=d",    u"--", u"--x=y"};
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"a.ovpn", u"--verb=4", u"--setenv=A=B",
                                                           u"c=d", u"--", u"--", u"--x=y"}}));
    assert_more(expected, ARRAY_COUNT(expected));
}

static void test_an_instance_may_be_the_empty_one(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"--instance=", u"a.ovpn"}}));
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"--instance", u"", u"a.ovpn"}}));
    assert_true(text_equal(arguments.instance, u""));
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
        {"word behind the config", ARGUMENTS_CONNECT, {{u"a", u"b"}}, u"b"},
        {"word behind dashes", ARGUMENTS_CONNECT, {{u"a", u"--", u"b"}}, u"b"},
        {"word behind an own option", ARGUMENTS_CONNECT, {{u"a", u"--json", u"b"}}, u"b"},
        {"word behind an own option that splits openvpn's",
         ARGUMENTS_CONNECT,
         {{u"a", u"--verb", u"--timeout", u"7", u"b"}},
         u"b"},
        {"one dash behind the config", ARGUMENTS_CONNECT, {{u"a", u"-verb"}}, u"-verb"},
        {"empty word behind the config", ARGUMENTS_CONNECT, {{u"a", u""}}, u""},
        {"empty config", ARGUMENTS_CONNECT, {{u""}}, u""},
        {"value for a switch", ARGUMENTS_CONNECT, {{u"a", u"--json=yes"}}, u"--json=yes"},
        {"value for a switch, empty", ARGUMENTS_CONNECT, {{u"a", u"--json="}}, u"--json="},
        {"empty log", ARGUMENTS_CONNECT, {{u"a", u"--log="}}, u"--log="},
        {"empty log, apart", ARGUMENTS_CONNECT, {{u"a", u"--log", u""}}, u"--log"},
        {"empty user", ARGUMENTS_CONNECT, {{u"a", u"--user", u""}}, u"--user"},
        {"an option for a value", ARGUMENTS_CONNECT, {{u"a", u"--user", u"--json"}}, u"--user"},
        {"two dashes for a value", ARGUMENTS_CONNECT, {{u"a", u"--log", u"--"}}, u"--log"},
        {"unknown option with a value", ARGUMENTS_CONNECT, {{u"--jsn=1", u"a"}}, u"--jsn=1"},
        {"instance is a switch", ARGUMENTS_CONNECT, {{u"a", u"--instance=-x"}}, u"-x"},
        {"management with a value",
         ARGUMENTS_CONNECT,
         {{u"a", u"--management=1"}},
         u"--management=1"},
        {"version of what", ARGUMENTS_VERSION, {{u"x"}}, u"x"},
        {"version with a connect option", ARGUMENTS_VERSION, {{u"--user", u"x"}}, u"--user"},
        {"detached and watched",
         ARGUMENTS_CONNECT,
         {{u"a", u"--detach", u"--until-stdin-closes"}},
         u""},
        {"status of two", ARGUMENTS_STATUS, {{u"a", u"b"}}, u"b"},
        {"status of an empty name", ARGUMENTS_STATUS, {{u""}}, u""},
        {"quiet about nothing", ARGUMENTS_STATUS, {{u"--quiet"}}, u""},
        {"quiet with output", ARGUMENTS_STATUS, {{u"a", u"--quiet", u"--json"}}, u""},
        {"quiet for ever", ARGUMENTS_STATUS, {{u"a", u"--quiet", u"--watch"}}, u""},
        {"end of nothing", ARGUMENTS_DISCONNECT, {{u"--wait"}}, u""},
        {"end of all and one", ARGUMENTS_DISCONNECT, {{u"a", u"--all"}}, u""},
        {"list of what", ARGUMENTS_LIST, {{u"a"}}, u"a"},
        {"cleanup of what", ARGUMENTS_CLEANUP, {{u"a"}}, u"a"},
        {"cleanup with another's option", ARGUMENTS_CLEANUP, {{u"--all"}}, u"--all"},
        {"doctor of what", ARGUMENTS_DOCTOR, {{u"x"}}, u"x"},
        {"doctor with a connect option", ARGUMENTS_DOCTOR, {{u"--user", u"x"}}, u"--user"},
        {"doctor with an empty report", ARGUMENTS_DOCTOR, {{u"--report="}}, u"--report="},
        {"report of another command", ARGUMENTS_VERSION, {{u"--report=x"}}, u"--report=x"},
        {"firewall and nothing", ARGUMENTS_FIREWALL, {{u"--json"}}, u""},
        {"firewall and something else", ARGUMENTS_FIREWALL, {{u"status"}}, u"status"},
        {"stop of a gateway", ARGUMENTS_FIREWALL, {{u"stop", u"198.51.100.7"}}, u"198.51.100.7"},
        {"isup of what", ARGUMENTS_FIREWALL, {{u"isup", u"x"}}, u"x"},
        {"stop for a configuration", ARGUMENTS_FIREWALL, {{u"stop", u"--for", u"a.ovpn"}}, u""},
        {"start with a flag of connect",
         ARGUMENTS_FIREWALL,
         {{u"start", u"--allow-lan", u"lockdown"}},
         u"--allow-lan"},
        {"start with an empty word", ARGUMENTS_FIREWALL, {{u"start", u""}}, u""},
        {"start for nothing", ARGUMENTS_FIREWALL, {{u"start", u"--for="}}, u"--for="},
        {"the LAN without a kill switch", ARGUMENTS_CONNECT, {{u"a", u"--allow-lan"}}, u""},
        {"a release without a kill switch", ARGUMENTS_CONNECT, {{u"a", u"--release"}}, u""},
        {"remote-ok without a kill switch", ARGUMENTS_CONNECT, {{u"a", u"--remote-ok"}}, u""},
        {"a kill switch that nobody serves",
         ARGUMENTS_CONNECT,
         {{u"a", u"--kill-switch", u"--detach"}},
         u""},
        {"the same, later", ARGUMENTS_CONNECT, {{u"a", u"--keep", u"--kill-switch"}}, u""},
        {"update of what", ARGUMENTS_UPDATE, {{u"1.4.0"}}, u"1.4.0"},
        {"look and say", ARGUMENTS_UPDATE, {{u"--check", u"--result"}}, u""},
        {"look and wait", ARGUMENTS_UPDATE, {{u"--when-idle", u"--check"}}, u""},
        {"an address of the user's", ARGUMENTS_UPDATE, {{u"--url=http://x"}}, u"--url=http://x"},
        {"help twice", ARGUMENTS_HELP, {{u"connect", u"version"}}, u"version"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (read_row(rows[i].command, &rows[i].row))
            fail_msg("%s: accepted", rows[i].name);
        if (!text_equal(problem.about, rows[i].about))
            fail_msg("%s: the problem is about something else", rows[i].name);
        if (!*problem.what)
            fail_msg("%s: no reason", rows[i].name);
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

static void test_options_that_ask_the_service(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_STATUS,
                         &(struct row){{u"work", u"--watch", u"--json", u"--instance=$x"}}));
    assert_true(arguments.watch && arguments.json && !arguments.quiet);
    assert_true(text_equal(arguments.operand, u"work"));
    assert_true(text_equal(arguments.instance, u"$x"));
    assert_true(read_row(ARGUMENTS_DISCONNECT, &(struct row){{u"--all", u"--wait"}}));
    assert_true(arguments.all && arguments.wait);
    assert_null(arguments.operand);
    assert_true(read_row(ARGUMENTS_CONNECT, &(struct row){{u"a", u"--detach", u"--keep"}}));
    assert_true(arguments.detach && arguments.keep);
    assert_true(read_row(ARGUMENTS_UPDATE, &(struct row){{u"--when-idle", u"--json"}}));
    assert_true(arguments.when_idle && arguments.json && !arguments.check && !arguments.result);
}

static void test_firewall_passes_its_words_on(void **state)
{
    static const char16_t *const expected[] = {u"restart", u"allow-lan", u"198.51.100.7:1194/udp"};
    (void)state;
    assert_true(read_row(ARGUMENTS_FIREWALL,
                         &(struct row){{u"start", u"restart", u"--json", u"allow-lan",
                                        u"198.51.100.7:1194/udp", u"--for", u"a.ovpn"}}));
    assert_true(text_equal(arguments.operand, u"start"));
    assert_true(text_equal(arguments.for_config, u"a.ovpn"));
    assert_true(arguments.json);
    assert_more(expected, ARRAY_COUNT(expected));
    assert_true(read_row(ARGUMENTS_FIREWALL, &(struct row){{u"isup", u"--instance=$x"}}));
    assert_true(text_equal(arguments.instance, u"$x"));
    assert_null(arguments.for_config);
}

static void test_connect_takes_a_kill_switch_with_what_belongs_to_it(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CONNECT,
                         &(struct row){{u"a", u"--kill-switch", u"--allow-lan", u"--remote-ok",
                                        u"--release", u"--verb", u"4"}}));
    assert_true(arguments.kill_switch && arguments.allow_lan && arguments.remote_ok &&
                arguments.release);
    assert_int_equal(arguments.more_count, 2);
}

static void test_check_and_import_take_a_profile(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_CHECK, &(struct row){{u"a.ovpn", u"--json"}}));
    assert_true(arguments.json && text_equal(arguments.operand, u"a.ovpn"));
    assert_true(read_row(ARGUMENTS_CHECK, &(struct row){{u"--rules"}}));
    assert_true(arguments.rules);
    assert_false(read_row(ARGUMENTS_CHECK, &(struct row){{u"--rules", u"a.ovpn"}}));
    assert_false(read_row(ARGUMENTS_CHECK, &(struct row){{NULL}}));
    assert_true(read_row(ARGUMENTS_IMPORT, &(struct row){{u"a.ovpn", u"--name=work"}}));
    assert_true(text_equal(arguments.name, u"work"));
    assert_false(read_row(ARGUMENTS_IMPORT, &(struct row){{u"a.ovpn", u"--rules"}}));
    assert_false(read_row(ARGUMENTS_IMPORT, &(struct row){{u"a.ovpn", u"--name="}}));
}

static void test_doctor_takes_a_report_and_an_instance(void **state)
{
    (void)state;
    assert_true(read_row(ARGUMENTS_DOCTOR,
                         &(struct row){{u"--json", u"--report", u"a.txt", u"--instance=$x"}}));
    assert_true(arguments.json);
    assert_true(text_equal(arguments.report, u"a.txt"));
    assert_true(text_equal(arguments.instance, u"$x"));
    assert_true(read_row(ARGUMENTS_DOCTOR, &(struct row){{NULL}}));
    assert_null(arguments.report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_alone_takes_the_defaults),
        cmocka_unit_test(test_own_options_are_taken_out_from_between_openvpns),
        cmocka_unit_test(test_a_value_may_follow_an_equals_sign),
        cmocka_unit_test(test_openvpn_gets_name_and_value_as_two),
        cmocka_unit_test(test_an_instance_may_be_the_empty_one),
        cmocka_unit_test(test_everything_behind_two_dashes_is_openvpns),
        cmocka_unit_test(test_last_log_option_wins),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_help_needs_no_config),
        cmocka_unit_test(test_options_that_ask_the_service),
        cmocka_unit_test(test_firewall_passes_its_words_on),
        cmocka_unit_test(test_connect_takes_a_kill_switch_with_what_belongs_to_it),
        cmocka_unit_test(test_check_and_import_take_a_profile),
        cmocka_unit_test(test_doctor_takes_a_report_and_an_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
