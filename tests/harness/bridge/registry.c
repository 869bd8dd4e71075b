/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <string.h>

/* Keys are named as in reg.exe: HKLM\SOFTWARE\..., in the 64-bit view. */
static const struct {
    const wchar_t *name;
    HKEY key;
} roots[] = {{L"HKLM\\", HKEY_LOCAL_MACHINE}, {L"HKCU\\", HKEY_CURRENT_USER}};

static void cleanup_key(HKEY *key)
{
    if (*key)
        RegCloseKey(*key);
}
#define CLEANUP_KEY CLEANUP(cleanup_key)

/* The root of `path`, which is then advanced behind it; NULL when it has none. */
static HKEY split_root(const wchar_t **path)
{
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        size_t length = wcslen(roots[i].name);
        if (wcsncmp(*path, roots[i].name, length) == 0) {
            *path += length;
            return roots[i].key;
        }
    }
    return NULL;
}

static uint32_t open_key(struct request *request, REGSAM access, bool create, HKEY *key)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "key");
    const wchar_t *path = name;
    HKEY root = name ? split_root(&path) : NULL;
    if (!root)
        return request_error(request, "key", ERROR_INVALID_PARAMETER);
    access |= KEY_WOW64_64KEY;
    if (create)
        return request_error(
            request, "RegCreateKeyEx",
            (uint32_t)RegCreateKeyExW(root, path, 0, NULL, 0, access, NULL, key, NULL));
    return request_error(request, "RegOpenKeyEx",
                         (uint32_t)RegOpenKeyExW(root, path, 0, access, key));
}

static uint32_t registry_create(struct request *request)
{
    CLEANUP_KEY HKEY key = NULL;
    return open_key(request, KEY_ALL_ACCESS, true, &key);
}

/* type and data (the stored bytes in hexadecimal); without a name: the default value. */
static uint32_t registry_set(struct request *request)
{
    CLEANUP_KEY HKEY key = NULL;
    CLEANUP_FREE wchar_t *name = request_text(request, "name");
    size_t size = 0;
    CLEANUP_FREE uint8_t *data = request_bytes(request, "data", &size);
    uint32_t error = open_key(request, KEY_SET_VALUE, true, &key);
    if (error)
        return error;
    DWORD type = request_number(request, "type", REG_BINARY);
    return request_error(request, "RegSetValueEx",
                         (uint32_t)RegSetValueExW(key, name, 0, type, data, (DWORD)size));
}

static uint32_t registry_get(struct request *request)
{
    CLEANUP_KEY HKEY key = NULL;
    CLEANUP_FREE wchar_t *name = request_text(request, "name");
    uint32_t error = open_key(request, KEY_QUERY_VALUE, false, &key);
    if (error)
        return error;
    DWORD type = 0, size = 0;
    error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, NULL, &size);
    CLEANUP_FREE uint8_t *data = allocate(size);
    if (!error)
        error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, data, &size);
    if (error)
        return request_error(request, "RegQueryValueEx", error);
    result_number(request, "type", type);
    result_bytes(request, "data", data, size);
    return 0;
}

static uint32_t registry_delete(struct request *request)
{
    CLEANUP_KEY HKEY key = NULL;
    CLEANUP_FREE wchar_t *name = request_text(request, "name");
    uint32_t error = open_key(request, KEY_SET_VALUE, false, &key);
    if (error)
        return error;
    return request_error(request, "RegDeleteValue", (uint32_t)RegDeleteValueW(key, name));
}

/* Deletes the key and everything below it. */
static uint32_t registry_delete_tree(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "key");
    const wchar_t *path = name;
    HKEY root = name ? split_root(&path) : NULL;
    if (!root || !*path)
        return request_error(request, "key", ERROR_INVALID_PARAMETER);
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(request, KEY_ALL_ACCESS, false, &key);
    if (!error)
        error = request_error(request, "RegDeleteTree", (uint32_t)RegDeleteTreeW(key, NULL));
    if (!error)
        error = request_error(request, "RegDeleteKeyEx",
                              (uint32_t)RegDeleteKeyExW(root, path, KEY_WOW64_64KEY, 0));
    return error;
}

/* The names of the key's sub-keys and values. */
static uint32_t registry_list(struct request *request)
{
    enum { NAME_UNITS = 16384 };
    CLEANUP_KEY HKEY key = NULL;
    uint32_t error = open_key(request, KEY_READ, false, &key);
    if (error)
        return error;
    CLEANUP_FREE wchar_t *name = allocate(NAME_UNITS * sizeof(*name));
    cJSON *keys = cJSON_AddArrayToObject(request->result, "keys");
    DWORD length = NAME_UNITS;
    for (DWORD i = 0; !RegEnumKeyExW(key, i, name, &length, NULL, NULL, NULL, NULL); i++) {
        CLEANUP_FREE char *narrow = text_narrow(name);
        cJSON_AddItemToArray(keys, cJSON_CreateString(narrow));
        length = NAME_UNITS;
    }
    cJSON *values = cJSON_AddArrayToObject(request->result, "values");
    for (DWORD i = 0; !RegEnumValueW(key, i, name, &length, NULL, NULL, NULL, NULL); i++) {
        CLEANUP_FREE char *narrow = text_narrow(name);
        cJSON_AddItemToArray(values, cJSON_CreateString(narrow));
        length = NAME_UNITS;
    }
    return 0;
}

const struct operation registry_operations[] = {
    {"registry_create", registry_create},
    {"registry_set", registry_set},
    {"registry_get", registry_get},
    {"registry_delete", registry_delete},
    {"registry_list", registry_list},
    {"registry_delete_tree", registry_delete_tree},
    {NULL, NULL},
};
