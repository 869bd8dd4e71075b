/* SPDX-License-Identifier: MIT */
/* setting.h: the settings of the service: the names of their registry values, what each may be, its
 * default, and whether a group policy may set it. The service reads them by this table,
 * gatehouse.exe judges them by it, and the template for editors of group policies is made of it.
 * Facts: docs/protocol.md, "Settings". */
#ifndef POLICY_SETTING_H
#define POLICY_SETTING_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* In UTF-16 units, terminators included. All but the lists are the reference's buffers. */
enum {
    SETTING_PATH = 260,
    SETTING_EXTENSION = 16,
    SETTING_WORD = 64,
    SETTING_ACCOUNT = 256,
    SETTING_DIGITS = 16,
    SETTING_CHANNEL_UNITS = 33,
    SETTING_LIST = 512,
    SETTING_LONG_LIST = 1024,
    SETTING_PROGRAMS = 2080,         /* eight paths */
    SETTING_UNITS = SETTING_PROGRAMS /* room for any of them */
};

enum { SETTING_LEAST_STARTUP_UNITS = 4096 };

enum setting_form {
    SETTING_TEXT,
    SETTING_FILE,    /* a path */
    SETTING_FOLDER,  /* likewise, which gets a backslash at its end */
    SETTING_NUMBER,  /* decimal, from `least` to `most` */
    SETTING_SWITCH,  /* "0" or "1" */
    SETTING_CHOICE,  /* one of `words`, whatever the letter case */
    SETTING_NAMES,   /* a list (policy/list.h) without an empty item */
    SETTING_FOLDERS, /* likewise, of whole paths */
    SETTING_URL,     /* policy/update_url.h, or empty */
    SETTING_CHANNEL, /* small letters, digits and hyphens, at least one */
};

/* In the order in which they are read. */
enum setting_id {
    SETTING_INSTALL_DIR,
    SETTING_EXE_PATH,
    SETTING_CONFIG_DIR,
    SETTING_BIN_DIR,
    SETTING_CONFIG_EXT,
    SETTING_LOG_DIR,
    SETTING_ADMIN_GROUP,
    SETTING_SERVICE_USER,
    SETTING_VPN_ADAPTERS,
    SETTING_FIREWALL_USERS,
    SETTING_FIREWALL_PROGRAMS,
    SETTING_CLIENT_FOLDERS,
    SETTING_CLIENT_SIGNERS,
    SETTING_EXE_SIGNERS,
    SETTING_PROCESS_PRIORITY,
    SETTING_CONTROL_CLIENTS,
    SETTING_USER_PROFILES,
    SETTING_USER_PROFILES_GROUP,
    SETTING_OPTION_POLICY,
    SETTING_LOG_APPEND,
    SETTING_IGNORE_DNSSEC,
    SETTING_QUERY_REMOTE,
    SETTING_ALLOW_WRITABLE_INSTALL,
    SETTING_MAX_CLIENTS,
    SETTING_MAX_CLIENTS_PER_USER,
    SETTING_MAX_CHANGES_PER_USER,
    SETTING_MAX_STARTUP_UNITS,
    SETTING_UPDATES,
    SETTING_UPDATE_URL,
    SETTING_UPDATE_CHANNEL,
    SETTING_UPDATE_USERS,
    SETTINGS_COUNT
};

/* The numbers of SETTING_UPDATES. */
enum setting_updates {
    UPDATES_OFF,
    UPDATES_CHECK,  /* is there one? */
    UPDATES_INSTALL /* it may be installed, too */
};

/* Which of a local value and the default is the stricter one, by which a wrong value of a group
 * policy is replaced: the one that lets callers do less, or demands more of a program. */
enum setting_stricter {
    STRICTER_DEFAULT, /* no value is stricter than the default, or they can't be compared */
    STRICTER_LOCAL,   /* no value is laxer than the default */
    STRICTER_LOWER,   /* the smaller number, "0", the word that comes first in `words` */
    STRICTER_HIGHER,  /* the other way round */
    STRICTER_FEWER,   /* of adapters: the local one if the default has all of its items */
    STRICTER_BELOW,   /* of folders: the local one if it is the default, or below it */
};

/* A word of SETTING_CHOICE and the number that it stands for. */
struct setting_word {
    const char16_t *word;
    uint32_t number;
};

struct setting {
    const char16_t *name; /* of the registry value; empty: the key's default value */
    enum setting_form form;
    uint32_t units;                   /* the longest text, terminator included */
    uint32_t least, most;             /* of a number */
    const struct setting_word *words; /* of a choice; the last one's `word` is NULL */
    const char *no_word;              /* what is wrong with a value that is none of them */
    const char16_t *fallback;         /* NULL: the value is required */
    bool is_not_used;                 /* a value that is wrong is reported and stops nothing */
    bool is_local_only;               /* no group policy sets it */
    enum setting_stricter stricter;   /* of those that a group policy may set */
};

extern const struct setting settings_table[SETTINGS_COUNT];

/* The value that an absent one stands for, in `text`, which is empty: the default, of files and
 * folders below the folder of the installation. */
void setting_append_default(const struct setting *setting, const char16_t *install_dir,
                            struct text *text);

/* Ends the value of a folder in a backslash, unless it does. Leaves others as they are. */
void setting_end_folder(const struct setting *setting, struct text *value);

/* Whether the registry value may be a REG_DWORD, too, and not only a REG_SZ. */
static inline bool setting_takes_numbers(const struct setting *setting)
{
    return setting->form == SETTING_NUMBER || setting->form == SETTING_SWITCH;
}

/* Whether the value is of the setting's form; if not, `problem` (SETTING_PROBLEM_SIZE bytes) says
 * what it must be, or what is wrong with it: "must be 0 or 1". */
enum { SETTING_PROBLEM_SIZE = 80 };
bool setting_is_valid(const struct setting *setting, const char16_t *value,
                      char problem[SETTING_PROBLEM_SIZE]);

/* Of a valid value: a number; 0 or 1; the number of a word, which of a priority is its class of
 * Windows' CreateProcess, and of SETTING_CONTROL_CLIENTS whether only installed ones may. */
uint32_t setting_number(const struct setting *setting, const char16_t *value);

/* Whether the local value is at least as strict as the default. Both are valid, and folders end in
 * a backslash. */
bool setting_is_stricter(const struct setting *setting, const char16_t *local,
                         const char16_t *fallback);

#endif
