/* SPDX-License-Identifier: MIT */
#include "service/update/caller_file.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/missing.h"
#include "service/final_path.h"
#include "update/metadata.h"

/* ---- the path ---- */

/* "C:\..." without a stream ("file:stream"). */
static bool is_whole_path(const char16_t *path)
{
    return path_is_local(path) && path[3] && !text_find(path + 2, ':') &&
           text_length(path) < POLICY_PATH_UNITS;
}

/* As the service sees the drive: letters that users have given to shares and folders are theirs
 * alone. A server could have the service wait, so it is not even asked. */
static uint32_t check_drive(const char16_t *path, struct update_refusal *refusal)
{
    const char16_t root[] = {path[0], ':', '\\', 0};
    const UINT type = GetDriveTypeW(root);
    return type == DRIVE_REMOTE || type == DRIVE_NO_ROOT_DIR || type == DRIVE_UNKNOWN
               ? update_refuse(refusal, UPDATE_PATH_REMOTE)
               : 0;
}

static uint32_t check_caller_path(const char16_t *path, struct update_refusal *refusal)
{
    if (text_starts_with(path, u"\\\\.\\"))
        return update_refuse(refusal, UPDATE_PATH_DEVICE);
    if (text_starts_with(path, u"\\\\") && !text_starts_with(path, u"\\\\?\\"))
        return update_refuse(refusal, UPDATE_PATH_REMOTE);
    return is_whole_path(path) ? check_drive(path, refusal)
                               : update_refuse(refusal, UPDATE_PATH_FORM);
}

/* ---- what is open ---- */

/* What Windows fetches from elsewhere when it is read: files of a cloud or an archive. */
static bool is_elsewhere(DWORD attributes)
{
    return attributes & (FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_RECALL_ON_OPEN |
                         FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS);
}

static uint32_t check_kind(HANDLE file, struct update_refusal *refusal)
{
    BY_HANDLE_FILE_INFORMATION information;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &information))
        return update_refuse(refusal, UPDATE_PATH_DEVICE);
    if (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        return update_refuse(refusal, UPDATE_PATH_FOLDER);
    if (is_elsewhere(information.dwFileAttributes))
        return update_refuse(refusal, UPDATE_PATH_REMOTE);
    if (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return update_refuse(refusal, UPDATE_PATH_LINK);
    return 0;
}

/* The name with which it was opened keeps short names, and has links resolved. */
static uint32_t check_place(HANDLE file, const char16_t *path, struct update_refusal *refusal)
{
    static const char16_t prefix[] = u"\\\\?\\";
    const size_t prefix_length = ARRAY_COUNT(prefix) - 1;
    CLEANUP_FREE char16_t *opened = malloc(POLICY_PATH_UNITS * sizeof(*opened));
    if (!opened)
        return update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
    DWORD length = GetFinalPathNameByHandleW(file, opened, POLICY_PATH_UNITS,
                                             FILE_NAME_OPENED | VOLUME_NAME_DOS);
    if (!length || length >= POLICY_PATH_UNITS || !text_starts_with(opened, prefix) ||
        !path_is_local(opened + prefix_length))
        return update_refuse(refusal, UPDATE_PATH_REMOTE);
    return CompareStringOrdinal(opened + prefix_length, -1, path, -1, TRUE) == CSTR_EQUAL
               ? 0
               : update_refuse(refusal, UPDATE_PATH_LINK);
}

/* Opening a folder as a file fails as if it were not to be read. */
static bool is_callers_folder(const struct caller *caller, const char16_t *path)
{
    CLEANUP_HANDLE HANDLE folder = NULL;
    BY_HANDLE_FILE_INFORMATION information;
    return !caller_open(caller, path, FILE_READ_ATTRIBUTES,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, &folder) &&
           GetFileInformationByHandle(folder, &information) &&
           information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
}

static uint32_t refuse_opening(const struct caller *caller, const char16_t *path, uint32_t error,
                               struct update_refusal *refusal)
{
    if (error == ERROR_SHARING_VIOLATION)
        return update_refuse(refusal, UPDATE_PATH_CHANGED);
    if (error == ERROR_BAD_IMPERSONATION_LEVEL || error == ERROR_NOT_ENOUGH_MEMORY)
        return update_fail(refusal, error);
    if (error == ERROR_ACCESS_DENIED && is_callers_folder(caller, path))
        return update_refuse(refusal, UPDATE_PATH_FOLDER);
    return update_refuse(refusal, UPDATE_PATH_UNREADABLE);
}

uint32_t caller_file_open(const struct caller *caller, const char16_t *path, HANDLE *file,
                          struct update_refusal *refusal)
{
    CLEANUP_HANDLE HANDLE opened = NULL;
    uint32_t error = check_caller_path(path, refusal);
    if (error)
        return error;
    error = caller_open(caller, path, GENERIC_READ, FILE_SHARE_READ,
                        FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_SEQUENTIAL_SCAN, &opened);
    if (error)
        return refuse_opening(caller, path, error, refusal);
    error = check_kind(opened, refusal);
    if (!error)
        error = check_place(opened, path, refusal);
    if (!error)
        *file = TAKE(opened);
    return error;
}

uint32_t caller_file_read(HANDLE file, void **bytes, size_t *size, struct update_refusal *refusal)
{
    CLEANUP_FREE unsigned char *made = malloc(UPDATE_METADATA_SIZE + 1);
    DWORD got = 0;
    if (!made)
        return update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
    if (!ReadFile(file, made, UPDATE_METADATA_SIZE + 1, &got, NULL))
        return update_refuse(refusal, UPDATE_PATH_UNREADABLE);
    if (got > UPDATE_METADATA_SIZE)
        return update_refuse(refusal, UPDATE_TOO_LARGE);
    *size = got;
    *bytes = TAKE(made);
    return 0;
}
