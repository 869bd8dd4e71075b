/* SPDX-License-Identifier: MIT */
#include "listed_services.h"
#include "dns_service.h"
#include "engine_service.h"
#include "install.h"

REAL(QueryServiceConfigW);
REAL(EnumServicesStatusExW);

static struct machine_service *all_services(void)
{
    return watched_machine.image->services;
}

/* A handle points to its row. */
const struct machine_service *listed_service(SC_HANDLE handle)
{
    for (uint32_t i = 0; i < MACHINE_SERVICES; i++)
        if ((void *)handle == (void *)&all_services()[i])
            return &all_services()[i];
    return NULL;
}

bool listed_service_open(const wchar_t *name, SC_HANDLE *service, uint32_t *error)
{
    for (uint32_t i = 0; name && i < watched_machine.image->service_count; i++) {
        struct machine_service *row = &all_services()[i];
        if (_wcsicmp(row->name, name) != 0)
            continue;
        *error = row->error;
        *service = row->error ? NULL : (SC_HANDLE)row;
        return true;
    }
    return false;
}

static void describe_status(const struct machine_service *row, SERVICE_STATUS_PROCESS *status)
{
    *status = (SERVICE_STATUS_PROCESS){
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
        .dwCurrentState = row->state,
        .dwWin32ExitCode = row->exit_code,
        .dwProcessId = row->pid                        ? row->pid
                       : row->state == SERVICE_RUNNING ? GetCurrentProcessId()
                                                       : 0,
    };
}

void listed_service_status(SC_HANDLE handle, SERVICE_STATUS_PROCESS *status)
{
    const struct machine_service *row = listed_service(handle);
    if (row)
        describe_status(row, status);
}

/* Windows puts the texts behind the struct, too. */
static BOOL describe_config(const struct machine_service *row, QUERY_SERVICE_CONFIGW *config,
                            DWORD size, DWORD *needed)
{
    *needed = sizeof(*config) + sizeof(row->binary) + sizeof(row->account);
    if (size < *needed) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    wchar_t *binary = (wchar_t *)(config + 1);
    wchar_t *account = binary + ARRAYSIZE(row->binary);
    wcscpy(binary, row->binary);
    wcscpy(account, row->account);
    *config = (QUERY_SERVICE_CONFIGW){.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                      .dwStartType = row->start,
                                      .lpBinaryPathName = binary,
                                      .lpServiceStartName = account};
    return TRUE;
}

static BOOL WINAPI hook_QueryServiceConfigW(SC_HANDLE service, QUERY_SERVICE_CONFIGW *config,
                                            DWORD size, DWORD *needed)
{
    const struct machine_service *row = listed_service(service);
    if (row)
        return describe_config(row, config, size, needed);
    if (!dns_service_is(service) && !engine_service_is(service))
        return real_QueryServiceConfigW(service, config, size, needed);
    SetLastError(ERROR_ACCESS_DENIED);
    return FALSE;
}

/* Of services that run, those of the real machine are hidden: those of other tests are among them.
 */
static BOOL WINAPI hook_EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type,
                                              DWORD state, BYTE *buffer, DWORD size, DWORD *needed,
                                              DWORD *count, DWORD *resume, const wchar_t *group)
{
    ENUM_SERVICE_STATUS_PROCESSW *entries = (void *)buffer;
    if (state != SERVICE_ACTIVE)
        return real_EnumServicesStatusExW(manager, level, type, state, buffer, size, needed, count,
                                          resume, group);
    *needed = *count = 0;
    for (uint32_t i = 0; i < watched_machine.image->service_count; i++) {
        struct machine_service *row = &all_services()[i];
        if (row->error || row->state == SERVICE_STOPPED)
            continue;
        if ((*count + 1) * sizeof(*entries) > size) {
            *needed = MACHINE_SERVICES * sizeof(*entries);
            SetLastError(ERROR_MORE_DATA);
            return FALSE;
        }
        entries[*count].lpServiceName = entries[*count].lpDisplayName = row->name;
        describe_status(row, &entries[(*count)++].ServiceStatusProcess);
    }
    if (resume)
        *resume = 0;
    return TRUE;
}

static const struct hook hooks[] = {HOOK(QueryServiceConfigW), HOOK(EnumServicesStatusExW)};
const struct hook_list listed_service_hooks = {hooks, ARRAYSIZE(hooks)};
