/* SPDX-License-Identifier: MIT */
/* Volumes that Wine does not have. Below a folder with one of three names everything is on one:
 *
 * - "unmounted volume": a volume that the mount manager does not know, such as a RAM disk;
 * - "unmounted server": one of a file system on a server without a name that Windows could tell;
 * - "mapped server": a folder of a server, to which a drive letter leads.
 *
 * GetFinalPathNameByHandle fails on the first two for the names of volumes that come from the mount
 * manager (rust-lang/rust#79449: ERROR_INVALID_FUNCTION), and names the server on the third. */
#include "install.h"

#include <winioctl.h>
#include <winternl.h>

REAL(GetFinalPathNameByHandleW);
REAL(NtQueryVolumeInformationFile);

enum { REMOTE_DEVICE = 0x10 }; /* of FILE_FS_DEVICE_INFORMATION.Characteristics: wdm.h */

static bool is_below(HANDLE file, const wchar_t *name)
{
    wchar_t path[1024];
    DWORD length = real_GetFinalPathNameByHandleW(file, path, ARRAYSIZE(path), VOLUME_NAME_NONE);
    const wchar_t *found = length && length < ARRAYSIZE(path) ? wcsstr(path, name) : NULL;
    return found && found > path && found[-1] == L'\\' &&
           (found[wcslen(name)] == L'\\' || !found[wcslen(name)]);
}

static bool is_on_server(HANDLE file)
{
    return is_below(file, L"unmounted server");
}

static bool is_unmounted(HANDLE file)
{
    return is_below(file, L"unmounted volume") || is_on_server(file);
}

/* As Windows names a file that was opened by a mapped letter. */
static DWORD final_path_on_server(HANDLE file, LPWSTR path, DWORD units, DWORD flags)
{
    static const wchar_t share[] = L"\\\\?\\UNC\\server\\share";
    wchar_t within[1024];
    DWORD length = real_GetFinalPathNameByHandleW(file, within, ARRAYSIZE(within),
                                                  (flags & FILE_NAME_OPENED) | VOLUME_NAME_NONE);
    if (!length || length >= ARRAYSIZE(within))
        return 0;
    length += (DWORD)wcslen(share);
    if (length >= units)
        return length + 1;
    wcscpy(path, share);
    wcscat(path, within);
    return length;
}

static DWORD WINAPI hook_GetFinalPathNameByHandleW(HANDLE file, LPWSTR path, DWORD units,
                                                   DWORD flags)
{
    if (!(flags & (VOLUME_NAME_NONE | VOLUME_NAME_NT)) && is_unmounted(file)) {
        SetLastError(ERROR_INVALID_FUNCTION);
        return 0;
    }
    if (!(flags & (VOLUME_NAME_NONE | VOLUME_NAME_NT)) && is_below(file, L"mapped server"))
        return final_path_on_server(file, path, units, flags);
    return real_GetFinalPathNameByHandleW(file, path, units, flags);
}

static NTSTATUS NTAPI hook_NtQueryVolumeInformationFile(HANDLE file, PIO_STATUS_BLOCK status,
                                                        PVOID buffer, ULONG size,
                                                        FS_INFORMATION_CLASS class)
{
    NTSTATUS result = real_NtQueryVolumeInformationFile(file, status, buffer, size, class);
    if (!result && class == FileFsDeviceInformation && is_on_server(file))
        ((FILE_FS_DEVICE_INFORMATION *)buffer)->Characteristics |= REMOTE_DEVICE;
    return result;
}

static const struct hook hooks[] = {
    HOOK(GetFinalPathNameByHandleW),
    HOOK(NtQueryVolumeInformationFile),
};
const struct hook_list volume_hooks = {hooks, ARRAYSIZE(hooks)};
