/* SPDX-License-Identifier: MIT */
#include "installer/record.h"

#include "base/win32/handles.h"
#include "product.h"

#include <string.h>

#define SETUP_KEY PRODUCT_STATE_KEY u"\\Setup"
#define UNDO_KEY  PRODUCT_STATE_KEY u"\\SetupUndo"

static const char16_t SETTINGS[] = PRODUCT_REGISTRY_KEY;
static const char16_t PROPERTIES[] = SETUP_KEY u"\\Properties";
static const char16_t WRITTEN[] = SETUP_KEY u"\\Values";
static const char16_t BEFORE[] = SETUP_KEY u"\\Before";
static const char16_t UNDO_RECORD[] = UNDO_KEY u"\\Setup";
static const char16_t UNDO_SETTINGS[] = UNDO_KEY u"\\Settings";
static const char16_t UNDO_ABSENT[] = UNDO_KEY u"\\Absent";

/* ---- values ---- */

/* Of any type, because others may have written it. */
struct registry_value {
    DWORD type, size;
    BYTE bytes[4096];
};

static uint32_t open_record_key(const char16_t *path, REGSAM access, HKEY *key)
{
    return (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access | KEY_WOW64_64KEY, key);
}

static uint32_t record_read_value(const char16_t *path, const char16_t *name,
                                  struct registry_value *value)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_record_key(path, KEY_QUERY_VALUE, &key);
    value->size = sizeof(value->bytes);
    return error ? error
                 : (uint32_t)RegQueryValueExW(key, name, NULL, &value->type, value->bytes,
                                              &value->size);
}

static uint32_t record_write_value(const char16_t *path, const char16_t *name,
                                   const struct registry_value *value)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error =
        (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_NON_VOLATILE,
                                  KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    return error ? error
                 : (uint32_t)RegSetValueExW(key, name, 0, value->type, value->bytes, value->size);
}

static uint32_t record_delete_value(const char16_t *path, const char16_t *name)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_record_key(path, KEY_SET_VALUE, &key);
    if (!error)
        error = (uint32_t)RegDeleteValueW(key, name);
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

