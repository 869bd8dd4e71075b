/* SPDX-License-Identifier: MIT */
#include "base/win32/service_config.h"

#include "base/text.h"
#include "base/win32/handles.h"

uint32_t service_config_read(SC_HANDLE service, QUERY_SERVICE_CONFIGW **config)
{
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *found = NULL;
    DWORD size = 0;
    if (!QueryServiceConfigW(service, NULL, 0, &size) && !size)
        return GetLastError();
    found = malloc(size);
    if (!found)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!QueryServiceConfigW(service, found, size, &size))
        return GetLastError();
    *config = TAKE(found);
    return 0;
}

/* By the table that Windows compares names of files and services with. */
static bool begins_caselessly(const char16_t *text, const char16_t *beginning)
{
    const int length = (int)text_length(beginning);
    return text_length(text) >= (size_t)length &&
           CompareStringOrdinal(text, length, beginning, length, TRUE) == CSTR_EQUAL;
}

bool service_name_begins(const char16_t *name, const char16_t *beginning)
{
    return begins_caselessly(name, beginning);
}

bool service_command_runs(const char16_t *command, const char16_t *program)
{
    const bool is_quoted = *command == '"';
    command += is_quoted;
    if (!begins_caselessly(command, program))
        return false;
    const char16_t next = command[text_length(program)];
    return is_quoted ? next == '"' : !next || next == ' ';
}

uint32_t service_list_read(SC_HANDLE manager, ENUM_SERVICE_STATUS_PROCESSW **services, DWORD *count)
{
    enum { TRIES = 4 }; /* the list may grow between two calls */
    CLEANUP_FREE BYTE *buffer = NULL;
    DWORD size = 0, missing = 0;
    for (int i = 0; i < TRIES; i++) {
        DWORD resume = 0;
        if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL,
                                  buffer, size, &missing, count, &resume, NULL)) {
            *services = (ENUM_SERVICE_STATUS_PROCESSW *)(void *)TAKE(buffer);
            return 0;
        }
        if (GetLastError() != ERROR_MORE_DATA)
            return GetLastError();
        size += missing;
        free(buffer);
        buffer = malloc(size);
        if (!buffer)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_MORE_DATA;
}
