/* SPDX-License-Identifier: MIT */
#include "policy/setting.h"
#include "policy/update_url.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

static void test_defaults_lie_below_the_installation(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char16_t *install_dir, *value;
    } rows[] = {
        {SETTING_EXE_PATH, u"C:\\VPN", u"C:\\VPN\\bin\\openvpn.exe"},
        {SETTING_EXE_PATH, u"C:\\VPN\\", u"C:\\VPN\\bin\\openvpn.exe"},
        {SETTING_CONFIG_DIR, u"C:\\VPN", u"C:\\VPN\\config\\"},
        {SETTING_LOG_DIR, u"D:\\", u"D:\\log\\"},
        {SETTING_ADMIN_GROUP, u"C:\\VPN", u"OpenVPN Administrators"},
        {SETTING_MAX_CLIENTS, u"C:\\VPN", u"2048"},
        {SETTING_IGNORE_DNSSEC, u"C:\\VPN", u"0"},
        {SETTING_QUERY_REMOTE, u"C:\\VPN", u"1"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct setting *setting = &settings_table[rows[i].id];
        char16_t units[SETTING_UNITS];
        struct text value = TEXT_ON(units);
        setting_append_default(setting, rows[i].install_dir, &value);
        setting_end_folder(setting, &value);
        if (!text_equal(units, rows[i].value))
            fail_msg("row %zu", i);
    }
}

static void test_only_a_folder_gets_a_backslash(void **state)
{
    (void)state;
    static const struct {
        enum setting_id id;
        const char16_t *before, *after;
    } rows[] = {
        {SETTING_CONFIG_DIR, u"C:\\a", u"C:\\a\\"}, {SETTING_CONFIG_DIR, u"C:\\a\\", u"C:\\a\\"},
        {SETTING_CONFIG_DIR, u"", u"\\"},           {SETTING_EXE_PATH, u"C:\\a", u"C:\\a"},
        {SETTING_INSTALL_DIR, u"C:\\a", u"C:\\a"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t units[SETTING_UNITS];
        struct text value = TEXT_ON(units);
        text_append(&value, rows[i].before);
        setting_end_folder(&settings_table[rows[i].id], &value);
        if (!text_equal(units, rows[i].after))
            fail_msg("row %zu", i);
    }
}

#define NOT_A_URL "must be the https:// address of a folder, without a query"

/* `problem` is empty for what is valid. */
static const struct {
    enum setting_id id;
    const char16_t *value;
    const char *problem;
    uint32_t number;
} values[] = {
    {SETTING_MAX_CLIENTS, u"1", "", 1},
    {SETTING_MAX_CLIENTS, u"016384", "", 16384},
    {SETTING_MAX_CLIENTS, u"16385", "must be a decimal number from 1 to 16384", 0},
    {SETTING_MAX_CLIENTS, u"0", "must be a decimal number from 1 to 16384", 0},
    {SETTING_MAX_CLIENTS, u"", "must be a decimal number from 1 to 16384", 0},
    {SETTING_MAX_CLIENTS, u" 5", "must be a decimal number from 1 to 16384", 0},
    {SETTING_MAX_CLIENTS, u"99999999999999", "must be a decimal number from 1 to 16384", 0},
    {SETTING_MAX_CHANGES_PER_USER, u"16777216", "", 16777216},
    {SETTING_MAX_STARTUP_UNITS, u"4095", "must be a decimal number from 4096 to 262144", 0},
    {SETTING_IGNORE_DNSSEC, u"0", "", 0},
    {SETTING_IGNORE_DNSSEC, u"1", "", 1},
    {SETTING_IGNORE_DNSSEC, u"2", "must be 0 or 1", 0},
    {SETTING_QUERY_REMOTE, u"0", "", 0},
    {SETTING_QUERY_REMOTE, u"1", "", 1},
    {SETTING_QUERY_REMOTE, u"yes", "must be 0 or 1", 0},
    {SETTING_LOG_APPEND, u"", "must be 0 or 1", 0},
    {SETTING_PROCESS_PRIORITY, u"high_PRIORITY_CLASS", "", 0x80},
    {SETTING_PROCESS_PRIORITY, u"NORMAL_PRIORITY_CLASS", "", 0x20},
    {SETTING_PROCESS_PRIORITY, u"REALTIME_PRIORITY_CLASS", "has an unknown name", 0},
    {SETTING_CONTROL_CLIENTS, u"Any", "", 0},
    {SETTING_CONTROL_CLIENTS, u"installed", "", 1},
    {SETTING_CONTROL_CLIENTS, u"all", "must be any or installed", 0},
    {SETTING_CLIENT_FOLDERS, u"C:\\a|c:/b", "", 0},
    {SETTING_CLIENT_FOLDERS, u"C:\\a|b", "must have whole paths of local folders", 0},
    {SETTING_EXE_SIGNERS, u"A, Inc.|B", "", 0},
    {SETTING_CLIENT_SIGNERS, u"A||B", "has an empty item", 0},
    {SETTING_EXE_PATH, u"anything", "", 0},
    {SETTING_UPDATES, u"OFF", "", UPDATES_OFF},
    {SETTING_UPDATES, u"check", "", UPDATES_CHECK},
    {SETTING_UPDATES, u"install", "", UPDATES_INSTALL},
    {SETTING_UPDATES, u"1", "must be off, check or install", 0},
    {SETTING_UPDATE_URL, u"", "", 0},
    {SETTING_UPDATE_URL, u"https://example.com/updates", "", 0},
    {SETTING_UPDATE_URL, u"http://example.com/updates", NOT_A_URL, 0},
    {SETTING_UPDATE_CHANNEL, u"beta-2", "", 0},
    {SETTING_UPDATE_CHANNEL, u"", "must be of small letters, digits and hyphens", 0},
    {SETTING_UPDATE_CHANNEL, u"Stable", "must be of small letters, digits and hyphens", 0},
    {SETTING_UPDATE_CHANNEL, u"../x", "must be of small letters, digits and hyphens", 0},
    {SETTING_UPDATE_USERS, u"anything", "", 0},
};

static void test_values_are_judged_by_their_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        const struct setting *setting = &settings_table[values[i].id];
        char problem[SETTING_PROBLEM_SIZE];
        const bool is_valid = setting_is_valid(setting, values[i].value, problem);
        if (is_valid != !*values[i].problem || strcmp(problem, values[i].problem) != 0 ||
            (is_valid && setting_number(setting, values[i].value) != values[i].number))
            fail_msg("row %zu: %s", i, problem);
    }
}

