/* SPDX-License-Identifier: MIT */
#include "installer/services.h"

#include "base/win32/former_service.h"
#include "base/win32/handles.h"
#include "base/win32/service_config.h"
#include "product.h"

static uint32_t read_command(SC_HANDLE manager, const char16_t *name,
                             char16_t command[SERVICES_COMMAND_UNITS])
{
    CLEANUP_SERVICE SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_CONFIG);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    struct text text = text_on(command, SERVICES_COMMAND_UNITS);
    const uint32_t error = service ? service_config_read(service, &config) : GetLastError();
    if (error)
        return error;
    text_append(&text, config->lpBinaryPathName);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

uint32_t services_default_command(char16_t command[SERVICES_COMMAND_UNITS])
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    return manager ? read_command(manager, PRODUCT_SERVICE_NAME, command) : GetLastError();
}

uint32_t services_of_program(const char16_t *program, services_found *found, void *context)
{
    CLEANUP_SERVICE SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    CLEANUP_FREE ENUM_SERVICE_STATUS_PROCESSW *services = NULL;
    char16_t command[SERVICES_COMMAND_UNITS];
    DWORD count = 0;
    uint32_t error = manager ? service_list_read(manager, &services, &count) : GetLastError();
    for (DWORD i = 0; !error && i < count; i++) {
        const char16_t *name = services[i].lpServiceName;
        if (service_name_begins(name, PRODUCT_SERVICE_NAME) &&
            !read_command(manager, name, command) && service_command_runs(command, program))
            found(context, name + text_length(PRODUCT_SERVICE_NAME),
                  services[i].ServiceStatusProcess.dwCurrentState != SERVICE_STOPPED);
    }
    return error;
}

static void stop_service_process(SC_HANDLE service)
{
    enum { STEP_MILLISECONDS = 50, MOST_MILLISECONDS = 30000 };
    const ULONGLONG start = GetTickCount64();
    SERVICE_STATUS status;
    if (!ControlService(service, SERVICE_CONTROL_STOP, &status))
        return;
    while (QueryServiceStatus(service, &status) && status.dwCurrentState != SERVICE_STOPPED &&
           GetTickCount64() - start < MOST_MILLISECONDS)
        Sleep(STEP_MILLISECONDS);
}

uint32_t services_withdraw(const char16_t *instance, const char16_t *program)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    char16_t command[SERVICES_COMMAND_UNITS], name[SERVICES_NAME_UNITS];
    struct text text = TEXT_ON(name);
    text_append(&text, PRODUCT_SERVICE_NAME);
    text_append(&text, instance);
    if (!manager)
        return GetLastError();
    uint32_t error = read_command(manager, name, command);
    if (error || !service_command_runs(command, program))
        return error == ERROR_SERVICE_DOES_NOT_EXIST ? 0 : error;
    service = OpenServiceW(manager, name,
                           SERVICE_STOP | SERVICE_QUERY_STATUS | SERVICE_CHANGE_CONFIG | DELETE);
    if (!service)
        return GetLastError();
    stop_service_process(service);
    if (former_service_give_back(service, name))
        return 0;
    return DeleteService(service) ? 0 : GetLastError();
}
