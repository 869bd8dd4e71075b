/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/paths.h"

#include "base/errors.h"
#include "base/text.h"

#include <stdbool.h>
#include <windows.h>

static uint32_t paths_make_absolute(const char16_t *named, char16_t path[PATH_UNITS],
                                    char16_t **file_name)
{
    *file_name = NULL;
    DWORD length = GetFullPathNameW(named, PATH_UNITS, path, file_name);
    if (length == 0)
        return GetLastError();
    if (length >= PATH_UNITS)
        return ERROR_FILENAME_EXCED_RANGE;
    DWORD attributes = GetFileAttributesW(path);
    bool is_folder =
        attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    bool ends_in_backslash = !*file_name || !**file_name;
    return is_folder || ends_in_backslash ? ERROR_DIRECTORY_NOT_SUPPORTED : 0;
}

uint32_t paths_config(const char16_t *named, char16_t config[PATH_UNITS],
                      char16_t directory[PATH_UNITS])
{
    char16_t *file_name;
    uint32_t error = paths_make_absolute(named, config, &file_name);
    if (error)
        return error;
    if (GetFileAttributesW(config) == INVALID_FILE_ATTRIBUTES)
        return GetLastError();
    struct text text = text_on(directory, PATH_UNITS);
    text_append_units(&text, config, (size_t)(file_name - config));
    /* Remove the backslash at the end, except from a root. */
    if (text.length > 3 && directory[text.length - 1] == u'\\')
        directory[text.length - 1] = 0;
    return 0;
}

/* Creates the folders of `path`; those in its first `made` units exist. */
static uint32_t paths_make_folders(char16_t *path, size_t made)
{
    for (char16_t *unit = path + made; *unit; unit++) {
        if (*unit != u'\\')
            continue;
        *unit = 0;
        BOOL done = CreateDirectoryW(path, NULL);
        uint32_t error = done ? 0 : GetLastError();
        *unit = u'\\';
        if (error && error != ERROR_ALREADY_EXISTS)
            return error;
    }
    return 0;
}

uint32_t paths_log(const char16_t *named, const char16_t *config, char16_t log[PATH_UNITS])
{
    char16_t *file_name;
    if (named)
        return paths_make_absolute(named, log, &file_name);

    DWORD length = GetEnvironmentVariableW(L"LOCALAPPDATA", log, PATH_UNITS);
    if (length == 0 || length >= PATH_UNITS)
        return ERROR_ENVVAR_NOT_FOUND;
    struct text path = {log, length, PATH_UNITS, false};
    text_append(&path, u"\\Gatehouse\\log\\");
    const char16_t *name = config;
    for (const char16_t *unit = config; *unit; unit++)
        if (*unit == u'\\')
            name = unit + 1;
    const char16_t *end = name + text_length(name);
    for (const char16_t *unit = end - 1; unit > name; unit--) {
        if (*unit == u'.') {
            end = unit;
            break;
        }
    }
    text_append_units(&path, name, (size_t)(end - name));
    text_append(&path, u".log");
    if (path.truncated)
        return ERROR_FILENAME_EXCED_RANGE;
    return paths_make_folders(log, length + 1);
}