static void test_updates_come_from_a_folder_on_a_web_server(void **state)
{
    (void)state;
    static const struct {
        const char16_t *url;
        bool is_valid;
    } rows[] = {
        {u"https://example.com", true},
        {u"https://example.com/", true},
        {u"https://example.com:8443/a/b-c_d/", true},
        {u"https://[2001:db8::7]:8443/a", true},
        {u"http://127.0.0.1:8000/a", true},
        {u"http://[::1]:8000", true},
        {u"http://LocalHost/", true},
        {u"http://localhost.example.com/", false},
        {u"http://127.0.0.1.example.com/", false},
        {u"http://example.com/127.0.0.1", false},
        {u"http://[::1].example.com", false},
        {u"https://", false},
        {u"https:///a", false},
        {u"https://:443/a", false},
        {u"https://example.com:/a", false},
        {u"https://example.com:123456/a", false},
        {u"https://example.com:443x/a", false},
        {u"https://user@example.com/", false},
        {u"https://example.com/?a", false},
        {u"https://example.com/#a", false},
        {u"https://example.com/%2e%2e", false},
        {u"https://example.com/a b", false},
        {u"https://example.com\\a", false},
        {u"https://ex\u00E4mple.com", false},
        {u"HTTPS://example.com", false},
        {u"ftp://example.com", false},
        {u"file:///C:/a", false},
        {u"example.com", false},
        {u"", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (update_url_is_valid(rows[i].url) != rows[i].is_valid)
            fail_msg("row %zu", i);
}

static void test_every_default_is_valid_and_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting *setting = &settings_table[i];
        char16_t units[SETTING_UNITS];
        char problem[SETTING_PROBLEM_SIZE];
        struct text value = TEXT_ON(units);
        assert_non_null(setting->name);
        assert_in_range(setting->units, 2, SETTING_UNITS);
        setting_append_default(setting, u"C:\\", &value);
        assert_true(value.length < setting->units);
        if (!setting_is_valid(setting, units, problem))
            fail_msg("row %zu: %s", i, problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_lie_below_the_installation),
        cmocka_unit_test(test_only_a_folder_gets_a_backslash),
        cmocka_unit_test(test_values_are_judged_by_their_form),
        cmocka_unit_test(test_updates_come_from_a_folder_on_a_web_server),
        cmocka_unit_test(test_every_default_is_valid_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
