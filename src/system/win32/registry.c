/* SPDX-License-Identifier: MIT */
/* The operations of registry.h over the Windows registry. Each operation opens and closes its key:
 * operations are rare, and a key that stays open is not removed when it is deleted. */
#include "system/win32/registry.h"

#include "base/win32/handles.h"

#include <string.h>

enum { KEY_NAME_UNITS = 256 }; /* of the longest name of a key, terminator included */

static uint32_t win32_open_key(const char16_t *path, REGSAM access, HKEY *key)
{
    return (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access | KEY_WOW64_64KEY, key);
}

/* Repeats the read if the value has grown since its size was asked. */
static uint32_t win32_get_value(struct registry *self, const char16_t *path, const char16_t *name,
                                struct registry_data *data)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_QUERY_VALUE, &key);
    DWORD type, size = 0;
    (void)self;
    if (error)
        return error;
    error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, NULL, &size);
    while (!error || error == ERROR_MORE_DATA) {
        CLEANUP_FREE void *bytes = malloc(size + 1u);
        if (!bytes)
            return ERROR_NOT_ENOUGH_MEMORY;
        error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, bytes, &size);
        if (error)
            continue;
        *data = (struct registry_data){type, size, TAKE(bytes)};
        return 0;
    }
    return error;
}

static uint32_t win32_set_value(struct registry *self, const char16_t *path, const char16_t *name,
                                uint32_t type, const void *bytes, uint32_t size)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_SET_VALUE, &key);
    (void)self;
    return error ? error : (uint32_t)RegSetValueExW(key, name, 0, type, bytes, size);
}

static uint32_t win32_delete_value(struct registry *self, const char16_t *path,
                                   const char16_t *name)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_SET_VALUE, &key);
    (void)self;
    return error ? error : (uint32_t)RegDeleteValueW(key, name);
}

static uint32_t win32_count(struct registry *self, const char16_t *path, uint32_t *keys,
                            uint32_t *values)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_QUERY_VALUE, &key);
    DWORD key_count = 0, value_count = 0;
    (void)self;
    if (!error)
        error = (uint32_t)RegQueryInfoKeyW(key, NULL, NULL, NULL, &key_count, NULL, NULL,
                                           &value_count, NULL, NULL, NULL, NULL);
    if (error)
        return error;
    *keys = key_count;
    *values = value_count;
    return 0;
}

static uint32_t win32_list_keys(struct registry *self, const char16_t *path, char16_t **names,
                                uint32_t *units)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_ENUMERATE_SUB_KEYS, &key);
    CLEANUP_FREE char16_t *list = NULL;
    uint32_t length = 0, capacity = 0;
    (void)self;
    if (error)
        return error;
    for (DWORD i = 0;; i++) {
        if (capacity - length < KEY_NAME_UNITS + 1) {
            capacity = 2 * capacity + 4 * KEY_NAME_UNITS;
            char16_t *larger = realloc(list, capacity * sizeof(*list));
            if (!larger)
                return ERROR_NOT_ENOUGH_MEMORY;
            list = larger;
        }
        DWORD size = KEY_NAME_UNITS;
        error = (uint32_t)RegEnumKeyExW(key, i, list + length, &size, NULL, NULL, NULL, NULL);
        if (error)
            break;
        length += size + 1;
    }
    if (error != ERROR_NO_MORE_ITEMS)
        return error;
    list[length++] = 0;
    *names = TAKE(list);
    *units = length;
    return 0;
}

static uint32_t win32_create_key(struct registry *self, const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;
    (void)self;
    return (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_NON_VOLATILE,
                                     KEY_QUERY_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
}

static uint32_t win32_delete_key(struct registry *self, const char16_t *path)
{
    (void)self;
    return (uint32_t)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

static uint32_t win32_flush_hive(const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = win32_open_key(path, KEY_QUERY_VALUE, &key);
    return error ? error : (uint32_t)RegFlushKey(key);
}

/* RegFlushKey() returns when the whole hive of the key is on disk (Microsoft, "RegFlushKey"). */
static uint32_t win32_flush(struct registry *self)
{
    uint32_t error = win32_flush_hive(u"SYSTEM");
    uint32_t next = win32_flush_hive(u"SOFTWARE");
    (void)self;
    return error ? error : next;
}

struct registry *registry_win32(void)
{
    static struct registry table = {
        .get_value = win32_get_value,
        .set_value = win32_set_value,
        .delete_value = win32_delete_value,
        .count = win32_count,
        .list_keys = win32_list_keys,
        .create_key = win32_create_key,
        .delete_key = win32_delete_key,
        .enter = win32_enter,
        .leave = win32_leave,
        .flush = win32_flush,
    };
    return &table;
}
