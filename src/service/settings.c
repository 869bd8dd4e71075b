/* SPDX-License-Identifier: MIT */
#include "service/settings.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "policy/vpn_adapters.h"
#include "wire/startup.h"

#include <stddef.h>
#include <string.h>

/* The 32-bit build reads the same values as the 64-bit one. */
static const REGSAM ACCESS = KEY_READ | KEY_WOW64_64KEY;

enum role { PLAIN, FILE_PATH, FOLDER };

/* Values that are text: the member that takes each, and its default. Defaults of files and folders
 * are relative to install_dir. */
static const struct text_setting {
    const char16_t *name;
    size_t offset;
    uint32_t units;
    enum role role;
    const char16_t *fallback;
} text_settings[] = {
#define AT(member) offsetof(struct settings, member), ARRAY_COUNT(((struct settings *)0)->member)
    {u"exe_path", AT(exe_path), FILE_PATH, u"bin\\openvpn.exe"},
    {u"config_dir", AT(config_dir), FOLDER, u"config"},
    {u"bin_dir", AT(bin_dir), FOLDER, u"bin"},
    {u"config_ext", AT(config_ext), PLAIN, u".ovpn"},
    {u"log_dir", AT(log_dir), FOLDER, u"log"},
    {u"ovpn_admin_group", AT(admin_group), PLAIN, u"OpenVPN Administrators"},
    {u"ovpn_service_user", AT(service_user), PLAIN, u"OpenVPNService"},
    {u"vpn_adapters", AT(vpn_adapters), PLAIN, VPN_ADAPTERS_DEFAULT},
    {u"firewall_users", AT(firewall_users), PLAIN, u"interactive"},
    {u"firewall_programs", AT(firewall_programs), PLAIN, u""},
#undef AT
};

/* Values that are a decimal number from `least` to `most`. */
static const struct count_setting {
    const char16_t *name;
    size_t offset; /* of a uint32_t */
    uint32_t least, most;
    const char16_t *fallback;
} count_settings[] = {
    {u"max_clients", offsetof(struct settings, max_clients), 1, 16384, u"2048"},
    {u"max_clients_per_user", offsetof(struct settings, max_clients_per_user), 1, 16384, u"256"},
    {u"max_changes_per_user", offsetof(struct settings, max_changes_per_user), 1, 16777216,
     u"131072"},
    {u"max_startup_units", offsetof(struct settings, max_startup_units), STARTUP_MAX_UNITS, 262144,
     u"65536"},
};

static const struct {
    const char16_t *name;
    uint32_t value;
} priorities[] = {
    {u"IDLE_PRIORITY_CLASS", IDLE_PRIORITY_CLASS},
    {u"BELOW_NORMAL_PRIORITY_CLASS", BELOW_NORMAL_PRIORITY_CLASS},
    {u"NORMAL_PRIORITY_CLASS", NORMAL_PRIORITY_CLASS},
    {u"ABOVE_NORMAL_PRIORITY_CLASS", ABOVE_NORMAL_PRIORITY_CLASS},
    {u"HIGH_PRIORITY_CLASS", HIGH_PRIORITY_CLASS},
};

struct reader {
    HKEY key;
    const char16_t *key_name;
};

/* Only an absent value gets its default (`fallback`, NULL for a required value). RRF_NOEXPAND,
 * because otherwise a REG_EXPAND_SZ would pass as REG_SZ. */
static uint32_t read_text_value(const struct reader *reader, const char16_t *name,
                                const char16_t *fallback, char16_t *value, uint32_t units)
{
    DWORD size = units * (DWORD)sizeof(*value);
    LSTATUS error =
        RegGetValueW(reader->key, NULL, name, RRF_RT_REG_SZ | RRF_NOEXPAND, NULL, value, &size);

    if (error == ERROR_FILE_NOT_FOUND && fallback) {
        struct text text = text_on(value, units);
        text_append(&text, fallback);
        return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
    }
    if (error)
        return log_error_of(LOG_SETTING, (uint32_t)error,
                            "The registry value HKLM\\%s\\%s is missing, too long, or no REG_SZ",
                            UTF8(reader->key_name), UTF8(name));
    return 0;
}

static bool has_final_backslash(const char16_t *text)
{
    size_t length = text_length(text);
    return length && text[length - 1] == '\\';
}

static uint32_t read_text_setting(const struct reader *reader, const struct text_setting *setting,
                                  struct settings *settings)
{
    char16_t *value = (char16_t *)((char *)settings + setting->offset);
    char16_t fallback[2 * SETTING_PATH];
    struct text text = TEXT_ON(fallback);
    if (setting->role != PLAIN) {
        text_append(&text, settings->install_dir);
        if (!has_final_backslash(fallback))
            text_append(&text, u"\\");
    }
    text_append(&text, setting->fallback);

