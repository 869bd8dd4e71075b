/* SPDX-License-Identifier: MIT */
#include "service/admin/siblings.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "service/admin/installed.h"
#include "service/program.h"

static bool starts_with(const char16_t *text, const char16_t *prefix)
{
    int length = (int)text_length(prefix);
    return text_length(text) >= (size_t)length &&
           CompareStringOrdinal(text, length, prefix, length, TRUE) == CSTR_EQUAL;
}

/* When its command line can't be read, the service is taken for a sibling. */
static bool runs_program(SC_HANDLE manager, const char16_t *service, const char16_t *program)
{
    CLEANUP_SERVICE SC_HANDLE handle = OpenServiceW(manager, service, SERVICE_QUERY_CONFIG);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    if (!handle)
        return GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST;
    return installed_config(handle, &config) || installed_runs(config, program);
}

/* All services, on the heap, or NULL. */
static ENUM_SERVICE_STATUS_PROCESSW *list(SC_HANDLE manager, DWORD *count)
{
    enum { TRIES = 4 }; /* the list may grow between two calls */
    CLEANUP_FREE BYTE *buffer = NULL;
    DWORD size = 0, missing = 0;
    for (int i = 0; i < TRIES; i++) {
        DWORD resume = 0;
        if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL,
                                  buffer, size, &missing, count, &resume, NULL))
            return (ENUM_SERVICE_STATUS_PROCESSW *)(void *)TAKE(buffer);
        if (GetLastError() != ERROR_MORE_DATA)
            return NULL;
        size += missing;
        free(buffer);
        buffer = malloc(size);
        if (!buffer)
            return NULL;
    }
    return NULL;
}

bool siblings_exist(const char16_t *name)
{
    CLEANUP_SERVICE SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    DWORD count = 0;
    CLEANUP_FREE ENUM_SERVICE_STATUS_PROCESSW *services = manager ? list(manager, &count) : NULL;
    char16_t program[PROGRAM_UNITS];
    if (!services || program_path(program))
        return true;
    for (DWORD i = 0; i < count; i++) {
        const char16_t *other = services[i].lpServiceName;
        if (starts_with(other, PRODUCT_SERVICE_NAME) &&
            CompareStringOrdinal(other, -1, name, -1, TRUE) != CSTR_EQUAL &&
            runs_program(manager, other, program))
            return true;
    }
    return false;
}
