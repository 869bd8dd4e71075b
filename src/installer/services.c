/* SPDX-License-Identifier: MIT */
#include "installer/services.h"

#include "base/win32/former_service.h"
#include "base/win32/handles.h"
#include "product.h"

static bool begins_with(const char16_t *text, const char16_t *prefix)
{
    const int length = (int)text_length(prefix);
    return text_length(text) >= (size_t)length &&
           CompareStringOrdinal(text, length, prefix, length, TRUE) == CSTR_EQUAL;
}

bool services_command_runs(const char16_t *command, const char16_t *program)
{
    const bool is_quoted = *command == '"';
    if (is_quoted)
        command++;
    if (!begins_with(command, program))
        return false;
    const char16_t next = command[text_length(program)];
    return is_quoted ? next == '"' : !next || next == ' ';
}

static uint32_t read_command(SC_HANDLE manager, const char16_t *name,
                             char16_t command[SERVICES_COMMAND_UNITS])
{
    CLEANUP_SERVICE SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_CONFIG);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    struct text text = text_on(command, SERVICES_COMMAND_UNITS);
    DWORD size = 0;
    if (!service)
        return GetLastError();
    if (!QueryServiceConfigW(service, NULL, 0, &size) && size)
        config = malloc(size);
    if (!config)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!QueryServiceConfigW(service, config, size, &size))
        return GetLastError();
    text_append(&text, config->lpBinaryPathName);
    return text.truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

uint32_t services_default_command(char16_t command[SERVICES_COMMAND_UNITS])
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    return manager ? read_command(manager, PRODUCT_SERVICE_NAME, command) : GetLastError();
}

/* All services, on the heap. */
static uint32_t list_services(SC_HANDLE manager, ENUM_SERVICE_STATUS_PROCESSW **list, DWORD *count)
{
    enum { TRIES = 4 }; /* the list may grow between two calls */
    CLEANUP_FREE BYTE *buffer = NULL;
    DWORD size = 0, missing = 0;
    for (int i = 0; i < TRIES; i++) {
        DWORD resume = 0;
        if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL,
                                  buffer, size, &missing, count, &resume, NULL)) {
            *list = (ENUM_SERVICE_STATUS_PROCESSW *)(void *)TAKE(buffer);
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

uint32_t services_of_program(const char16_t *program, services_found *found, void *context)
{
    CLEANUP_SERVICE SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    CLEANUP_FREE ENUM_SERVICE_STATUS_PROCESSW *services = NULL;
    char16_t command[SERVICES_COMMAND_UNITS];
    DWORD count = 0;
    uint32_t error = manager ? list_services(manager, &services, &count) : GetLastError();
    for (DWORD i = 0; !error && i < count; i++) {
        const char16_t *name = services[i].lpServiceName;
        if (begins_with(name, PRODUCT_SERVICE_NAME) && !read_command(manager, name, command) &&
            services_command_runs(command, program))
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
    if (error || !services_command_runs(command, program))
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
