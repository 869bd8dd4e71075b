/* SPDX-License-Identifier: MIT */
#include "client/cli/config_file.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/cli/configs.h"

#include <stdlib.h>

enum { CONFIG_BYTES_MAX = 1 << 20 };

enum exit_code config_file_refuse(const struct report *report, uint32_t error, const char16_t *name)
{
    static const struct {
        uint32_t error;
        const char16_t *what, *advice;
    } rows[] = {
        {ERROR_DIRECTORY_NOT_SUPPORTED, u"This is a folder, not a file: ",
         u"Name a file in the folder."},
        {ERROR_FILE_NOT_FOUND, u"There is no such file: ",
         u"Check the name. See the files that need no path: gatehouse list"},
        {ERROR_PATH_NOT_FOUND, u"The folder of this file does not exist: ", u"Check the path."},
        {ERROR_INVALID_NAME, u"No file can have this name: ",
         u"Name one file, without * and ?, and with quotes only around the whole path."},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].error == error)
            return report_failure(report, EXIT_USAGE, error, rows[i].what, name, rows[i].advice);
    return report_failure(report, EXIT_USAGE, error, u"This file can't be used: ", name,
                          u"Check the path, and whether you may use the file.");
}

uint32_t config_file_find(const char16_t *instance, const char16_t *named,
                          char16_t config[PATH_UNITS], char16_t directory[PATH_UNITS])
{
    uint32_t error = paths_config(named, config, directory);
    for (const char16_t *unit = named; *unit; unit++)
        if (text_find(u"\\/:", *unit))
            return error;
    if (error != ERROR_FILE_NOT_FOUND)
        return error;
    CLEANUP(configs_free) struct configs configs;
    configs_find(instance, &configs);
    const struct config *found = configs_named(&configs, named);
    return found ? paths_config(found->path, config, directory) : error;
}

uint32_t config_file_read(const char16_t *path, char **bytes, size_t *size)
{
    CLEANUP_HANDLE HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL,
                                             OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    LARGE_INTEGER length;
    DWORD got = 0;
    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &length))
        return GetLastError();
    if (length.QuadPart > CONFIG_BYTES_MAX)
        return ERROR_FILE_TOO_LARGE;
    CLEANUP_FREE char *read = malloc((size_t)length.QuadPart + 1);
    if (!read)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!ReadFile(file, read, (DWORD)length.QuadPart, &got, NULL))
        return GetLastError();
    *size = got;
    *bytes = TAKE(read);
    return 0;
}
