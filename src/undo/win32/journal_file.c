/* SPDX-License-Identifier: MIT */
#include "undo/win32/journal_file.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <sddl.h>

enum { RETRY_MILLISECONDS = 20, REPLACE_MILLISECONDS = 500, MOST_BYTES = 1 << 30 };

struct win32_file {
    struct journal_file table;
    struct journal_file_options options; /* `path` is the one below */
    PSECURITY_DESCRIPTOR descriptor;     /* of what is made */
    HANDLE handle;                       /* NULL: could not be opened again after a replacement */
    uint64_t end;
    bool is_at_end; /* the handle's pointer */
    char16_t path[JOURNAL_PATH_UNITS];
};

static struct win32_file *file_of(struct journal_file *self)
{
    return (struct win32_file *)(void *)self;
}

/* Whether another program, such as a virus scanner or a backup, has the file open for a moment. */
static bool is_in_use(uint32_t error)
{
    return error == ERROR_SHARING_VIOLATION || error == ERROR_LOCK_VIOLATION;
}

/* Waits a moment. Returns false, at once, when `milliseconds` since `start` are over. */
static bool pause_before_retry(ULONGLONG start, uint32_t milliseconds)
{
    if (GetTickCount64() - start >= milliseconds)
        return false;
    Sleep(RETRY_MILLISECONDS);
    return true;
}

/* ---- opening ---- */

static uint32_t open_once(struct win32_file *file, DWORD disposition, HANDLE *handle)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), file->descriptor, FALSE};
    /* A link is opened itself, for the check to refuse. */
    *handle = CreateFileW(file->path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, &security,
                          disposition, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (*handle != INVALID_HANDLE_VALUE)
        return 0;
    *handle = NULL;
    return GetLastError();
}

static uint32_t open_file(struct win32_file *file, DWORD disposition, uint32_t milliseconds)
{
    CLEANUP_HANDLE HANDLE handle = NULL;
    LARGE_INTEGER size;
    ULONGLONG start = GetTickCount64();
    uint32_t error = open_once(file, disposition, &handle);
    while (is_in_use(error) && pause_before_retry(start, milliseconds))
        error = open_once(file, disposition, &handle);
    if (!error)
        error = file->options.check(file->options.context, handle);
    if (!error && !GetFileSizeEx(handle, &size))
        error = GetLastError();
    if (error)
        return error;
    file->handle = TAKE(handle);
    file->end = (uint64_t)size.QuadPart;
    file->is_at_end = !file->end;
    return 0;
}

/* After a replacement that another program has disturbed. */
static uint32_t need_handle(struct win32_file *file)
{
    return file->handle ? 0 : open_file(file, OPEN_EXISTING, 0);
}

/* ---- reading ---- */

static uint32_t read_all(HANDLE handle, size_t from, unsigned char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        OVERLAPPED at = {.Offset = (DWORD)(from + done)};
        DWORD got = 0;
        if (!ReadFile(handle, bytes + done, (DWORD)(size - done), &got, &at))
            return GetLastError();
        if (!got)
            return ERROR_HANDLE_EOF;
        done += got;
    }
    return 0;
}

/* From `*from` on; or the whole, with `*from` 0, if the file is shorter than that. */
static uint32_t read_content(HANDLE handle, size_t *from, void **bytes, size_t *size)
{
    LARGE_INTEGER length;
    *bytes = NULL;
    *size = 0;
    if (!GetFileSizeEx(handle, &length))
        return GetLastError();
    if (length.QuadPart > MOST_BYTES)
        return ERROR_FILE_TOO_LARGE;
    size_t all = (size_t)length.QuadPart;
    if (*from > all)
        *from = 0;
    if (all == *from)
        return 0;
    CLEANUP_FREE unsigned char *content = malloc(all - *from);
    if (!content)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = read_all(handle, *from, content, all - *from);
    if (error)
        return error;
    *bytes = TAKE(content);
    *size = all - *from;
    return 0;
}

static uint32_t file_read(struct journal_file *self, void **bytes, size_t *size)
{
    struct win32_file *file = file_of(self);
    uint32_t error = need_handle(file);
    size_t from = 0;
    file->is_at_end = false;
    return error ? error : read_content(file->handle, &from, bytes, size);
}

static uint32_t file_measure(struct journal_file *self, size_t *size)
{
    struct win32_file *file = file_of(self);
    uint32_t error = need_handle(file);
    *size = (size_t)file->end;
    return error;
}

/* ---- writing ---- */

/* Where the handle's pointer is. */
static uint32_t write_on(HANDLE handle, const void *bytes, size_t size)
{
    DWORD written = 0;
    if (!WriteFile(handle, bytes, (DWORD)size, &written, NULL))
        return GetLastError();
    return written == size ? 0 : ERROR_DISK_FULL;
}

/* Takes away what an append that failed may have written; otherwise the next one begins behind it.
 */
static void cut_off(struct win32_file *file)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)file->end};
    LARGE_INTEGER size;
    file->is_at_end = false;
    if (!SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end, sizeof(end)) &&
        GetFileSizeEx(file->handle, &size))
        file->end = (uint64_t)size.QuadPart;
}

