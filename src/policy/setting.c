/* SPDX-License-Identifier: MIT */
#include "policy/setting.h"

#include "policy/list.h"
#include "policy/path.h"
#include "policy/update_url.h"
#include "policy/vpn_adapters.h"
#include "product.h"

#include <stdio.h>

#define LOCAL_PATH(value_name, value_form, below)                                                  \
    {                                                                                              \
        .name = value_name, .form = value_form, .units = SETTING_PATH, .fallback = below,          \
        .is_local_only = true                                                                      \
    }
#define NUMBER(value_name, from, to, value)                                                        \
    {                                                                                              \
        .name = value_name, .form = SETTING_NUMBER, .units = SETTING_DIGITS, .least = from,        \
        .most = to, .fallback = value, .stricter = STRICTER_LOWER                                  \
    }
/* "1" lets callers do more than "0". */
#define SWITCH(value_name, value)                                                                  \
    {                                                                                              \
        .name = value_name, .form = SETTING_SWITCH, .units = 2, .fallback = value,                 \
        .stricter = STRICTER_LOWER                                                                 \
    }

#define LIST(value_name, value_form, which)                                                        \
    {                                                                                              \
        .name = value_name, .form = value_form, .units = SETTING_LONG_LIST, .fallback = u"",       \
        .stricter = which                                                                          \
    }

/* From the lowest to the highest; the numbers are winbase.h's. */
static const struct setting_word priorities[] = {
    {u"IDLE_PRIORITY_CLASS", 0x40},   {u"BELOW_NORMAL_PRIORITY_CLASS", 0x4000},
    {u"NORMAL_PRIORITY_CLASS", 0x20}, {u"ABOVE_NORMAL_PRIORITY_CLASS", 0x8000},
    {u"HIGH_PRIORITY_CLASS", 0x80},   {NULL, 0},
};

static const struct setting_word control_clients[] = {
    {u"any", false}, {u"installed", true}, {NULL, 0}};

static const struct setting_word user_profiles[] = {{u"off", false}, {u"checked", true}, {NULL, 0}};

static const struct setting_word option_policies[] = {
    {u"reference", false}, {u"strict", true}, {NULL, 0}};

static const struct setting_word updates[] = {
    {u"off", UPDATES_OFF}, {u"check", UPDATES_CHECK}, {u"install", UPDATES_INSTALL}, {NULL, 0}};

/* Which programs run with the service's help belongs to the installation, so no policy says it; nor
 * does one set what is read for compatibility only. Names of groups and accounts can't be compared:
 * who is a member of them decides. */
