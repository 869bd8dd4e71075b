/* SPDX-License-Identifier: MIT */
#include "service/settings.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "wire/startup.h"

#include <stddef.h>
#include <string.h>

/* The 32-bit build reads the same values as the 64-bit one. */
static const REGSAM ACCESS = KEY_READ | KEY_WOW64_64KEY;

/* Where the value of each setting goes: texts as they are, numbers as uint32_t, switches as bool.
 * What is read for compatibility only has no place. */
static const struct place {
    size_t offset, size;
} places[SETTINGS_COUNT] = {
#define AT(member)                                                                                 \
    {                                                                                              \
        offsetof(struct settings, member), sizeof(((struct settings *)0)->member)                  \
    }
    [SETTING_INSTALL_DIR] = AT(install_dir),
    [SETTING_EXE_PATH] = AT(exe_path),
    [SETTING_CONFIG_DIR] = AT(config_dir),
    [SETTING_BIN_DIR] = AT(bin_dir),
    [SETTING_CONFIG_EXT] = AT(config_ext),
    [SETTING_LOG_DIR] = AT(log_dir),
    [SETTING_ADMIN_GROUP] = AT(admin_group),
    [SETTING_SERVICE_USER] = AT(service_user),
    [SETTING_VPN_ADAPTERS] = AT(vpn_adapters),
    [SETTING_FIREWALL_USERS] = AT(firewall_users),
    [SETTING_FIREWALL_PROGRAMS] = AT(firewall_programs),
    [SETTING_CLIENT_FOLDERS] = AT(client_folders),
    [SETTING_CLIENT_SIGNERS] = AT(client_signers),
    [SETTING_EXE_SIGNERS] = AT(exe_signers),
    [SETTING_PROCESS_PRIORITY] = AT(priority),
    [SETTING_CONTROL_CLIENTS] = AT(installed_clients_only),
    [SETTING_USER_PROFILES] = AT(takes_user_profiles),
    [SETTING_USER_PROFILES_GROUP] = AT(user_profiles_group),
    [SETTING_OPTION_POLICY] = AT(is_strict),
    [SETTING_IGNORE_DNSSEC] = AT(ignore_dnssec),
    [SETTING_QUERY_REMOTE] = AT(query_remote),
    [SETTING_ALLOW_WRITABLE_INSTALL] = AT(allow_writable_install),
    [SETTING_MAX_CLIENTS] = AT(max_clients),
    [SETTING_MAX_CLIENTS_PER_USER] = AT(max_clients_per_user),
    [SETTING_MAX_CHANGES_PER_USER] = AT(max_changes_per_user),
    [SETTING_MAX_STARTUP_UNITS] = AT(max_startup_units),
#undef AT
};
_Static_assert((int)SETTING_LEAST_STARTUP_UNITS == (int)STARTUP_MAX_UNITS,
               "what every caller may send");

struct reader {
    HKEY key;
    const char16_t *key_name;
};

/* Only an absent value gets its default. RRF_NOEXPAND, because otherwise a REG_EXPAND_SZ would pass
 * as REG_SZ. */
static uint32_t read_value(const struct reader *reader, const struct setting *setting,
                           const char16_t *install_dir, char16_t value[SETTING_UNITS])
{
    DWORD size = setting->units * (DWORD)sizeof(*value);
    LSTATUS error = RegGetValueW(reader->key, NULL, setting->name, RRF_RT_REG_SZ | RRF_NOEXPAND,
                                 NULL, value, &size);
    if (error == ERROR_FILE_NOT_FOUND && setting->fallback) {
        struct text text = text_on(value, setting->units);
        setting_append_default(setting, install_dir, &text);
        return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
    }
    return error
               ? log_error_of(LOG_SETTING, (uint32_t)error,
                              "The registry value HKLM\\%s\\%s is missing, too long, or no REG_SZ",
                              UTF8(reader->key_name), UTF8(setting->name))
               : 0;
}

static uint32_t end_folder(const struct setting *setting, char16_t value[SETTING_UNITS])
{
    struct text text = {.units = value, .length = text_length(value), .capacity = setting->units};
    setting_end_folder(setting, &text);
    return text.truncated ? log_error_of(LOG_SETTING, ERROR_FILENAME_EXCED_RANGE,
                                         "The registry value %s is too long", UTF8(setting->name))
                          : 0;
}

/* What is not used is reported but does not stop the service, as with the reference. */
static uint32_t check_value(const struct setting *setting, const char16_t *value)
{
    char problem[SETTING_PROBLEM_SIZE];
    if (setting_is_valid(setting, value, problem))
        return 0;
    if (setting->form == SETTING_NUMBER || setting->form == SETTING_SWITCH)
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA, "The registry value %s %s",
                     UTF8(setting->name), problem);
    else
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA, "The registry value %s %s: %s",
                     UTF8(setting->name), problem, UTF8(value));
    return setting->is_not_used ? 0 : ERROR_INVALID_DATA;
}

static void store_value(const struct setting *setting, const struct place *place,
                        const char16_t *value, struct settings *settings)
{
    void *member = (char *)settings + place->offset;
    const uint32_t number = setting_number(setting, value);
    const bool is_on = number != 0;
    const bool is_number = setting->form == SETTING_NUMBER || setting->form == SETTING_CHOICE;
    if (setting->form == SETTING_SWITCH || (is_number && place->size == sizeof(is_on)))
        memcpy(member, &is_on, place->size);
    else if (is_number)
        memcpy(member, &number, place->size);
    else
        memcpy(member, value, (text_length(value) + 1) * sizeof(*value));
}

static uint32_t read_setting(const struct reader *reader, enum setting_id id,
                             struct settings *settings)
{
    const struct setting *setting = &settings_table[id];
    char16_t value[SETTING_UNITS];
    uint32_t error = read_value(reader, setting, settings->install_dir, value);
    if (!error)
        error = end_folder(setting, value);
    if (!error)
        error = check_value(setting, value);
    if (!error && places[id].size)
        store_value(setting, &places[id], value, settings);
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
    uint32_t failed = 0;
    for (enum setting_id setting = 0; !failed && setting < SETTINGS_COUNT; setting++)
        failed = read_setting(&reader, setting, settings);
    if (!failed && !settings->installed_clients_only &&
        (*settings->client_folders || *settings->client_signers))
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                     "The registry values client_folders and client_signers have no effect, "
                     "because control_clients is not installed");
    return failed;
}

bool settings_exist(const char16_t *instance)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[NAME_UNITS];
    name_of_key(instance, name);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, name, 0, ACCESS, &key) == ERROR_SUCCESS;
}
