/* SPDX-License-Identifier: MIT */
/* Functions that change files and folders. Writes, also to pipes, are so many that they are counted
 * and can fail, but are recorded only on request (group "writes"), and without the data. */
#include "describe.h"
#include "identity.h"
#include "install.h"

REAL(WriteFile);
REAL(SetEndOfFile);
REAL(SetFileInformationByHandle);
REAL(SetFilePointerEx);
REAL(MoveFileExW);
REAL(ReplaceFileW);
REAL(DeleteFileW);
REAL(CreateDirectoryW);
REAL(RemoveDirectoryW);

static BOOL WINAPI hook_WriteFile(HANDLE file, const void *data, DWORD size, DWORD *written,
                                  OVERLAPPED *overlapped)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_WriteFile);
    record_handle(&watch.record, "handle", file);
    record_number(&watch.record, "size", size);
    if (!error && !real_WriteFile(file, data, size, written, overlapped))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_SetEndOfFile(HANDLE file)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetEndOfFile);
    record_handle(&watch.record, "handle", file);
    if (!error && !real_SetEndOfFile(file))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class,
                                                   void *information, DWORD size)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetFileInformationByHandle);
    record_handle(&watch.record, "handle", file);
    record_number(&watch.record, "class", class);
    if (!error && !real_SetFileInformationByHandle(file, class, information, size))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_SetFilePointerEx(HANDLE file, LARGE_INTEGER distance,
                                         LARGE_INTEGER *position, DWORD method)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetFilePointerEx);
    record_handle(&watch.record, "handle", file);
    record_hex(&watch.record, "distance", (uint64_t)distance.QuadPart);
    record_number(&watch.record, "method", method);
    if (!error && !real_SetFilePointerEx(file, distance, position, method))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_MoveFileExW(const wchar_t *from, const wchar_t *to, DWORD flags)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_MoveFileExW);
    record_wide(&watch.record, "path", from);
    record_wide(&watch.record, "to", to);
    record_hex(&watch.record, "flags", flags);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && !real_MoveFileExW(from, to, flags))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_ReplaceFileW(const wchar_t *replaced, const wchar_t *replacement,
                                     const wchar_t *backup, DWORD flags, void *exclude,
                                     void *reserved)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ReplaceFileW);
    record_wide(&watch.record, "path", replacement);
    record_wide(&watch.record, "to", replaced);
    record_wide(&watch.record, "backup", backup);
    record_hex(&watch.record, "flags", flags);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && !real_ReplaceFileW(replaced, replacement, backup, flags, exclude, reserved))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_DeleteFileW(const wchar_t *path)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_DeleteFileW);
    record_wide(&watch.record, "path", path);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && !real_DeleteFileW(path))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_CreateDirectoryW(const wchar_t *path, SECURITY_ATTRIBUTES *security)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CreateDirectoryW);
    record_wide(&watch.record, "path", path);
    record_security(&watch.record, "security", security);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && !real_CreateDirectoryW(path, security))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_RemoveDirectoryW(const wchar_t *path)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_RemoveDirectoryW);
    record_wide(&watch.record, "path", path);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && !real_RemoveDirectoryW(path))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static const struct hook hooks[] = {
    HOOK(WriteFile),        HOOK(SetEndOfFile),     HOOK(SetFileInformationByHandle),
    HOOK(SetFilePointerEx), HOOK(MoveFileExW),      HOOK(ReplaceFileW),
    HOOK(DeleteFileW),      HOOK(CreateDirectoryW), HOOK(RemoveDirectoryW),
};
const struct hook_list change_hooks = {hooks, ARRAYSIZE(hooks)};
