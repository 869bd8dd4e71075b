/* SPDX-License-Identifier: MIT */
#include "base/win32/program_data.h"

#include <windows.h>

static const char16_t PROFILES[] = u"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
static const char16_t DRIVE[] = u"%SystemDrive%";

/* For the same reason the drive comes from Windows, too. */
uint32_t program_data_append(struct text *path)
{
    char16_t value[MAX_PATH], windows[MAX_PATH];
    const char16_t *rest = value;
    DWORD size = sizeof(value);
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, PROFILES, u"ProgramData",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND | RRF_SUBKEY_WOW6464KEY,
                     NULL, value, &size);
    const int drive = ARRAY_COUNT(DRIVE) - 1;

    if (error)
        return (uint32_t)error;
    if (text_length(value) > (size_t)drive &&
        CompareStringOrdinal(value, drive, DRIVE, drive, TRUE) == CSTR_EQUAL) {
        if (!GetSystemWindowsDirectoryW(windows, MAX_PATH))
            return GetLastError();
        text_append_units(path, windows, 2);
        rest += drive;
    }
    text_append(path, rest);
    return text_find(rest, '%') ? ERROR_BAD_PATHNAME : 0;
}