const struct setting settings_table[SETTINGS_COUNT] = {
    [SETTING_INSTALL_DIR] = {.name = u"",
                             .form = SETTING_TEXT,
                             .units = SETTING_PATH,
                             .is_local_only = true},
    [SETTING_EXE_PATH] = LOCAL_PATH(u"exe_path", SETTING_FILE, u"bin\\openvpn.exe"),
    [SETTING_CONFIG_DIR] = {.name = u"config_dir",
                            .form = SETTING_FOLDER,
                            .units = SETTING_PATH,
                            .fallback = u"config",
                            .stricter = STRICTER_BELOW},
    [SETTING_BIN_DIR] = LOCAL_PATH(u"bin_dir", SETTING_FOLDER, u"bin"),
    [SETTING_CONFIG_EXT] = {.name = u"config_ext",
                            .units = SETTING_EXTENSION,
                            .fallback = u".ovpn",
                            .is_local_only = true},
    [SETTING_LOG_DIR] = LOCAL_PATH(u"log_dir", SETTING_FOLDER, u"log"),
    [SETTING_ADMIN_GROUP] = {.name = u"ovpn_admin_group",
                             .units = SETTING_ACCOUNT,
                             .fallback = u"OpenVPN Administrators"},
    [SETTING_SERVICE_USER] = {.name = u"ovpn_service_user",
                              .units = SETTING_ACCOUNT,
                              .fallback = u"OpenVPNService"},
    [SETTING_VPN_ADAPTERS] = {.name = u"vpn_adapters",
                              .units = SETTING_LIST,
                              .fallback = VPN_ADAPTERS_DEFAULT,
                              .stricter = STRICTER_FEWER},
    [SETTING_FIREWALL_USERS] = {.name = u"firewall_users",
                                .units = SETTING_ACCOUNT,
                                .fallback = u"interactive",
                                .stricter = STRICTER_LOCAL},
    [SETTING_FIREWALL_PROGRAMS] = {.name = u"firewall_programs",
                                   .units = SETTING_PROGRAMS,
                                   .fallback = u""},
    [SETTING_CLIENT_FOLDERS] = LIST(u"client_folders", SETTING_FOLDERS, STRICTER_DEFAULT),
    [SETTING_CLIENT_SIGNERS] = LIST(u"client_signers", SETTING_NAMES, STRICTER_LOCAL),
    [SETTING_EXE_SIGNERS] = LIST(u"exe_signers", SETTING_NAMES, STRICTER_LOCAL),
    [SETTING_PROCESS_PRIORITY] = {.name = u"priority",
                                  .form = SETTING_CHOICE,
                                  .units = SETTING_WORD,
                                  .words = priorities,
                                  .no_word = "has an unknown name",
                                  .fallback = u"NORMAL_PRIORITY_CLASS",
                                  .stricter = STRICTER_LOWER},
    [SETTING_CONTROL_CLIENTS] = {.name = u"control_clients",
                                 .form = SETTING_CHOICE,
                                 .units = SETTING_WORD,
                                 .words = control_clients,
                                 .no_word = "must be any or installed",
                                 .fallback = u"any",
                                 .stricter = STRICTER_HIGHER},
    [SETTING_USER_PROFILES] = {.name = u"user_profiles",
                               .form = SETTING_CHOICE,
                               .units = SETTING_WORD,
                               .words = user_profiles,
                               .no_word = "must be off or checked",
                               .fallback = u"off",
                               .stricter = STRICTER_LOWER},
    [SETTING_USER_PROFILES_GROUP] = {.name = u"user_profiles_group",
                                     .units = SETTING_ACCOUNT,
                                     .fallback = u"",
                                     .stricter = STRICTER_LOCAL},
    [SETTING_OPTION_POLICY] = {.name = u"option_policy",
                               .form = SETTING_CHOICE,
                               .units = SETTING_WORD,
                               .words = option_policies,
                               .no_word = "must be reference or strict",
                               .fallback = u"reference",
                               .stricter = STRICTER_HIGHER},
    [SETTING_LOG_APPEND] = {.name = u"log_append",
                            .form = SETTING_SWITCH,
                            .units = 2,
                            .fallback = u"0",
                            .is_not_used = true,
                            .is_local_only = true},
    [SETTING_IGNORE_DNSSEC] = SWITCH(u"ignore_dnssec", u"0"),
    [SETTING_QUERY_REMOTE] = SWITCH(u"query_remote", u"1"),
    [SETTING_ALLOW_WRITABLE_INSTALL] = SWITCH(u"allow_writable_install", u"0"),
    [SETTING_MAX_CLIENTS] = NUMBER(u"max_clients", 1, 16384, u"2048"),
    [SETTING_MAX_CLIENTS_PER_USER] = NUMBER(u"max_clients_per_user", 1, 16384, u"256"),
    [SETTING_MAX_CHANGES_PER_USER] = NUMBER(u"max_changes_per_user", 1, 16777216, u"131072"),
    [SETTING_MAX_STARTUP_UNITS] =
        NUMBER(u"max_startup_units", SETTING_LEAST_STARTUP_UNITS, 262144, u"65536"),
    [SETTING_UPDATES] = {.name = u"updates",
                         .form = SETTING_CHOICE,
                         .units = SETTING_WORD,
                         .words = updates,
                         .no_word = "must be off, check or install",
                         .fallback = u"off",
                         .stricter = STRICTER_LOWER},
    [SETTING_UPDATE_URL] = {.name = u"update_url",
                            .form = SETTING_URL,
                            .units = SETTING_LIST,
                            .fallback = PRODUCT_UPDATE_URL},
    [SETTING_UPDATE_CHANNEL] = {.name = u"update_channel",
                                .form = SETTING_CHANNEL,
                                .units = SETTING_CHANNEL_UNITS,
                                .fallback = u"stable"},
    [SETTING_UPDATE_USERS] = {.name = u"update_users",
                              .units = SETTING_ACCOUNT,
                              .fallback = u"interactive",
                              .stricter = STRICTER_LOCAL},
};

static bool ends_in_backslash(const char16_t *text, size_t length)
{
    return length && text[length - 1] == '\\';
}

void setting_append_default(const struct setting *setting, const char16_t *install_dir,
                            struct text *text)
{
    if (setting->form == SETTING_FILE || setting->form == SETTING_FOLDER) {
        text_append(text, install_dir);
        if (!ends_in_backslash(text->units, text->length))
            text_append(text, u"\\");
    }
    if (setting->fallback)
        text_append(text, setting->fallback);
}

void setting_end_folder(const struct setting *setting, struct text *value)
{
    if (setting->form == SETTING_FOLDER && !ends_in_backslash(value->units, value->length))
        text_append(value, u"\\");
}

