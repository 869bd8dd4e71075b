/* SPDX-License-Identifier: MIT */
#include "service/admin/siblings.h"

#include "base/win32/handles.h"
#include "base/win32/service_config.h"
#include "product.h"
#include "service/program.h"

/* When its command line can't be read, the service is taken for a sibling. */
static bool runs_program(SC_HANDLE manager, const char16_t *service, const char16_t *program)
{
    CLEANUP_SERVICE SC_HANDLE handle = OpenServiceW(manager, service, SERVICE_QUERY_CONFIG);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    if (!handle)
        return GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST;
    return service_config_read(handle, &config) ||
           service_command_runs(config->lpBinaryPathName, program);
}

bool siblings_exist(const char16_t *name)
{
    CLEANUP_SERVICE SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    CLEANUP_FREE ENUM_SERVICE_STATUS_PROCESSW *services = NULL;
    char16_t program[PROGRAM_UNITS];
    DWORD count = 0;
    if (!manager || service_list_read(manager, &services, &count) || program_path(program))
        return true;
    for (DWORD i = 0; i < count; i++) {
        const char16_t *other = services[i].lpServiceName;
        if (service_name_begins(other, PRODUCT_SERVICE_NAME) &&
            CompareStringOrdinal(other, -1, name, -1, TRUE) != CSTR_EQUAL &&
            runs_program(manager, other, program))
            return true;
    }
    return false;
}