/* The pointer is moved only when it has to be: most appends are one call. */
static uint32_t go_to_end(struct win32_file *file)
{
    const LARGE_INTEGER end = {.QuadPart = (LONGLONG)file->end};
    if (!file->is_at_end && !SetFilePointerEx(file->handle, end, NULL, FILE_BEGIN))
        return GetLastError();
    file->is_at_end = true;
    return 0;
}

static uint32_t file_append(struct journal_file *self, const void *bytes, size_t size)
{
    struct win32_file *file = file_of(self);
    uint32_t error = need_handle(file);
    if (error)
        return error;
    if (file->end + size > MOST_BYTES)
        return ERROR_FILE_TOO_LARGE;
    error = go_to_end(file);
    if (!error)
        error = write_on(file->handle, bytes, size);
    if (error)
        cut_off(file);
    else
        file->end += size;
    return error;
}

static uint32_t file_flush(struct journal_file *self)
{
    struct win32_file *file = file_of(self);
    if (!file->handle)
        return ERROR_INVALID_HANDLE;
    return FlushFileBuffers(file->handle) ? 0 : GetLastError();
}

/* ---- beside it ---- */

static uint32_t path_beside(const struct win32_file *file, const char *word,
                            char16_t path[JOURNAL_PATH_UNITS])
{
    struct text text = text_on(path, JOURNAL_PATH_UNITS);
    text_append(&text, file->path);
    text_append(&text, u".");
    text_append_ascii(&text, word);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

/* A new file in place of what has that name, on disk on return. */
static uint32_t write_file(const struct win32_file *file, const char16_t *path, const void *bytes,
                           size_t size)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), file->descriptor, FALSE};
    if (!DeleteFileW(path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        return GetLastError();
    CLEANUP_HANDLE HANDLE handle =
        CreateFileW(path, GENERIC_WRITE, 0, &security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    uint32_t error = size ? write_on(handle, bytes, size) : 0;
    if (!error && !FlushFileBuffers(handle))
        error = GetLastError();
    if (!error)
        return 0;
    close_handle(&handle);
    DeleteFileW(path);
    return error;
}

/* Windows does not replace a file that is open, here or, for the moment that it takes somebody to
 * look at it, elsewhere. */
static uint32_t move_over(const struct win32_file *file, const char16_t *path)
{
    ULONGLONG start = GetTickCount64();
    for (;;) {
        if (MoveFileExW(path, file->path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return 0;
        uint32_t error = GetLastError();
        if ((!is_in_use(error) && error != ERROR_ACCESS_DENIED) ||
            !pause_before_retry(start, REPLACE_MILLISECONDS))
            return error;
    }
}

static uint32_t file_replace(struct journal_file *self, const void *bytes, size_t size)
{
    struct win32_file *file = file_of(self);
    char16_t path[JOURNAL_PATH_UNITS];
    uint32_t error = path_beside(file, "new", path);
    if (!error)
        error = write_file(file, path, bytes, size);
    if (error)
        return error;
    close_handle(&file->handle);
    error = move_over(file, path);
    if (error)
        DeleteFileW(path);

    /* If it can't be opened now, the next operation tries again. */
    open_file(file, OPEN_EXISTING, REPLACE_MILLISECONDS);
    return error;
}

static uint32_t file_keep(struct journal_file *self, const char *reason)
{
    struct win32_file *file = file_of(self);
    CLEANUP_FREE void *bytes = NULL;
    char16_t path[JOURNAL_PATH_UNITS];
    size_t size;
    uint32_t error = path_beside(file, reason, path);
    if (!error)
        error = file_read(self, &bytes, &size);
    return error ? error : write_file(file, path, bytes, size);
}

static void file_close(struct journal_file *self)
{
    struct win32_file *file = file_of(self);
    close_handle(&file->handle);
    LocalFree(file->descriptor);
    free(file);
}

static const struct journal_file TABLE = {
    .read = file_read,
    .measure = file_measure,
    .append = file_append,
    .flush = file_flush,
    .replace = file_replace,
    .keep = file_keep,
    .close = file_close,
};

uint32_t journal_file_open(const struct journal_file_options *options, struct journal_file **file)
{
    enum { LONGEST_WORD = 16 };
    struct win32_file *made = calloc(1, sizeof(*made));
    uint32_t error = 0;
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    made->table = TABLE;
    made->options = *options;
    struct text text = text_on(made->path, JOURNAL_PATH_UNITS - LONGEST_WORD);
    text_append(&text, options->path);
    if (text.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    else if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(options->access, SDDL_REVISION_1,
                                                                   &made->descriptor, NULL))
        error = GetLastError();
    else
        error = open_file(made, options->must_exist ? OPEN_EXISTING : OPEN_ALWAYS,
                          options->milliseconds);
    if (error)
        file_close(&made->table);
    else
        *file = &made->table;
    return error;
}

uint32_t journal_file_look(const char16_t *path, uint32_t (*check)(void *context, HANDLE file),
                           void *context, size_t *from, void **bytes, size_t *size)
{
    CLEANUP_HANDLE HANDLE handle = CreateFileW(
        path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    uint32_t error = check ? check(context, handle) : 0;
    return error ? error : read_content(handle, from, bytes, size);
}
