/* SPDX-License-Identifier: MIT */
#include "service/settings.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "policy/win32/setting_store.h"
#include "wire/startup.h"

#include <stddef.h>
#include <string.h>

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
    [SETTING_UPDATES] = AT(updates),
    [SETTING_UPDATE_URL] = AT(update_url),
    [SETTING_UPDATE_CHANNEL] = AT(update_channel),
    [SETTING_UPDATE_USERS] = AT(update_users),
#undef AT
};
_Static_assert((int)SETTING_LEAST_STARTUP_UNITS == (int)STARTUP_MAX_UNITS,
               "what every caller may send");

struct reader {
    struct setting_store store;
    char16_t key[NAME_UNITS], policy_key[NAME_UNITS];
};

static void reader_close(struct reader *reader)
{
    setting_store_close(&reader->store);
}

/* What is not used is reported but does not stop the service, as with the reference. */
static uint32_t log_wrong_value(const struct reader *reader, const struct setting *setting,
                                const struct setting_value *value)
{
    const struct setting_fault *fault = &value->fault;
    if (fault->error == ERROR_FILENAME_EXCED_RANGE)
        return log_error_of(LOG_SETTING, fault->error, "The registry value %s is too long",
                            UTF8(setting->name));
    if (fault->error != ERROR_INVALID_DATA)
        return log_error_of(LOG_SETTING, fault->error,
                            "The registry value HKLM\\%s\\%s is missing, too long, or no REG_SZ%s",
                            UTF8(reader->key), UTF8(setting->name),
                            setting_takes_numbers(setting) ? " or REG_DWORD" : "");
    if (setting_takes_numbers(setting))
        log_error_of(LOG_SETTING, fault->error, "The registry value %s %s", UTF8(setting->name),
                     fault->problem);
    else
        log_error_of(LOG_SETTING, fault->error, "The registry value %s %s: %s", UTF8(setting->name),
                     fault->problem, UTF8(value->text));
    return setting->is_not_used ? 0 : fault->error;
}

/* The service starts all the same, with another value. */
static const char *policy_consequence(const struct setting *setting,
                                      const struct setting_value *value)
{
    if (setting->is_local_only)
        return "It is not used";
    return value->origin == ORIGIN_LOCAL ? "The local value is used" : "The default is used";
}

static void log_wrong_policy(const struct reader *reader, const struct setting *setting,
                             const struct setting_value *value)
{
    log_error_of(LOG_SETTING, value->policy.error, "The group policy's value HKLM\\%s\\%s %s. %s",
                 UTF8(reader->policy_key), UTF8(setting->name), value->policy.problem,
                 policy_consequence(setting, value));
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
    struct setting_value value;
    uint32_t error = 0;
    setting_store_read(&reader->store, setting, settings->install_dir, &value);
    if (value.policy.error && !reader->store.policy_error)
        log_wrong_policy(reader, setting, &value);
    if (value.fault.error)
        error = log_wrong_value(reader, setting, &value);
    if (!error && places[id].size)
        store_value(setting, &places[id], value.text, settings);
    return error;
}

static uint32_t open_keys(const char16_t *instance, struct reader *reader)
{
    struct setting_store *store = &reader->store;
    name_of_key(instance, reader->key);
    name_of_policy_key(instance, reader->policy_key);
    setting_store_open(reader->key, reader->policy_key, store);
    if (store->policy_error)
        log_error_of(LOG_SETTING, store->policy_error,
                     "The group policy in HKLM\\%s cannot be read. Of each local value and its "
                     "default the stricter one is used",
                     UTF8(reader->policy_key));
    return store->error
               ? log_error_of(LOG_SETTING, store->error,
                              "The registry key HKLM\\%s cannot be opened. Its default value must "
                              "be the installation folder",
                              UTF8(reader->key))
               : 0;
}

uint32_t settings_read(const char16_t *instance, struct settings *settings)
{
    CLEANUP(reader_close) struct reader reader;
    struct text id = TEXT_ON(settings->instance);
    text_append(&id, instance);
    uint32_t failed = open_keys(instance, &reader);
    for (enum setting_id setting = 0; !failed && setting < SETTINGS_COUNT; setting++)
        failed = read_setting(&reader, setting, settings);
    if (!failed && !settings->installed_clients_only &&
        (*settings->client_folders || *settings->client_signers))
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                     "The registry values client_folders and client_signers have no effect, "
                     "because control_clients is not installed");
    if (!failed && settings->updates != UPDATES_OFF && !*settings->update_url)
        log_error_of(LOG_SETTING, ERROR_INVALID_DATA,
                     "The registry value updates has no effect, because update_url is not set");
    return failed;
}

bool settings_exist(const char16_t *instance)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[NAME_UNITS];
    name_of_key(instance, name);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, name, 0, KEY_READ | KEY_WOW64_64KEY, &key) ==
           ERROR_SUCCESS;
}
