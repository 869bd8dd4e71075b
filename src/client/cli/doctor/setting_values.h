/* SPDX-License-Identifier: MIT */
/* setting_values.h: the settings of an instance in the registry, each judged as the service judges
 * it at its start. */
#ifndef CLIENT_DOCTOR_SETTING_VALUES_H
#define CLIENT_DOCTOR_SETTING_VALUES_H

#include "policy/win32/setting_store.h"

struct setting_values {
    uint32_t error;                               /* of the key, with which no value can be read */
    uint32_t policy_error;                        /* of the group policy's key, if that is there */
    char16_t policy_stranger[SETTING_NAME_UNITS]; /* a value there that is no setting; or empty */
    struct setting_value values[SETTINGS_COUNT];
};

/* The keys are below HKEY_LOCAL_MACHINE, in the 64-bit view. */
void setting_values_read(const char16_t *key, const char16_t *policy_key,
                         struct setting_values *values);

#endif
