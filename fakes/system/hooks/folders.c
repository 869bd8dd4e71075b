/* SPDX-License-Identifier: MIT */
#include "folders.h"
#include "install.h"

#include <stdio.h>

static const wchar_t profiles[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

bool folder_is_program_data(HKEY key, const wchar_t *subkey, const wchar_t *name)
{
    return key == HKEY_LOCAL_MACHINE && subkey && name && !_wcsicmp(subkey, profiles) &&
           !_wcsicmp(name, L"ProgramData");
}

LSTATUS folder_answer(DWORD *type, void *data, DWORD *size)
{
    wchar_t path[MAX_PATH];
    int length = _snwprintf(path, MAX_PATH, L"%ls\\ProgramData", watched_machine.folder);
    if (length < 0 || length >= MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    CreateDirectoryW(path, NULL);
    DWORD needed = ((DWORD)length + 1) * sizeof(*path), room = size ? *size : 0;
    if (type)
        *type = REG_SZ;
    if (size)
        *size = needed;
    if (data && room < needed)
        return ERROR_MORE_DATA;
    if (data)
        memcpy(data, path, needed);
    return ERROR_SUCCESS;
}

const wchar_t *folder_replacement(const wchar_t *original, wchar_t path[2 * MAX_PATH])
{
    wchar_t system[MAX_PATH];
    UINT length = GetSystemDirectoryW(system, MAX_PATH);
    if (!original || !length || length >= MAX_PATH || _wcsnicmp(original, system, length) != 0 ||
        original[length] != L'\\' || wcschr(original + length + 1, L'\\') ||
        wcslen(original) >= MAX_PATH)
        return NULL;
    wcscpy(path, watched_machine.folder);
    wcscat(path, L"\\system32");
    wcscat(path, original + length);
    return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? NULL : path;
}
