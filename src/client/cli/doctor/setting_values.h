/* SPDX-License-Identifier: MIT */
/* setting_values.h: the settings of an instance in the registry, each judged as the service judges
 * it at its start. */
#ifndef CLIENT_DOCTOR_SETTING_VALUES_H
#define CLIENT_DOCTOR_SETTING_VALUES_H

#include "policy/setting.h"

enum setting_origin {
    ORIGIN_DEFAULT, /* the value is absent */
    ORIGIN_LOCAL    /* it is in the registry key of the instance */
};

struct setting_value {
    char16_t text[SETTING_UNITS]; /* in force; empty when it can't be read or has no default */
    enum setting_origin origin;
    uint32_t error;                     /* Win32: it can't be read, or is no value */
    char problem[SETTING_PROBLEM_SIZE]; /* why its form is wrong; empty: it is not */
};

struct setting_values {
    uint32_t error; /* of the key, with which no value can be read */
    struct setting_value values[SETTINGS_COUNT];
};

/* `path`: the key, below HKEY_LOCAL_MACHINE, in the 64-bit view. */
void setting_values_read(const char16_t *path, struct setting_values *values);

#endif
