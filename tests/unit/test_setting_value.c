/* SPDX-License-Identifier: MIT */
#include "policy/setting_value.h"

#include "base/errors.h"
#include "policy/vpn_adapters.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

#define ABSENT NULL

static const char16_t FOLDER[] = u"C:\\VPN";

static struct setting_reading reading_of(const char16_t *text)
{
    struct setting_reading reading = {.error = text ? 0 : ERROR_FILE_NOT_FOUND};
    struct text units = TEXT_ON(reading.text);
    if (text)
        text_append(&units, text);
    return reading;
}

static struct setting_value found(enum setting_id id, const char16_t *local, const char16_t *policy)
{
    const struct setting_reading here = reading_of(local), there = reading_of(policy);
    struct setting_value value;
    setting_value_find(&settings_table[id], FOLDER, &here, &there, &value);
    return value;
}

/* ---- which of two is stricter ---- */

static const struct {
    enum setting_id id;
    const char16_t *local;
    bool is_stricter; /* than the default */
} comparisons[] = {
    {SETTING_CONFIG_DIR, u"C:\\VPN\\config\\", true},
    {SETTING_CONFIG_DIR, u"c:\\vpn\\CONFIG\\work\\", true},
    {SETTING_CONFIG_DIR, u"C:/VPN/config/work/", true},
    {SETTING_CONFIG_DIR, u"C:\\VPN\\", false},
    {SETTING_CONFIG_DIR, u"C:\\VPN\\config2\\", false},
    {SETTING_CONFIG_DIR, u"C:\\VPN\\config\\..\\log\\", false},
    {SETTING_CONFIG_DIR, u"config\\", false},
    {SETTING_CONFIG_DIR, u"\\\\server\\config\\", false},
    {SETTING_ADMIN_GROUP, u"OpenVPN Administrators", true},
    {SETTING_ADMIN_GROUP, u"Users", false},
    {SETTING_SERVICE_USER, u"Other", false},
    {SETTING_VPN_ADAPTERS, u"ovpn-dco", true},
    {SETTING_VPN_ADAPTERS, u"OVPN-DCO,tap0901", true},
    {SETTING_VPN_ADAPTERS, u"", true},
    {SETTING_VPN_ADAPTERS, u"tap0901,wintun", false},
    {SETTING_VPN_ADAPTERS, u"*", false},
    {SETTING_VPN_ADAPTERS, u"tap0901,*", false},
    {SETTING_FIREWALL_USERS, u"administrators", true},
    {SETTING_FIREWALL_USERS, u"Tunnellers", true},
    {SETTING_FIREWALL_PROGRAMS, u"C:\\a.exe", false},
    {SETTING_FIREWALL_PROGRAMS, u"", true},
    {SETTING_CLIENT_FOLDERS, u"C:\\a", false},
    {SETTING_CLIENT_SIGNERS, u"A", true},
    {SETTING_EXE_SIGNERS, u"A|B", true},
    {SETTING_PROCESS_PRIORITY, u"idle_priority_class", true},
    {SETTING_PROCESS_PRIORITY, u"NORMAL_PRIORITY_CLASS", true},
    {SETTING_PROCESS_PRIORITY, u"ABOVE_NORMAL_PRIORITY_CLASS", false},
    {SETTING_CONTROL_CLIENTS, u"installed", true},
    {SETTING_CONTROL_CLIENTS, u"ANY", true},
    {SETTING_IGNORE_DNSSEC, u"1", false},
    {SETTING_IGNORE_DNSSEC, u"0", true},
    {SETTING_QUERY_REMOTE, u"0", true},
    {SETTING_ALLOW_WRITABLE_INSTALL, u"1", false},
    {SETTING_MAX_CLIENTS, u"2047", true},
    {SETTING_MAX_CLIENTS, u"02048", true},
    {SETTING_MAX_CLIENTS, u"2049", false},
    {SETTING_MAX_CLIENTS_PER_USER, u"1", true},
    {SETTING_MAX_CHANGES_PER_USER, u"131073", false},
    {SETTING_MAX_STARTUP_UNITS, u"4096", true},
    {SETTING_UPDATES, u"off", true},
    {SETTING_UPDATES, u"check", false},
    {SETTING_UPDATE_URL, u"https://updates.example/", false},
    {SETTING_UPDATE_CHANNEL, u"beta", false},
    {SETTING_UPDATE_USERS, u"administrators", true},
    {SETTING_USER_PROFILES, u"off", true},
    {SETTING_USER_PROFILES, u"checked", false},
    {SETTING_USER_PROFILES_GROUP, u"Tunnellers", true},
    {SETTING_OPTION_POLICY, u"strict", true},
    {SETTING_OPTION_POLICY, u"reference", true},
};

static void test_the_stricter_one_lets_callers_do_less(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(comparisons); i++) {
        const struct setting *setting = &settings_table[comparisons[i].id];
        char16_t units[SETTING_UNITS];
        struct text fallback = TEXT_ON(units);
        setting_append_default(setting, FOLDER, &fallback);
        setting_end_folder(setting, &fallback);
        if (setting_is_stricter(setting, comparisons[i].local, units) != comparisons[i].is_stricter)
            fail_msg("row %zu", i);
    }
}

