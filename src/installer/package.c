/* SPDX-License-Identifier: MIT */
#include "installer/package.h"

#include "base/win32/handles.h"

#include <msiquery.h>
#include <stdarg.h>

char16_t *package_property(MSIHANDLE package, const char16_t *name)
{
    char16_t none[1] = u"";
    DWORD units = 0;
    UINT error = MsiGetPropertyW(package, name, none, &units);
    char16_t *value = calloc(++units, sizeof(*value)); /* for the terminator */
    if (value && error == ERROR_MORE_DATA && MsiGetPropertyW(package, name, value, &units))
        *value = 0;
    return value;
}

bool package_has(MSIHANDLE package, const char16_t *name)
{
    CLEANUP_FREE char16_t *value = package_property(package, name);
    return value && *value;
}

uint32_t package_set(MSIHANDLE package, const char16_t *name, const char16_t *value)
{
    return MsiSetPropertyW(package, name, value);
}

/* The text is a field of the record, because brackets in a format have a meaning. */
static void package_say(MSIHANDLE package, INSTALLMESSAGE kind, const char16_t *format,
                        va_list *arguments)
{
    CLEANUP_LOCAL wchar_t *text = NULL;
    if (!FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER, format, 0, 0,
                        (LPWSTR)&text, 0, arguments))
        return;
    const MSIHANDLE record = MsiCreateRecord(1);
    MsiRecordSetStringW(record, 0, L"[1]");
    MsiRecordSetStringW(record, 1, text);
    MsiProcessMessage(package, kind, record);
    MsiCloseHandle(record);
}

void package_log(MSIHANDLE package, const char16_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    package_say(package, INSTALLMESSAGE_INFO, format, &arguments);
    va_end(arguments);
}

uint32_t package_refuse(MSIHANDLE package, const char16_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    package_say(package, INSTALLMESSAGE_ERROR, format, &arguments);
    va_end(arguments);
    return ERROR_INSTALL_FAILURE;
}
