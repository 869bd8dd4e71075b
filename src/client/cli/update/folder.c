/* SPDX-License-Identifier: MIT */
#include "client/cli/update/folder.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"

#include <stdbool.h>

static const char16_t folder_lock_name[] = u"lock";

/* ---- the folder ---- */

/* Opens a folder that it makes if need be, and refuses a link. While it is open nobody can rename
 * or delete it. */
static uint32_t folder_hold(const char16_t *path, HANDLE *handle)
{
    BY_HANDLE_FILE_INFORMATION information;
    if (!CreateDirectoryW(path, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    *handle = CreateFileW(path, FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                          FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (*handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!GetFileInformationByHandle(*handle, &information))
        return GetLastError();
    return information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? ERROR_CANT_ACCESS_FILE : 0;
}

/* The lock goes with its handle, so a program that has died leaves none. */
static uint32_t folder_take_lock(struct folder *folder)
{
    char16_t path[FOLDER_PATH_UNITS];
    folder_path(folder, folder_lock_name, path);
    folder->lock = CreateFileW(path, DELETE, 0, NULL, OPEN_ALWAYS,
                               FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    return folder->lock == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

uint32_t folder_open(struct folder *folder)
{
    *folder = (struct folder){0};
    const DWORD length =
        GetEnvironmentVariableW(L"LOCALAPPDATA", folder->path, ARRAY_COUNT(folder->path));
    if (length == 0 || length >= ARRAY_COUNT(folder->path) - FOLDER_NAME_UNITS - 64)
        return ERROR_ENVVAR_NOT_FOUND;
    struct text path = {folder->path, length, ARRAY_COUNT(folder->path) - FOLDER_NAME_UNITS, false};
    text_append(&path, u"\\" PRODUCT_DATA_FOLDER);
    uint32_t error = folder_hold(folder->path, &folder->parent);
    text_append(&path, u"\\update");
    if (!error)
        error = folder_hold(folder->path, &folder->self);
    text_append_unit(&path, u'\\');
    if (!error && path.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    return error ? error : folder_take_lock(folder);
}

void folder_close(struct folder *folder)
{
    close_handle(&folder->lock);
    close_handle(&folder->self);
    if (folder->parent)
        RemoveDirectoryW(folder->path); /* fails if a rest of a download is in it */
    close_handle(&folder->parent);
}

void folder_path(const struct folder *folder, const char16_t *name,
                 char16_t path[FOLDER_PATH_UNITS])
{
    struct text text = text_on(path, FOLDER_PATH_UNITS);
    text_append(&text, folder->path);
    text_append(&text, name);
}

void folder_sweep(const struct folder *folder, const char16_t *kept)
{
    WIN32_FIND_DATAW found;
    char16_t path[FOLDER_PATH_UNITS];
    folder_path(folder, u"*", path);
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        const bool is_kept = *kept && text_starts_with(found.cFileName, kept);
        if (is_kept || text_length(found.cFileName) >= FOLDER_NAME_UNITS)
            continue;
        folder_path(folder, found.cFileName, path);
        DeleteFileW(path); /* of a link the link; not what this program has open */
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

/* ---- its files ---- */

static uint32_t folder_check_file(HANDLE file)
{
    const DWORD refused = FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY;
    BY_HANDLE_FILE_INFORMATION information;
    if (!GetFileInformationByHandle(file, &information))
        return GetLastError();
    return (information.dwFileAttributes & refused) || information.nNumberOfLinks != 1
               ? ERROR_CANT_ACCESS_FILE
               : 0;
}

uint32_t folder_open_file(const struct folder *folder, const char16_t *name, void **file)
{
    char16_t path[FOLDER_PATH_UNITS];
    folder_path(folder, name, path);
    HANDLE opened = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
                                FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    uint32_t error = folder_check_file(opened);
    if (error)
        close_handle(&opened);
    *file = opened;
    return error;
}

uint32_t folder_write_file(const struct folder *folder, const char16_t *name, const void *bytes,
                           uint32_t size)
{
    char16_t path[FOLDER_PATH_UNITS];
    DWORD written = 0;
    folder_path(folder, name, path);
    if (!DeleteFileW(path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        return GetLastError();
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!WriteFile(file, bytes, size, &written, NULL))
        return GetLastError();
    return written == size ? 0 : (uint32_t)ERROR_DISK_FULL;
}
