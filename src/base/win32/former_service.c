/* SPDX-License-Identifier: MIT */
#include "base/win32/former_service.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"

enum { FORMER_UNITS = 1100, PATH_UNITS = 512 };

static const char16_t FORMER_KEY[] = PRODUCT_STATE_KEY u"\\Former";

static void former_path(const char16_t *name, char16_t path[PATH_UNITS])
{
    struct text text = text_on(path, PATH_UNITS);
    text_append(&text, FORMER_KEY);
    text_append(&text, u"\\");
    text_append(&text, name);
}

/* A list of texts, which ends with an empty one. */
static size_t list_units(const wchar_t *list)
{
    size_t units = 0;
    while (list[units])
        units += text_length(list + units) + 1;
    return units + 1;
}

static uint32_t set_text(HKEY key, const char16_t *name, DWORD type, const wchar_t *text,
                         size_t units)
{
    return (uint32_t)RegSetValueExW(key, name, 0, type, (const BYTE *)text,
                                    (DWORD)(units * sizeof(*text)));
}

uint32_t former_service_remember(const char16_t *name, const QUERY_SERVICE_CONFIGW *config)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t path[PATH_UNITS];
    const wchar_t *list = config->lpDependencies ? config->lpDependencies : L"";
    former_path(name, path);
    uint32_t error =
        (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_NON_VOLATILE,
                                  KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    if (!error)
        error = set_text(key, u"Command", REG_SZ, config->lpBinaryPathName,
                         text_length(config->lpBinaryPathName) + 1);
    if (!error)
        error = set_text(key, u"DisplayName", REG_SZ, config->lpDisplayName,
                         text_length(config->lpDisplayName) + 1);
    if (!error)
        error = set_text(key, u"Dependencies", REG_MULTI_SZ, list, list_units(list));
    if (!error)
        error = (uint32_t)RegSetValueExW(key, u"Start", 0, REG_DWORD,
                                         (const BYTE *)&config->dwStartType, sizeof(DWORD));
    return error;
}

static uint32_t read_former(const char16_t *path, const char16_t *value, DWORD type, void *data,
                            DWORD size)
{
    return (uint32_t)RegGetValueW(HKEY_LOCAL_MACHINE, path, value, type | RRF_SUBKEY_WOW6464KEY,
                                  NULL, data, &size);
}

/* Whether the program that a command line begins with is there. */
static bool has_program(const char16_t *command)
{
    char16_t units[FORMER_UNITS];
    struct text program = TEXT_ON(units);
    const bool is_quoted = *command == '"';
    const char16_t *end = text_find(command + is_quoted, is_quoted ? '"' : ' ');
    if (GetFileAttributesW(command) != INVALID_FILE_ATTRIBUTES)
        return true;
    command += is_quoted;
    text_append_units(&program, command, end ? (size_t)(end - command) : text_length(command));
    return GetFileAttributesW(units) != INVALID_FILE_ATTRIBUTES;
}

bool former_service_give_back(SC_HANDLE service, const char16_t *name)
{
    char16_t path[PATH_UNITS], command[FORMER_UNITS], display[PATH_UNITS];
    wchar_t list[FORMER_UNITS];
    DWORD start;
    former_path(name, path);
    const bool is_known =
        !read_former(path, u"Command", RRF_RT_REG_SZ, command, sizeof(command)) &&
        !read_former(path, u"DisplayName", RRF_RT_REG_SZ, display, sizeof(display)) &&
        !read_former(path, u"Dependencies", RRF_RT_REG_MULTI_SZ, list, sizeof(list)) &&
        !read_former(path, u"Start", RRF_RT_REG_DWORD, &start, sizeof(start));
    const bool is_back = is_known && has_program(command) &&
                         ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE,
                                              command, NULL, NULL, list, NULL, NULL, display);
    former_service_forget(name);
    return is_back;
}

void former_service_forget(const char16_t *name)
{
    char16_t path[PATH_UNITS];
    former_path(name, path);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, FORMER_KEY, KEY_WOW64_64KEY, 0); /* fails unless empty */
}
