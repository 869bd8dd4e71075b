/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/file_version.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>
#include <windows.h>

/* `language`: the first of the file's translations, language and code page. */
static void read_version_text(const void *resource, const WORD language[2], const char *name,
                              char16_t value[FILE_VERSION_UNITS])
{
    char16_t path[64];
    struct text text = TEXT_ON(path), copy = text_on(value, FILE_VERSION_UNITS);
    void *found = NULL;
    UINT units = 0;
    text_append_format(&text, "\\StringFileInfo\\%04x%04x\\%s", (unsigned)language[0],
                       (unsigned)language[1], name);
    if (VerQueryValueW(resource, path, &found, &units) && units)
        text_append_units(&copy, found, wcsnlen(found, units));
}

static void read_version_number(const void *resource, char16_t value[FILE_VERSION_UNITS])
{
    struct text text = text_on(value, FILE_VERSION_UNITS);
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT size = 0;
    if (VerQueryValueW(resource, u"\\", (void **)&fixed, &size) && size >= sizeof(*fixed))
        text_append_format(&text, "%u.%u.%u.%u", HIWORD(fixed->dwFileVersionMS),
                           LOWORD(fixed->dwFileVersionMS), HIWORD(fixed->dwFileVersionLS),
                           LOWORD(fixed->dwFileVersionLS));
}

uint32_t file_version_read(const char16_t *path, struct file_version *version)
{
    DWORD ignored;
    memset(version, 0, sizeof(*version));
    DWORD size = GetFileVersionInfoSizeW(path, &ignored);
    if (!size)
        return GetLastError();
    CLEANUP_FREE void *resource = malloc(size);
    WORD *language = NULL;
    UINT bytes = 0;
    if (!resource)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!GetFileVersionInfoW(path, 0, size, resource))
        return GetLastError();
    if (VerQueryValueW(resource, u"\\VarFileInfo\\Translation", (void **)&language, &bytes) &&
        bytes >= 2 * sizeof(*language)) {
        read_version_text(resource, language, "ProductName", version->product);
        read_version_text(resource, language, "FileVersion", version->version);
        read_version_text(resource, language, "InternalName", version->internal_name);
    }
    if (!*version->version)
        read_version_number(resource, version->version);
    return 0;
}