    uint32_t error = read_text_value(reader, setting->name, fallback, value, setting->units);
    if (error || setting->role != FOLDER || has_final_backslash(value))
        return error;
    text = (struct text){.units = value, .length = text_length(value), .capacity = setting->units};
    text_append(&text, u"\\");
    return text.truncated ? log_error_of(LOG_SETTING, ERROR_FILENAME_EXCED_RANGE,
                                         "The registry value %s is too long", UTF8(setting->name))
                          : 0;
}

static uint32_t read_priority(const struct reader *reader, struct settings *settings)
{
    char16_t word[SETTING_WORD];
    uint32_t error =
        read_text_value(reader, u"priority", u"NORMAL_PRIORITY_CLASS", word, ARRAY_COUNT(word));

    if (error)
        return error;
    for (size_t i = 0; i < ARRAY_COUNT(priorities); i++) {
        if (CompareStringOrdinal(word, -1, priorities[i].name, -1, TRUE) == CSTR_EQUAL) {
            settings->priority = priorities[i].value;
            return 0;
        }
    }
    return log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                        "The registry value priority has an unknown name: %s", UTF8(word));
}

/* A log_append that is neither 0 nor 1 is reported but does not stop the service, as with the
 * reference: nothing depends on it. */
static uint32_t read_log_append(const struct reader *reader)
{
    char16_t word[2];
    uint32_t error = read_text_value(reader, u"log_append", u"0", word, ARRAY_COUNT(word));
    if (!error && word[0] != '0' && word[0] != '1')
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                     "The registry value log_append must be 0 or 1");
    return error;
}

static uint32_t read_switch_setting(const struct reader *reader, const char16_t *name, bool *is_on)
{
    char16_t word[2];
    uint32_t error = read_text_value(reader, name, u"0", word, ARRAY_COUNT(word));
    if (error)
        return error;
    if (word[0] != '0' && word[0] != '1')
        return log_error_of(LOG_SETTING, ERROR_INVALID_DATA, "The registry value %s must be 0 or 1",
                            UTF8(name));
    *is_on = word[0] == '1';
    return 0;
}

static uint32_t read_count_setting(const struct reader *reader, const struct count_setting *setting,
                                   struct settings *settings)
{
    char16_t digits[16];
    uint32_t error =
        read_text_value(reader, setting->name, setting->fallback, digits, ARRAY_COUNT(digits));
    uint32_t value = 0;

    if (error)
        return error;
    for (const char16_t *digit = digits; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || value > setting->most) {
            value = 0;
            break;
        }
        value = value * 10 + (uint32_t)(*digit - '0');
    }
    if (value < setting->least || value > setting->most)
        return log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                            "The registry value %s must be a decimal number from %u to %u",
                            UTF8(setting->name), (unsigned)setting->least, (unsigned)setting->most);
    memcpy((char *)settings + setting->offset, &value, sizeof(value));
    return 0;
}

static uint32_t read_all_settings(const struct reader *reader, struct settings *settings)
{
    uint32_t error = read_text_value(reader, u"", NULL, settings->install_dir, SETTING_PATH);
    for (size_t i = 0; !error && i < ARRAY_COUNT(text_settings); i++)
        error = read_text_setting(reader, &text_settings[i], settings);
    if (!error)
        error = read_priority(reader, settings);
    if (!error)
        error = read_log_append(reader);
    if (!error)
        error = read_switch_setting(reader, u"ignore_dnssec", &settings->ignore_dnssec);
    if (!error)
        error = read_switch_setting(reader, u"allow_writable_install",
                                    &settings->allow_writable_install);
    for (size_t i = 0; !error && i < ARRAY_COUNT(count_settings); i++)
        error = read_count_setting(reader, &count_settings[i], settings);
    return error;
}

uint32_t settings_read(const char16_t *instance, struct settings *settings)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[NAME_UNITS];
    struct text id = TEXT_ON(settings->instance);
    text_append(&id, instance);
    name_of_key(instance, name);
    LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, name, 0, ACCESS, &key);
    if (error)
        return log_error_of(LOG_SETTING, (uint32_t)error,
                            "The registry key HKLM\\%s cannot be opened. Its default value must be "
                            "the installation folder",
                            UTF8(name));
    struct reader reader = {key, name};
    return read_all_settings(&reader, settings);
}

bool settings_exist(const char16_t *instance)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[NAME_UNITS];
    name_of_key(instance, name);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, name, 0, ACCESS, &key) == ERROR_SUCCESS;
}
