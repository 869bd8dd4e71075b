/* SPDX-License-Identifier: MIT */
#include "client/server.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"

uint32_t server_query(const char16_t *instance, uint32_t *state, uint32_t *process_id)
{
    char16_t name_units[256];
    struct text name = TEXT_ON(name_units);
    text_append(&name, PRODUCT_SERVICE_NAME);
    text_append(&name, instance);
    if (name.truncated)
        return ERROR_INVALID_NAME;

    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager)
        return GetLastError();
    CLEANUP_SERVICE SC_HANDLE service = OpenServiceW(manager, name.units, SERVICE_QUERY_STATUS);
    if (!service)
        return GetLastError();
    SERVICE_STATUS_PROCESS status;
    DWORD size = 0;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof(status),
                              &size))
        return GetLastError();
    *state = status.dwCurrentState;
    *process_id = status.dwProcessId;
    return 0;
}

uint32_t server_verify(const char16_t *instance, void *pipe)
{
    ULONG server = 0;
    uint32_t state = 0;
    uint32_t service = 0;
    if (!GetNamedPipeServerProcessId(pipe, &server))
        return GetLastError();
    uint32_t error = server_query(instance, &state, &service);
    if (error)
        return error;
    /* The id of a service without a process is 0, which no server of a pipe has. */
    if (service == 0 || service != server)
        return ERROR_WRONG_TARGET_NAME;
    return state == SERVICE_RUNNING ? 0 : ERROR_NOT_READY;
}