static void test_each_setting_of_a_policy_is_compared(void **state)
{
    (void)state;
    for (size_t id = 0; id < SETTINGS_COUNT; id++) {
        bool is_compared = settings_table[id].is_local_only;
        for (size_t i = 0; i < ARRAY_COUNT(comparisons); i++)
            is_compared |= comparisons[i].id == id;
        if (!is_compared)
            fail_msg("no row of setting %zu", id);
    }
}

static void test_everything_is_stricter_than_no_restriction(void **state)
{
    (void)state;
    assert_true(vpn_adapters_are_among(u"a,*", u"*"));
    assert_true(vpn_adapters_are_among(u"*", u"*"));
    assert_true(vpn_adapters_are_among(u",,a,", u"b,A"));
    assert_false(vpn_adapters_are_among(u"a", u""));
}

/* ---- which value is in force ---- */

static void test_the_value_in_force_is_found(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char16_t *local, *policy, *text;
        enum setting_origin origin;
    } rows[] = {
        {SETTING_MAX_CLIENTS, ABSENT, ABSENT, u"2048", ORIGIN_DEFAULT},
        {SETTING_MAX_CLIENTS, u"7", ABSENT, u"7", ORIGIN_LOCAL},
        {SETTING_MAX_CLIENTS, ABSENT, u"9", u"9", ORIGIN_POLICY},
        {SETTING_MAX_CLIENTS, u"7", u"9", u"9", ORIGIN_POLICY},
        {SETTING_MAX_CLIENTS, u"wrong", u"9", u"9", ORIGIN_POLICY},
        {SETTING_CONFIG_DIR, u"C:\\a", ABSENT, u"C:\\a\\", ORIGIN_LOCAL},
        {SETTING_CONFIG_DIR, u"C:\\a", u"C:\\b", u"C:\\b\\", ORIGIN_POLICY},
        {SETTING_CLIENT_FOLDERS, u"C:\\a", u"", u"", ORIGIN_POLICY},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct setting_value value = found(rows[i].id, rows[i].local, rows[i].policy);
        if (!text_equal(value.text, rows[i].text) || value.origin != rows[i].origin ||
            value.fault.error || value.policy.error)
            fail_msg("row %zu", i);
    }
}

static void test_a_wrong_policy_never_loosens(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char16_t *local, *policy, *text;
        enum setting_origin origin;
    } rows[] = {
        {SETTING_MAX_CLIENTS, ABSENT, u"0", u"2048", ORIGIN_DEFAULT},
        {SETTING_MAX_CLIENTS, u"7", u"0", u"7", ORIGIN_LOCAL},
        {SETTING_MAX_CLIENTS, u"9999", u"0", u"2048", ORIGIN_DEFAULT},
        {SETTING_QUERY_REMOTE, u"0", u"no", u"0", ORIGIN_LOCAL},
        {SETTING_ALLOW_WRITABLE_INSTALL, u"1", u"yes", u"0", ORIGIN_DEFAULT},
        {SETTING_CONTROL_CLIENTS, u"installed", u"all", u"installed", ORIGIN_LOCAL},
        {SETTING_EXE_SIGNERS, u"A", u"B||C", u"A", ORIGIN_LOCAL},
        {SETTING_CLIENT_FOLDERS, u"C:\\a", u"b", u"", ORIGIN_DEFAULT},
        {SETTING_PROCESS_PRIORITY, u"HIGH_PRIORITY_CLASS", u"x", u"NORMAL_PRIORITY_CLASS",
         ORIGIN_DEFAULT},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct setting_value value = found(rows[i].id, rows[i].local, rows[i].policy);
        if (!text_equal(value.text, rows[i].text) || value.origin != rows[i].origin ||
            value.fault.error || value.policy.error != ERROR_INVALID_DATA || !*value.policy.problem)
            fail_msg("row %zu", i);
    }
}

static void test_no_policy_says_which_programs_run(void **state)
{
    (void)state;
    static const enum setting_id ids[] = {SETTING_INSTALL_DIR, SETTING_EXE_PATH, SETTING_BIN_DIR};
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        struct setting_value value = found(ids[i], u"C:\\here\\", u"C:\\there\\");
        assert_int_equal(value.origin, ORIGIN_LOCAL);
        assert_true(text_equal(value.text, u"C:\\here\\"));
        assert_int_equal(value.fault.error, 0);
        assert_int_equal(value.policy.error, ERROR_NOT_SUPPORTED);
        assert_string_equal(value.policy.problem, "is nothing that a policy can set");
    }
}

static void test_a_wrong_local_value_stays_wrong(void **state)
{
    (void)state;
    static const char16_t *const policies[] = {ABSENT, u"0"};
    for (size_t i = 0; i < ARRAY_COUNT(policies); i++) {
        struct setting_value value = found(SETTING_MAX_CLIENTS, u"wrong", policies[i]);
        assert_int_equal(value.fault.error, ERROR_INVALID_DATA);
        assert_string_equal(value.fault.problem, "must be a decimal number from 1 to 16384");
        assert_int_equal(value.origin, ORIGIN_LOCAL);
        assert_true(text_equal(value.text, u"wrong"));
    }
}

