/* SPDX-License-Identifier: MIT */
/* setting_store.h: the settings in the registry: the key of an instance, and that of its group
 * policy, both in the 64-bit view. Service and doctor read them here, so that both see the same. */
#ifndef POLICY_WIN32_SETTING_STORE_H
#define POLICY_WIN32_SETTING_STORE_H

#include "base/cleanup.h"
#include "policy/setting_value.h"

#include <windows.h>

struct setting_store {
    HKEY local, policy;    /* NULL: not open */
    uint32_t error;        /* of the local key: no setting can be read */
    uint32_t policy_error; /* of the other one, which is there: all its values count as wrong */
};

/* Both keys are below HKEY_LOCAL_MACHINE. */
void setting_store_open(const char16_t *key, const char16_t *policy_key,
                        struct setting_store *store);
void setting_store_close(struct setting_store *store);
#define CLEANUP_SETTING_STORE CLEANUP(setting_store_close)

/* `install_dir`: as for setting_value_find(). */
void setting_store_read(const struct setting_store *store, const struct setting *setting,
                        const char16_t *install_dir, struct setting_value *value);

/* A value of the policy that is no setting: a slip, or of a newer version. False: there is none. */
enum { SETTING_NAME_UNITS = 256 }; /* longer names are passed over */
bool setting_store_find_stranger(const struct setting_store *store,
                                 char16_t name[SETTING_NAME_UNITS]);

#endif
