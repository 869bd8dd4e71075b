/* SPDX-License-Identifier: MIT */
#include "store.h"

/* The real path of a key of the store. */
static bool locate(const wchar_t *folder, const wchar_t *path, wchar_t where[REGISTRY_PATH])
{
    wchar_t store[REGISTRY_PATH];
    registry_store_path(folder, store);
    return registry_join(store, path, where);
}

uint32_t store_open(const wchar_t *folder, const wchar_t *path, bool create, HKEY *key)
{
    wchar_t where[REGISTRY_PATH];
    *key = NULL;
    if (!locate(folder, path, where))
        return ERROR_FILENAME_EXCED_RANGE;
    return (uint32_t)(create ? RegCreateKeyExW(HKEY_LOCAL_MACHINE, where, 0, NULL, 0,
                                               KEY_ALL_ACCESS, NULL, key, NULL)
                             : RegOpenKeyExW(HKEY_LOCAL_MACHINE, where, 0, KEY_ALL_ACCESS, key));
}

uint32_t store_set(const wchar_t *folder, const wchar_t *path, const wchar_t *name, uint32_t type,
                   const void *data, uint32_t size)
{
    HKEY key;
    uint32_t error = store_open(folder, path, true, &key);
    if (error)
        return error;
    error = (uint32_t)RegSetValueExW(key, name, 0, type, data, size);
    RegCloseKey(key);
    return error;
}

uint32_t store_set_text(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                        const wchar_t *text)
{
    return store_set(folder, path, name, REG_SZ, text,
                     (uint32_t)((wcslen(text) + 1) * sizeof(*text)));
}

uint32_t store_set_list(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                        const wchar_t *items)
{
    wchar_t list[STORE_TEXT + 1] = {0};
    size_t length = wcslen(items);
    if (length >= STORE_TEXT)
        return ERROR_FILENAME_EXCED_RANGE;
    for (size_t i = 0; i < length; i++)
        list[i] = items[i] == L'|' ? L'\0' : items[i];
    return store_set(folder, path, name, REG_MULTI_SZ, list,
                     (uint32_t)((length + (length ? 2 : 1)) * sizeof(*list)));
}

uint32_t store_set_number(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                          uint32_t number)
{
    return store_set(folder, path, name, REG_DWORD, &number, sizeof(number));
}

static uint32_t get(const wchar_t *folder, const wchar_t *path, const wchar_t *name, DWORD types,
                    void *data, DWORD size)
{
    wchar_t where[REGISTRY_PATH];
    if (!locate(folder, path, where))
        return ERROR_FILENAME_EXCED_RANGE;
    return (uint32_t)RegGetValueW(HKEY_LOCAL_MACHINE, where, name, types, NULL, data, &size);
}

void store_get_text(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                    wchar_t text[STORE_TEXT])
{
    wchar_t data[STORE_TEXT] = {0};
    get(folder, path, name, RRF_RT_REG_SZ | RRF_RT_REG_MULTI_SZ, data, sizeof(data) - 4);
    for (size_t i = 0; i + 1 < STORE_TEXT; i++)
        if (!data[i] && data[i + 1])
            data[i] = L'|';
    wcscpy(text, data);
}

uint32_t store_get_number(const wchar_t *folder, const wchar_t *path, const wchar_t *name)
{
    uint32_t number;
    return get(folder, path, name, RRF_RT_REG_DWORD, &number, sizeof(number)) ? 0 : number;
}

uint32_t store_delete(const wchar_t *folder, const wchar_t *path, const wchar_t *name)
{
    HKEY key;
    uint32_t error = store_open(folder, path, false, &key);
    if (error)
        return error;
    error = (uint32_t)RegDeleteValueW(key, name);
    RegCloseKey(key);
    return error;
}

uint32_t store_delete_key(const wchar_t *folder, const wchar_t *path)
{
    wchar_t where[REGISTRY_PATH];
    if (!locate(folder, path, where))
        return ERROR_FILENAME_EXCED_RANGE;
    return (uint32_t)RegDeleteTreeW(HKEY_LOCAL_MACHINE, where);
}

void store_remove(const wchar_t *folder)
{
    store_delete_key(folder, NULL);
}

void store_remove_volatile(const wchar_t *folder)
{
    wchar_t store[REGISTRY_PATH];
    registry_volatile_path(folder, store);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, store);
}