static void test_what_cannot_be_read_says_why(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        uint32_t error;
        const char *problem;
    } rows[] = {
        {SETTING_INSTALL_DIR, ERROR_FILE_NOT_FOUND, "is missing and has no default"},
        {SETTING_CONFIG_DIR, ERROR_UNSUPPORTED_TYPE, "is no REG_SZ"},
        {SETTING_MAX_CLIENTS, ERROR_UNSUPPORTED_TYPE, "is no REG_SZ or REG_DWORD"},
        {SETTING_QUERY_REMOTE, ERROR_UNSUPPORTED_TYPE, "is no REG_SZ or REG_DWORD"},
        {SETTING_CONFIG_EXT, ERROR_MORE_DATA, "is longer than 15 characters"},
        {SETTING_MAX_CLIENTS, ERROR_INVALID_DATA, "can't be read: error 13"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct setting_reading absent = reading_of(ABSENT);
        const struct setting_reading unreadable = {.error = rows[i].error, .text = u"rest"};
        struct setting_value value;
        setting_value_find(&settings_table[rows[i].id], FOLDER, &unreadable, &absent, &value);
        if (value.fault.error != rows[i].error || *value.text ||
            strcmp(value.fault.problem, rows[i].problem) != 0)
            fail_msg("row %zu: %s", i, value.fault.problem);
    }
}

/* As it is for all settings when the key of the policy can't be opened. */
static void test_an_unreadable_policy_is_a_wrong_one(void **state)
{
    (void)state;
    const struct setting_reading local = reading_of(u"9999"),
                                 denied = {.error = ERROR_ACCESS_DENIED};
    struct setting_value value;
    setting_value_find(&settings_table[SETTING_MAX_CLIENTS], FOLDER, &local, &denied, &value);
    assert_true(text_equal(value.text, u"2048"));
    assert_int_equal(value.policy.error, ERROR_ACCESS_DENIED);
    assert_string_equal(value.policy.problem, "can't be read: error 5");
}

static void test_a_folder_needs_room_for_its_backslash(void **state)
{
    (void)state;
    struct setting_reading long_one = reading_of(u"C:\\"), absent = reading_of(ABSENT);
    struct setting_value value;
    for (size_t i = 3; i < SETTING_PATH - 1; i++)
        long_one.text[i] = u'x';
    long_one.text[SETTING_PATH - 1] = 0;
    setting_value_find(&settings_table[SETTING_CONFIG_DIR], FOLDER, &long_one, &absent, &value);
    assert_int_equal(value.fault.error, ERROR_FILENAME_EXCED_RANGE);
    setting_value_find(&settings_table[SETTING_CONFIG_DIR], FOLDER, &absent, &long_one, &value);
    assert_int_equal(value.fault.error, 0);
    assert_int_equal(value.policy.error, ERROR_FILENAME_EXCED_RANGE);
    assert_true(text_equal(value.text, u"C:\\VPN\\config\\"));
}

static void test_without_a_folder_its_defaults_are_not_known(void **state)
{
    (void)state;
    const struct setting_reading absent = reading_of(ABSENT), local = reading_of(u"C:\\a"),
                                 wrong = {.error = ERROR_UNSUPPORTED_TYPE};
    struct setting_value value;
    setting_value_find(&settings_table[SETTING_CONFIG_DIR], NULL, &absent, &absent, &value);
    assert_int_equal(value.fault.error, ERROR_PATH_NOT_FOUND);
    setting_value_find(&settings_table[SETTING_CONFIG_DIR], NULL, &local, &wrong, &value);
    assert_int_equal(value.fault.error, 0);
    assert_int_equal(value.origin, ORIGIN_LOCAL);
}

static void test_origins_have_names(void **state)
{
    (void)state;
    assert_string_equal(setting_origin_name(ORIGIN_DEFAULT), "default");
    assert_string_equal(setting_origin_name(ORIGIN_LOCAL), "local");
    assert_string_equal(setting_origin_name(ORIGIN_POLICY), "policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_stricter_one_lets_callers_do_less),
        cmocka_unit_test(test_each_setting_of_a_policy_is_compared),
        cmocka_unit_test(test_everything_is_stricter_than_no_restriction),
        cmocka_unit_test(test_the_value_in_force_is_found),
        cmocka_unit_test(test_a_wrong_policy_never_loosens),
        cmocka_unit_test(test_no_policy_says_which_programs_run),
        cmocka_unit_test(test_a_wrong_local_value_stays_wrong),
        cmocka_unit_test(test_what_cannot_be_read_says_why),
        cmocka_unit_test(test_an_unreadable_policy_is_a_wrong_one),
        cmocka_unit_test(test_a_folder_needs_room_for_its_backslash),
        cmocka_unit_test(test_without_a_folder_its_defaults_are_not_known),
        cmocka_unit_test(test_origins_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
