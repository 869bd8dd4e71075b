/* SPDX-License-Identifier: MIT */
#include "service/update/folder.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/program_data.h"
#include "product.h"

/* ---- the folder ---- */

static uint32_t open_closed_folder(struct update_folder *folder, bool make, HANDLE *held)
{
    uint32_t error = make ? closed_folder_make(folder->path) : 0;
    return error ? error : closed_folder_hold(folder->path, held, folder->why);
}

uint32_t update_folder_report(const struct update_folder *folder, uint32_t error)
{
    return error == ERROR_UNTRUSTED
               ? log_error_of(LOG_UPDATE_FAILED, error,
                              "Updates do not use %s, because %s. An administrator must delete it",
                              UTF8(folder->path), UTF8(folder->why))
               : error;
}

uint32_t update_folder_open(struct update_folder *folder, bool make)
{
    struct text text = TEXT_ON(folder->path);
    uint32_t error = program_data_append(&text);
    text_append(&text, u"\\" PRODUCT_DATA_FOLDER);
    if (!error && text.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (!error)
        error = open_closed_folder(folder, make, &folder->parent);
    text_append(&text, u"\\" UPDATE_FOLDER_NAME);
    if (!error && text.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (!error)
        error = open_closed_folder(folder, make, &folder->held);
    if (error)
        update_folder_close(folder);
    return error;
}

void update_folder_close(struct update_folder *folder)
{
    close_handle(&folder->held);
    close_handle(&folder->parent);
}

uint32_t update_folder_refuse(uint32_t error, struct update_refusal *refusal)
{
    return error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL
               ? update_refuse(refusal, UPDATE_DISK_FULL)
               : update_fail(refusal, error);
}

static uint32_t path_with_end(const struct update_folder *folder, const char16_t *name,
                              const char16_t *end, char16_t path[UPDATE_PATH_UNITS])
{
    struct text text = text_on(path, UPDATE_PATH_UNITS);
    text_append(&text, folder->path);
    text_append(&text, u"\\");
    text_append(&text, name);
    text_append(&text, end);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

uint32_t update_folder_path(const struct update_folder *folder, const char16_t *name,
                            char16_t path[UPDATE_PATH_UNITS])
{
    return path_with_end(folder, name, u"", path);
}

/* ---- reading ---- */

uint32_t update_folder_open_file(const struct update_folder *folder, const char16_t *name,
                                 HANDLE *file)
{
    CLEANUP_HANDLE HANDLE opened = NULL;
    char16_t path[UPDATE_PATH_UNITS], why[TRUST_WHY_UNITS];
    uint32_t error = update_folder_path(folder, name, path);
    if (error)
        return error;
    opened = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                         FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    error = closed_check(path, opened, TRUST_FILE, why);
    if (error)
        return log_error_of(LOG_UPDATE_FAILED, error, "Updates do not use %s, because %s",
                            UTF8(path), UTF8(why));
    *file = TAKE(opened);
    return 0;
}

static uint32_t read_whole_file(HANDLE file, size_t most, void **bytes, size_t *size)
{
    LARGE_INTEGER length;
    DWORD got = 0;
    if (!GetFileSizeEx(file, &length))
        return GetLastError();
    if (length.QuadPart > (LONGLONG)most)
        return ERROR_FILE_TOO_LARGE;
    CLEANUP_FREE void *made = malloc((size_t)length.QuadPart + 1);
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!ReadFile(file, made, (DWORD)length.QuadPart, &got, NULL))
        return GetLastError();
    if (got != (DWORD)length.QuadPart)
        return ERROR_HANDLE_EOF;
    *size = got;
    *bytes = TAKE(made);
    return 0;
}

uint32_t update_folder_read(const struct update_folder *folder, const char16_t *name, size_t most,
                            void **bytes, size_t *size)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    uint32_t error = update_folder_open_file(folder, name, &file);
    return error ? error : read_whole_file(file, most, bytes, size);
}

/* ---- writing ---- */

uint32_t update_folder_delete(const struct update_folder *folder, const char16_t *name)
{
    char16_t path[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, name, path);
    if (!error && !DeleteFileW(path))
        error = GetLastError();
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

static uint32_t create_closed_file(const char16_t *path, HANDLE *file)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    uint32_t error = closed_file_descriptor(&descriptor);
    if (error)
        return error;
    if (!DeleteFileW(path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        return GetLastError();
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    *file = CreateFileW(path, GENERIC_WRITE, 0, &security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file != INVALID_HANDLE_VALUE)
        return 0;
    *file = NULL;
    return GetLastError();
}

uint32_t update_folder_create(const struct update_folder *folder, const char16_t *name,
                              HANDLE *file)
{
    char16_t path[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, name, path);
    return error ? error : create_closed_file(path, file);
}

static uint32_t write_next(const char16_t *path, const void *bytes, size_t size)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    DWORD written = 0;
    uint32_t error = create_closed_file(path, &file);
    if (error)
        return error;
    if (!WriteFile(file, bytes, (DWORD)size, &written, NULL) || !FlushFileBuffers(file))
        return GetLastError();
    return written == size ? 0 : ERROR_DISK_FULL;
}

/* A virus scanner or a backup may have either file open for a moment. */
static uint32_t replace_file(const char16_t *from, const char16_t *to)
{
    enum { PAUSE_MILLISECONDS = 50, MOST_MILLISECONDS = 5000 };
    const ULONGLONG start = GetTickCount64();
    for (;;) {
        if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return 0;
        const uint32_t error = GetLastError();
        if ((error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED) ||
            GetTickCount64() - start >= MOST_MILLISECONDS)
            return error;
        Sleep(PAUSE_MILLISECONDS);
    }
}

uint32_t update_folder_rename(const struct update_folder *folder, const char16_t *from,
                              const char16_t *to)
{
    char16_t from_path[UPDATE_PATH_UNITS], to_path[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, from, from_path);
    if (!error)
        error = update_folder_path(folder, to, to_path);
    return error ? error : replace_file(from_path, to_path);
}

uint32_t update_folder_write(const struct update_folder *folder, const char16_t *name,
                             const void *bytes, size_t size)
{
    char16_t path[UPDATE_PATH_UNITS], next[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, name, path);
    if (!error)
        error = path_with_end(folder, name, UPDATE_NEXT_END, next);
    if (!error)
        error = write_next(next, bytes, size);
    if (!error)
        error = replace_file(next, path);
    if (error)
        DeleteFileW(next);
    return error;
}

/* ---- whose turn it is ---- */

static uint32_t open_turn_file(const struct update_folder *folder, HANDLE *file)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    char16_t path[UPDATE_PATH_UNITS];
    uint32_t error = update_folder_path(folder, UPDATE_TURN_FILE, path);
    if (!error)
        error = closed_file_descriptor(&descriptor);
    if (error)
        return error;
    SECURITY_ATTRIBUTES security = {sizeof(security), descriptor, FALSE};
    /* Whoever has it open only to look, such as a virus scanner, is not in the way. */
    *file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        &security, OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    return *file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

uint32_t update_folder_lock(const struct update_folder *folder, HANDLE *lock)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    OVERLAPPED first = {.Offset = 0};
    uint32_t error = open_turn_file(folder, &file);
    if (error)
        return error;
    if (!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &first)) {
        error = GetLastError();
        return error == ERROR_IO_PENDING ? (uint32_t)ERROR_LOCK_VIOLATION : error;
    }
    *lock = TAKE(file);
    return 0;
}

/* ---- what is left ---- */

static bool is_left(const char16_t *name, const char16_t *kept)
{
    if (update_file_ends_in(name, UPDATE_NEXT_END))
        return true;
    return update_file_ends_in(name, UPDATE_PACKAGE_END) &&
           (!kept || CompareStringOrdinal(name, -1, kept, -1, TRUE) != CSTR_EQUAL);
}

void update_folder_sweep(const struct update_folder *folder, const char16_t *kept)
{
    char16_t pattern[UPDATE_PATH_UNITS];
    WIN32_FIND_DATAW found;
    if (update_folder_path(folder, u"*", pattern))
        return;
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && is_left(found.cFileName, kept))
            update_folder_delete(folder, found.cFileName);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}
