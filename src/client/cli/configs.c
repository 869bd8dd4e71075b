/* SPDX-License-Identifier: MIT */
#include "client/cli/configs.h"

#include "base/array.h"
#include "base/text.h"
#include "policy/win32/setting_store.h"
#include "product.h"

#include <stdlib.h>
#include <windows.h>

static const char16_t EXTENSION[] = u".ovpn";

enum { LEVELS = 3, MOST_CONFIGS = 10000, KEY_UNITS = 256 };

/* ---- the folders ---- */

/* Whoever sets a value there decides only what is listed. */
static bool read_folder(HKEY root, const char16_t *key, const char16_t *value,
                        char16_t path[CONFIG_PATH_UNITS])
{
    DWORD size = CONFIG_PATH_UNITS * sizeof(*path);
    return RegGetValueW(root, key, value, RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, path,
                        &size) == ERROR_SUCCESS &&
           *path;
}

static bool append_folder(char16_t path[CONFIG_PATH_UNITS], const char16_t *more)
{
    struct text text = {path, text_length(path), CONFIG_PATH_UNITS, false};
    if (text.length && path[text.length - 1] != u'\\')
        text_append(&text, u"\\");
    text_append(&text, more);
    return !text.truncated;
}

/* Where OpenVPN-GUI has been told to keep them, or keeps them by itself. */
static bool find_user_folder(char16_t path[CONFIG_PATH_UNITS])
{
    if (read_folder(HKEY_CURRENT_USER, u"SOFTWARE\\OpenVPN-GUI", u"config_dir", path))
        return true;
    DWORD length = GetEnvironmentVariableW(L"USERPROFILE", path, CONFIG_PATH_UNITS);
    return length && length < CONFIG_PATH_UNITS && append_folder(path, u"OpenVPN\\config");
}

static void find_instance_key(const char16_t *first, const char16_t *instance,
                              char16_t key[KEY_UNITS])
{
    struct text text = text_on(key, KEY_UNITS);
    text_append(&text, first);
    text_append(&text, instance);
}

/* As the service finds it (docs/protocol.md, "Settings"). */
static bool find_service_folder(const char16_t *instance, char16_t path[CONFIG_PATH_UNITS],
                                bool *are_all_checked)
{
    CLEANUP_SETTING_STORE struct setting_store store;
    char16_t key[KEY_UNITS], policy_key[KEY_UNITS];
    struct setting_value install_dir, folder, option_policy;
    struct text text = text_on(path, CONFIG_PATH_UNITS);
    find_instance_key(PRODUCT_REGISTRY_KEY, instance, key);
    find_instance_key(PRODUCT_POLICY_KEY, instance, policy_key);
    setting_store_open(key, policy_key, &store);
    setting_store_read(&store, &settings_table[SETTING_INSTALL_DIR], NULL, &install_dir);
    setting_store_read(&store, &settings_table[SETTING_CONFIG_DIR],
                       install_dir.fault.error ? NULL : install_dir.text, &folder);
    setting_store_read(&store, &settings_table[SETTING_OPTION_POLICY], NULL, &option_policy);
    *are_all_checked = text_equal(option_policy.text, u"strict");
    text_append(&text, folder.text);
    return !folder.fault.error && !text.truncated;
}

/* ---- the files ---- */

/* The length of a file's name without the extension; 0: it has another one. */
static size_t length_of_name(const char16_t *file)
{
    const size_t length = text_length(file), tail = ARRAY_COUNT(EXTENSION) - 1;
    const bool has_it =
        length > tail && text_equal_caseless(file + length - tail, tail, EXTENSION, tail);
    return has_it ? length - tail : 0;
}

static struct config *new_config(struct configs *configs)
{
    if (configs->count == configs->capacity) {
        const size_t capacity = configs->capacity ? 2 * configs->capacity : 16;
        struct config *larger = realloc(configs->items, capacity * sizeof(*larger));
        if (!larger) {
            configs->is_short_of_memory = true;
            return NULL;
        }
        configs->items = larger;
        configs->capacity = capacity;
    }
    return &configs->items[configs->count++];
}

