/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/setting_values.h"

#include <string.h>

void setting_values_read(const char16_t *key, const char16_t *policy_key,
                         struct setting_values *values)
{
    CLEANUP_SETTING_STORE struct setting_store store;
    const struct setting_value *install_dir = &values->values[SETTING_INSTALL_DIR];
    memset(values, 0, sizeof(*values));
    setting_store_open(key, policy_key, &store);
    values->error = store.error;
    values->policy_error = store.policy_error;
    if (!setting_store_find_stranger(&store, values->policy_stranger))
        *values->policy_stranger = 0;
    for (size_t i = 0; !values->error && i < SETTINGS_COUNT; i++)
        setting_store_read(&store, &settings_table[i],
                           install_dir->fault.error ? NULL : install_dir->text, &values->values[i]);
}
