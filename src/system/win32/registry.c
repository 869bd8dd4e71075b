/* SPDX-License-Identifier: MIT */
/* registry.h over the registry. Each operation opens its key itself: they are rare, and a key that
 * stays open could not be deleted. */
#include "system/win32/registry.h"

#include "base/win32/handles.h"

#include <string.h>

enum { KEY_NAME_UNITS = 256 }; /* the longest name of a key, its terminator included */

static uint32_t open_key(const char16_t *path, REGSAM access, HKEY *key)
{
    return (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access | KEY_WOW64_64KEY, key);
}

/* A value may grow between the question for its size and the reading. */
static uint32_t get_value(struct registry *self, const char16_t *path, const char16_t *name,
                          struct registry_data *data)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_QUERY_VALUE, &key);
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

static uint32_t set_value(struct registry *self, const char16_t *path, const char16_t *name,
                          uint32_t type, const void *bytes, uint32_t size)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_SET_VALUE, &key);

    (void)self;
    return error ? error : (uint32_t)RegSetValueExW(key, name, 0, type, bytes, size);
}

static uint32_t delete_value(struct registry *self, const char16_t *path, const char16_t *name)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_SET_VALUE, &key);

    (void)self;
    return error ? error : (uint32_t)RegDeleteValueW(key, name);
}

static uint32_t count(struct registry *self, const char16_t *path, uint32_t *keys, uint32_t *values)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_QUERY_VALUE, &key);
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

static uint32_t list_keys(struct registry *self, const char16_t *path, char16_t **names,
                          uint32_t *units)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_ENUMERATE_SUB_KEYS, &key);
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

static uint32_t create_key(struct registry *self, const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;

    (void)self;
    return (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_NON_VOLATILE,
                                     KEY_QUERY_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
}

static uint32_t delete_key(struct registry *self, const char16_t *path)
{
    (void)self;
    return (uint32_t)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

static uint32_t flush_hive(const char16_t *path)
{
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(path, KEY_QUERY_VALUE, &key);

    return error ? error : (uint32_t)RegFlushKey(key);
}

/* Returns when the whole hive of each key is on disk (Microsoft, "RegFlushKey"). */
static uint32_t flush(struct registry *self)
{
    uint32_t error = flush_hive(u"SYSTEM");
    uint32_t next = flush_hive(u"SOFTWARE");

    (void)self;
    return error ? error : next;
}

struct registry *registry_win32(void)
{
    static struct registry table = {
        .get_value = get_value,
        .set_value = set_value,
        .delete_value = delete_value,
        .count = count,
        .list_keys = list_keys,
        .create_key = create_key,
        .delete_key = delete_key,
        .enter = win32_enter,
        .leave = win32_leave,
        .count_search_user = win32_count_search_user,
        .has_search_users = win32_has_search_users,
        .apply = win32_apply,
        .flush = flush,
    };
    return &table;
}