static bool values_are_equal(const struct registry_value *a, const struct registry_value *b)
{
    return a->type == b->type && a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

/* Absent is a state as well. */
static uint32_t record_copy_value(const char16_t *from, const char16_t *to, const char16_t *name)
{
    struct registry_value value;
    uint32_t error = record_read_value(from, name, &value);
    if (error == ERROR_FILE_NOT_FOUND)
        return record_delete_value(to, name);
    return error ? error : record_write_value(to, name, &value);
}

static struct registry_value value_of_text(const char16_t *text)
{
    struct registry_value value = {.type = REG_SZ};
    const size_t size = (text_length(text) + 1) * sizeof(*text);
    value.size = (DWORD)(size <= sizeof(value.bytes) ? size : 0);
    memcpy(value.bytes, text, value.size);
    return value;
}

static uint32_t read_text(const char16_t *path, const char16_t *name,
                          char16_t text[PACKAGE_VALUE_UNITS])
{
    DWORD size = PACKAGE_VALUE_UNITS * sizeof(*text);
    *text = 0;
    return (uint32_t)RegGetValueW(HKEY_LOCAL_MACHINE, path, name,
                                  RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, text, &size);
}

/* ---- keys ---- */

static uint32_t delete_tree(const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_record_key(path, KEY_ALL_ACCESS, &key);
    if (!error)
        error = (uint32_t)RegDeleteTreeW(key, NULL);
    if (!error)
        error = (uint32_t)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

static uint32_t copy_tree(const char16_t *from, const char16_t *to)
{
    CLEANUP_KEY HKEY source = NULL, target = NULL;
    uint32_t error = open_record_key(from, KEY_READ, &source);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    error = (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, to, 0, NULL, REG_OPTION_NON_VOLATILE,
                                      KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &target, NULL);
    return error ? error : (uint32_t)RegCopyTreeW(source, NULL, target);
}

/* Windows deletes a key with its values, so these are counted first. */
static void delete_key_if_empty(const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;
    DWORD keys = 1, values = 1;
    if (!open_record_key(path, KEY_QUERY_VALUE, &key) &&
        !RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL,
                          NULL) &&
        !keys && !values)
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

/* `act` for the name of each value of a key. Stops at the first error. */
static uint32_t for_each_value(const char16_t *path, uint32_t (*act)(const char16_t *name))
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t name[PACKAGE_VALUE_UNITS];
    uint32_t error = open_record_key(path, KEY_QUERY_VALUE, &key);
    for (DWORD i = 0; !error; i++) {
        DWORD units = PACKAGE_VALUE_UNITS;
        error = (uint32_t)RegEnumValueW(key, i, name, &units, NULL, NULL, NULL, NULL);
        if (!error)
            error = act(name);
    }
    return error == ERROR_NO_MORE_ITEMS || error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

/* ---- the record ---- */

uint32_t record_read_property(const char16_t *name, char16_t value[PACKAGE_VALUE_UNITS])
{
    return read_text(PROPERTIES, name, value);
}

uint32_t record_read_setting(const char16_t *name, char16_t value[PACKAGE_VALUE_UNITS])
{
    return read_text(SETTINGS, name, value);
}

uint32_t record_begin(void)
{
    uint32_t error = delete_tree(UNDO_KEY);
    if (!error)
        error = copy_tree(SETUP_KEY, UNDO_RECORD);
    /* That there is something to take back, even if there was no record. */
    const struct registry_value none = value_of_text(u"");
    return error ? error : record_write_value(UNDO_KEY, u"", &none);
}

uint32_t record_write_property(const char16_t *name, const char16_t *value)
{
    const struct registry_value text = value_of_text(value);
    return record_write_value(PROPERTIES, name, &text);
}

/* The setting as it is now, for a rollback; only the first time in an installation. */
static uint32_t save_setting(const char16_t *name)
{
    struct registry_value saved;
    const struct registry_value none = value_of_text(u"");
    if (!record_read_value(UNDO_SETTINGS, name, &saved) ||
        !record_read_value(UNDO_ABSENT, name, &saved))
        return 0;
    uint32_t error = record_read_value(SETTINGS, name, &saved);
    if (error == ERROR_FILE_NOT_FOUND)
        return record_write_value(UNDO_ABSENT, name, &none);
    return error ? error : record_write_value(UNDO_SETTINGS, name, &saved);
}

/* Whether the setting is as we have written it. */
static bool setting_is_ours(const char16_t *name)
{
    struct registry_value now, ours;
    return !record_read_value(SETTINGS, name, &now) && !record_read_value(WRITTEN, name, &ours) &&
           values_are_equal(&now, &ours);
}

uint32_t record_write_setting(const char16_t *name, const char16_t *value)
{
    const struct registry_value text = value_of_text(value);
    uint32_t error = save_setting(name);
    if (!error && !setting_is_ours(name))
        error = record_copy_value(SETTINGS, BEFORE, name);
    if (!error)
        error = record_write_value(WRITTEN, name, &text);
    return error ? error : record_write_value(SETTINGS, name, &text);
}

static uint32_t remove_setting(const char16_t *name)
{
    if (!setting_is_ours(name))
        return 0;
    uint32_t error = save_setting(name);
    return error ? error : record_copy_value(BEFORE, SETTINGS, name);
}

uint32_t record_remove(void)
{
    uint32_t error = record_begin();
    if (!error)
        error = for_each_value(WRITTEN, remove_setting);
    if (!error)
        error = delete_tree(SETUP_KEY);
    return error;
}

static uint32_t put_back_setting(const char16_t *name)
{
    return record_copy_value(UNDO_SETTINGS, SETTINGS, name);
}

static uint32_t delete_setting(const char16_t *name)
{
    return record_delete_value(SETTINGS, name);
}

uint32_t record_take_back(void)
{
    struct registry_value mark;
    if (record_read_value(UNDO_KEY, u"", &mark))
        return 0;
    uint32_t error = for_each_value(UNDO_SETTINGS, put_back_setting);
    if (!error)
        error = for_each_value(UNDO_ABSENT, delete_setting);
    if (!error)
        error = delete_tree(SETUP_KEY);
    if (!error)
        error = copy_tree(UNDO_RECORD, SETUP_KEY);
    record_commit();
    return error;
}

void record_commit(void)
{
    delete_tree(UNDO_KEY);
    delete_key_if_empty(PRODUCT_STATE_KEY);
    delete_key_if_empty(SETTINGS);
}