static void add_config(struct configs *configs, const char16_t *path, const char16_t *file,
                       bool is_service)
{
    const size_t length = length_of_name(file);
    struct config *config = length && length < CONFIG_NAME_UNITS ? new_config(configs) : NULL;
    if (!config)
        return;
    struct text name = TEXT_ON(config->name), whole = TEXT_ON(config->path);
    text_append_units(&name, file, length);
    text_append(&whole, path);
    config->is_service = is_service;
}

/* Folders that lead elsewhere are not followed: they could lead round in circles. */
static void find_in(struct configs *configs, const char16_t *folder, unsigned levels,
                    bool is_service)
{
    const DWORD leads_elsewhere = FILE_ATTRIBUTE_REPARSE_POINT;
    char16_t path[CONFIG_PATH_UNITS];
    WIN32_FIND_DATAW found;
    struct text pattern = TEXT_ON(path);
    text_append(&pattern, folder);
    if (!append_folder(path, u"*"))
        return;
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        struct text whole = TEXT_ON(path);
        text_append(&whole, folder);
        if (!append_folder(path, found.cFileName))
            continue;
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            add_config(configs, path, found.cFileName, is_service);
        else if (levels && !(found.dwFileAttributes & leads_elsewhere) &&
                 !text_equal(found.cFileName, u".") && !text_equal(found.cFileName, u".."))
            find_in(configs, path, levels - 1, is_service);
    } while (configs->count < MOST_CONFIGS && !configs->is_short_of_memory &&
             FindNextFileW(search, &found));
    FindClose(search);
}

static int compare_configs(const void *left, const void *right)
{
    const struct config *a = left, *b = right;
    if (a->is_service != b->is_service)
        return a->is_service ? 1 : -1;
    int order = CompareStringOrdinal(a->name, -1, b->name, -1, TRUE) - CSTR_EQUAL;
    return order ? order : CompareStringOrdinal(a->path, -1, b->path, -1, TRUE) - CSTR_EQUAL;
}

void configs_find(const char16_t *instance, struct configs *configs)
{
    char16_t folder[CONFIG_PATH_UNITS];
    *configs = (struct configs){0};
    if (find_user_folder(folder))
        find_in(configs, folder, LEVELS, false);
    if (find_service_folder(instance, folder, &configs->are_all_checked))
        find_in(configs, folder, LEVELS, true);
    if (configs->count)
        qsort(configs->items, configs->count, sizeof(*configs->items), compare_configs);
}

void configs_free(struct configs *configs)
{
    free(configs->items);
    *configs = (struct configs){0};
}

/* With the folders above it that are missing. */
static uint32_t make_folder(char16_t path[CONFIG_PATH_UNITS])
{
    for (char16_t *unit = path + 3; *path && *unit; unit++) {
        if (*unit != u'\\')
            continue;
        *unit = 0;
        CreateDirectoryW(path, NULL); /* what is wrong is seen at the last one */
        *unit = u'\\';
    }
    return CreateDirectoryW(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS ? 0
                                                                                  : GetLastError();
}

uint32_t configs_make_path(const char16_t *name, char16_t path[CONFIG_PATH_UNITS])
{
    if (!find_user_folder(path) || text_length(path) < 3)
        return ERROR_PATH_NOT_FOUND;
    const uint32_t error = make_folder(path);
    struct text text = {path, text_length(path), CONFIG_PATH_UNITS, false};
    if (!append_folder(path, name))
        return ERROR_FILENAME_EXCED_RANGE;
    text.length = text_length(path);
    text_append(&text, EXTENSION);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : error;
}

const struct config *configs_named(const struct configs *configs, const char16_t *name)
{
    const size_t without = length_of_name(name);
    const int length = (int)(without ? without : text_length(name));
    for (size_t i = 0; i < configs->count; i++)
        if (CompareStringOrdinal(configs->items[i].name, -1, name, length, TRUE) == CSTR_EQUAL)
            return &configs->items[i];
    return NULL;
}
