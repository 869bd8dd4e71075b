/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/log_file.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <string.h>

enum { LOG_BYTES = 256 * 1024 };

static uint32_t find_log_folder(struct text *path)
{
    char16_t local[FILE_NAME_UNITS];
    const DWORD length = GetEnvironmentVariableW(u"LOCALAPPDATA", local, FILE_NAME_UNITS);
    if (!length || length >= FILE_NAME_UNITS)
        return ERROR_ENVVAR_NOT_FOUND;
    text_append(path, local);
    text_append(path, u"\\Gatehouse\\log\\");
    return path->truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

uint32_t log_file_find_last(char16_t path[FILE_NAME_UNITS])
{
    char16_t pattern[FILE_NAME_UNITS];
    struct text folder = text_on(path, FILE_NAME_UNITS), all = TEXT_ON(pattern);
    WIN32_FIND_DATAW found, last = {.cFileName = u""};
    uint32_t error = find_log_folder(&folder);
    if (error)
        return error;
    text_append(&all, path);
    text_append(&all, u"*.log");
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError();
    do
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) &&
            (!*last.cFileName ||
             CompareFileTime(&found.ftLastWriteTime, &last.ftLastWriteTime) > 0))
            last = found;
    while (FindNextFileW(search, &found));
    FindClose(search);
    text_append(&folder, last.cFileName);
    return *last.cFileName && !folder.truncated ? 0 : (uint32_t)ERROR_FILE_NOT_FOUND;
}

/* From the first whole line on, where the beginning was left out. */
static void put_last_lines(const char *bytes, size_t size, bool is_whole, const struct sink *sink)
{
    const char *end = is_whole ? NULL : memchr(bytes, '\n', size);
    const size_t skipped = end ? (size_t)(end + 1 - bytes) : 0;
    sink->write(sink->context, bytes + skipped, size - skipped);
}

uint32_t log_file_read(const char16_t *path, const struct sink *sink)
{
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    CLEANUP_FREE char *bytes = malloc(LOG_BYTES);
    LARGE_INTEGER size, from = {.QuadPart = 0};
    DWORD read = 0;
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!GetFileSizeEx(file, &size))
        return GetLastError();
    if (size.QuadPart > LOG_BYTES)
        from.QuadPart = size.QuadPart - LOG_BYTES;
    if (!SetFilePointerEx(file, from, NULL, FILE_BEGIN) ||
        !ReadFile(file, bytes, LOG_BYTES, &read, NULL))
        return GetLastError();
    put_last_lines(bytes, read, !from.QuadPart, sink);
    return 0;
}
