/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/setting_values.h"

#include "base/win32/handles.h"

#include <string.h>

/* A default below the folder of the installation is known only when that is. */
static uint32_t take_default(const struct setting *setting, const struct setting_value *install_dir,
                             struct setting_value *value)
{
    struct text text = text_on(value->text, setting->units);
    const bool is_below = setting->form == SETTING_FILE || setting->form == SETTING_FOLDER;
    value->origin = ORIGIN_DEFAULT;
    if (is_below && install_dir->error)
        return ERROR_PATH_NOT_FOUND;
    setting_append_default(setting, install_dir->text, &text);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

static void read_value_of_setting(HKEY key, const struct setting *setting,
                                  const struct setting_value *install_dir,
                                  struct setting_value *value)
{
    DWORD size = setting->units * (DWORD)sizeof(*value->text);
    value->origin = ORIGIN_LOCAL;
    value->error = (uint32_t)RegGetValueW(key, NULL, setting->name, RRF_RT_REG_SZ | RRF_NOEXPAND,
                                          NULL, value->text, &size);
    if (value->error == ERROR_FILE_NOT_FOUND && setting->fallback)
        value->error = take_default(setting, install_dir, value);
    struct text text = {
        .units = value->text, .length = text_length(value->text), .capacity = setting->units};
    if (!value->error)
        setting_end_folder(setting, &text);
    if (text.truncated)
        value->error = ERROR_FILENAME_EXCED_RANGE;
    if (value->error)
        *value->text = 0;
    else
        setting_is_valid(setting, value->text, value->problem);
}

void setting_values_read(const char16_t *path, struct setting_values *values)
{
    CLEANUP_KEY HKEY key = NULL;
    memset(values, 0, sizeof(*values));
    values->error = (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0,
                                            KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    for (size_t i = 0; !values->error && i < SETTINGS_COUNT; i++)
        read_value_of_setting(key, &settings_table[i], &values->values[SETTING_INSTALL_DIR],
                              &values->values[i]);
}
