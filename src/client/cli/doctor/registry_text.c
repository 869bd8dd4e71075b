/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/registry_text.h"

#include "base/text.h"
#include "base/win32/handles.h"

static bool is_text_type(DWORD type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* Whoever wrote the value may not have ended it. */
static void take_text(const BYTE *bytes, DWORD size, char16_t text[REGISTRY_TEXT_UNITS])
{
    const char16_t *value = (const void *)bytes;
    struct text copy = text_on(text, REGISTRY_TEXT_UNITS);
    for (DWORD i = 0; i < size / sizeof(*value) && value[i]; i++)
        text_append_unit(&copy, value[i]);
}

uint32_t registry_text_read(const char16_t *path, const char16_t *name,
                            char16_t text[REGISTRY_TEXT_UNITS])
{
    CLEANUP_KEY HKEY key = NULL;
    CLEANUP_FREE BYTE *bytes = NULL;
    DWORD type = 0, size = 0;
    *text = 0;
    uint32_t error = (uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0,
                                             KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    if (!error)
        error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, NULL, &size);
    if (!error && !is_text_type(type))
        error = ERROR_FILE_NOT_FOUND;
    if (error)
        return error;
    bytes = malloc(size + 1);
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = (uint32_t)RegQueryValueExW(key, name, NULL, &type, bytes, &size);
    if (!error && is_text_type(type))
        take_text(bytes, size, text);
    return error;
}
