/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/processes.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <tlhelp32.h>

enum { IMAGE_UNITS = 1024 };

static const char16_t *last_name(const char16_t *path)
{
    const char16_t *name = path;
    for (const char16_t *unit = path; *unit; unit++)
        if (*unit == u'\\')
            name = unit + 1;
    return name;
}

static bool names_are_equal(const char16_t *a, const char16_t *b)
{
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

static bool is_openvpn(const struct doctor *doctor, const char16_t *image)
{
    const char16_t *ours = last_name(doctor_setting(doctor, SETTING_EXE_PATH));
    return names_are_equal(image, u"openvpn.exe") || (*ours && names_are_equal(image, ours));
}

bool process_may_be_openvpn(const struct doctor *doctor, uint32_t process_id)
{
    CLEANUP_HANDLE HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process_id);
    char16_t path[IMAGE_UNITS];
    DWORD length = IMAGE_UNITS;
    if (!process) /* only one error says that there is none */
        return GetLastError() != ERROR_INVALID_PARAMETER;
    if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
        return false;
    return !QueryFullProcessImageNameW(process, 0, path, &length) ||
           is_openvpn(doctor, last_name(path));
}

uint32_t process_of_others(const struct doctor *doctor)
{
    CLEANUP_HANDLE HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    if (all == INVALID_HANDLE_VALUE)
        return 0;
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry))
        if (is_openvpn(doctor, entry.szExeFile) && !doctor_has_session(doctor, entry.th32ProcessID))
            return entry.th32ProcessID;
    return 0;
}
