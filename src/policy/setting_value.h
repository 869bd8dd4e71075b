/* SPDX-License-Identifier: MIT */
/* setting_value.h: which value of a setting is in force: the one of a group policy, the local one
 * or the default. Facts: docs/protocol.md, "Group policy".
 *
 * A wrong local value stops the service. A wrong value of a policy must not: it is set for many
 * machines at once. It is reported, and as nobody knows what was meant, the stricter of the local
 * value and the default is taken. A local value that a policy replaces is not looked at. */
#ifndef POLICY_SETTING_VALUE_H
#define POLICY_SETTING_VALUE_H

#include "policy/setting.h"

/* What one registry key has of a setting. */
struct setting_reading {
    uint32_t error; /* Win32: there is no text; ERROR_FILE_NOT_FOUND: no value, or no key */
    char16_t text[SETTING_UNITS];
};

enum setting_origin { ORIGIN_DEFAULT, ORIGIN_LOCAL, ORIGIN_POLICY };

/* Why a value can't be taken. */
struct setting_fault {
    uint32_t error;                     /* Win32; 0: it can */
    char problem[SETTING_PROBLEM_SIZE]; /* "must be 0 or 1"; empty: it can */
};

struct setting_value {
    char16_t text[SETTING_UNITS]; /* in force, or wrong; empty when it can't be read */
    enum setting_origin origin;
    struct setting_fault fault;  /* of this value: the service does not start with it */
    struct setting_fault policy; /* of the policy's value, which is not in force therefore */
};

/* `install_dir` is the value of SETTING_INSTALL_DIR; NULL: it is not known, and defaults below it
 * have the error ERROR_PATH_NOT_FOUND. */
void setting_value_find(const struct setting *setting, const char16_t *install_dir,
                        const struct setting_reading *local, const struct setting_reading *policy,
                        struct setting_value *value);

/* "default", "local" or "policy". */
const char *setting_origin_name(enum setting_origin origin);

#endif
