/* SPDX-License-Identifier: MIT */
#include "policy/win32/setting_store.h"

#include "base/win32/handles.h"

#include <string.h>

static uint32_t open_settings_key(const char16_t *path, HKEY *key)
{
    *key = NULL;
    return (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
                                   key);
}

void setting_store_open(const char16_t *key, const char16_t *policy_key,
                        struct setting_store *store)
{
    store->error = open_settings_key(key, &store->local);
    store->policy_error = open_settings_key(policy_key, &store->policy);
    if (store->policy_error == ERROR_FILE_NOT_FOUND)
        store->policy_error = 0;
}

void setting_store_close(struct setting_store *store)
{
    close_key(&store->local);
    close_key(&store->policy);
}

/* Wine adds a missing terminator only where there is room. */
static uint32_t terminate_text(char16_t *text, size_t length, size_t units)
{
    if (length && !text[length - 1])
        return 0;
    if (length >= units)
        return ERROR_MORE_DATA;
    text[length] = 0;
    return 0;
}

static uint32_t number_to_text(char16_t *text, DWORD size)
{
    uint32_t number;
    if (size != sizeof(number))
        return ERROR_INVALID_DATA;
    memcpy(&number, text, sizeof(number));
    struct text digits = text_on(text, SETTING_UNITS);
    text_append_format(&digits, "%u", (unsigned)number);
    return 0;
}

/* A REG_DWORD becomes the same as its decimal digits in a REG_SZ. RRF_NOEXPAND, because otherwise a
 * REG_EXPAND_SZ would pass as REG_SZ. */
static uint32_t read_setting_text(HKEY key, const struct setting *setting,
                                  char16_t text[SETTING_UNITS])
{
    const DWORD number = setting_takes_numbers(setting) ? (DWORD)RRF_RT_REG_DWORD : 0;
    DWORD type = REG_NONE, size = setting->units * (DWORD)sizeof(*text);
    uint32_t error = (uint32_t)RegGetValueW(
        key, NULL, setting->name, RRF_RT_REG_SZ | number | RRF_NOEXPAND, &type, text, &size);
    if (error)
        return error;
    return type == REG_DWORD ? number_to_text(text, size)
                             : terminate_text(text, size / sizeof(*text), setting->units);
}

void setting_store_read(const struct setting_store *store, const struct setting *setting,
                        const char16_t *install_dir, struct setting_value *value)
{
    struct setting_reading local, policy;
    local.error =
        store->error ? store->error : read_setting_text(store->local, setting, local.text);
    policy.error = store->policy_error ? store->policy_error : ERROR_FILE_NOT_FOUND;
    if (store->policy)
        policy.error = read_setting_text(store->policy, setting, policy.text);
    setting_value_find(setting, install_dir, &local, &policy, value);
}

/* Windows' names have no case. */
static bool is_setting(const char16_t *name)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (!_wcsicmp(name, settings_table[i].name))
            return true;
    return false;
}

bool setting_store_find_stranger(const struct setting_store *store,
                                 char16_t name[SETTING_NAME_UNITS])
{
    LSTATUS error = store->policy ? ERROR_SUCCESS : ERROR_NO_MORE_ITEMS;
    for (DWORD i = 0; !error || error == ERROR_MORE_DATA; i++) {
        DWORD length = SETTING_NAME_UNITS;
        error = RegEnumValueW(store->policy, i, name, &length, NULL, NULL, NULL, NULL);
        if (!error && !is_setting(name))
            return true;
    }
    return false;
}