/* 0: no decimal number in the range of the setting, which begins above 0. */
static uint32_t number_in_range(const struct setting *setting, const char16_t *digits)
{
    uint32_t value = 0;
    for (const char16_t *digit = digits; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || value > setting->most)
            return 0;
        value = value * 10 + (uint32_t)(*digit - '0');
    }
    return value < setting->least || value > setting->most ? 0 : value;
}

/* NULL: it is none of the words. */
static const struct setting_word *word_of(const struct setting *setting, const char16_t *value)
{
    const struct setting_word *row = setting->words;
    while (row->word &&
           !text_equal_caseless(value, text_length(value), row->word, text_length(row->word)))
        row++;
    return row->word ? row : NULL;
}

static bool has_whole_paths(const char16_t *list)
{
    struct list_item item;
    while (list_next(&list, &item))
        if (!path_is_absolute(item.text))
            return false;
    return true;
}

static bool is_channel(const char16_t *name)
{
    for (const char16_t *unit = name; *unit; unit++)
        if (!((*unit >= 'a' && *unit <= 'z') || (*unit >= '0' && *unit <= '9') || *unit == '-'))
            return false;
    return *name;
}

bool setting_is_valid(const struct setting *setting, const char16_t *value,
                      char problem[SETTING_PROBLEM_SIZE])
{
    const bool is_list = setting->form == SETTING_NAMES || setting->form == SETTING_FOLDERS;
    *problem = 0;
    if (setting->form == SETTING_NUMBER && !number_in_range(setting, value))
        snprintf(problem, SETTING_PROBLEM_SIZE, "must be a decimal number from %u to %u",
                 (unsigned)setting->least, (unsigned)setting->most);
    else if (setting->form == SETTING_SWITCH && !text_equal(value, u"0") &&
             !text_equal(value, u"1"))
        snprintf(problem, SETTING_PROBLEM_SIZE, "must be 0 or 1");
    else if (setting->form == SETTING_CHOICE && !word_of(setting, value))
        snprintf(problem, SETTING_PROBLEM_SIZE, "%s", setting->no_word);
    else if (is_list && !list_is_whole(value))
        snprintf(problem, SETTING_PROBLEM_SIZE, "has an empty item");
    else if (setting->form == SETTING_FOLDERS && !has_whole_paths(value))
        snprintf(problem, SETTING_PROBLEM_SIZE, "must have whole paths of local folders");
    else if (setting->form == SETTING_URL && *value && !update_url_is_valid(value))
        snprintf(problem, SETTING_PROBLEM_SIZE,
                 "must be the https:// address of a folder, without a query");
    else if (setting->form == SETTING_CHANNEL && !is_channel(value))
        snprintf(problem, SETTING_PROBLEM_SIZE, "must be of small letters, digits and hyphens");
    return !*problem;
}

uint32_t setting_number(const struct setting *setting, const char16_t *value)
{
    const struct setting_word *word;
    switch (setting->form) {
    case SETTING_NUMBER:
        return number_in_range(setting, value);
    case SETTING_SWITCH:
        return text_equal(value, u"1");
    case SETTING_CHOICE:
        word = word_of(setting, value);
        return word ? word->number : 0;
    default:
        return 0;
    }
}

/* By which values are compared: of a choice, the place among its words. */
static uint32_t setting_rank(const struct setting *setting, const char16_t *value)
{
    return setting->form == SETTING_CHOICE ? (uint32_t)(word_of(setting, value) - setting->words)
                                           : setting_number(setting, value);
}

/* Of folders as they are written, ".." resolved. A folder whose letters differ in case outside of A
 * to Z is taken for another one. */
static bool is_same_or_below(const char16_t *folder, const char16_t *other)
{
    char16_t path[POLICY_PATH_UNITS], top[POLICY_PATH_UNITS];
    if (path_resolve(u"", folder, path) || path_resolve(u"", other, top))
        return false;
    const size_t length = text_length(top);
    return text_length(path) >= length && text_equal_caseless(path, length, top, length) &&
           (!path[length] || path[length] == '\\');
}

bool setting_is_stricter(const struct setting *setting, const char16_t *local,
                         const char16_t *fallback)
{
    switch (setting->stricter) {
    case STRICTER_LOCAL:
        return true;
    case STRICTER_LOWER:
        return setting_rank(setting, local) <= setting_rank(setting, fallback);
    case STRICTER_HIGHER:
        return setting_rank(setting, local) >= setting_rank(setting, fallback);
    case STRICTER_FEWER:
        return vpn_adapters_are_among(local, fallback);
    case STRICTER_BELOW:
        return is_same_or_below(local, fallback);
    default:
        return text_equal(local, fallback);
    }
}
