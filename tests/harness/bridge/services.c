/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <string.h>

static void cleanup_service(SC_HANDLE *handle)
{
    if (*handle)
        CloseServiceHandle(*handle);
}
#define CLEANUP_SERVICE CLEANUP(cleanup_service)

/* Opens the service named by the argument "name". Returns 0 or an error. */
static uint32_t open_service(struct request *request, DWORD access, SC_HANDLE *service)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "name");
    if (!name)
        return ERROR_INVALID_PARAMETER;
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager)
        return request_last_error(request, "OpenSCManager");
    *service = OpenServiceW(manager, name, access);
    return *service ? 0 : request_last_error(request, "OpenService");
}

/* Wine does not know the list, so it is written where Windows keeps it. */
static uint32_t limit_privileges(struct request *request, SC_HANDLE service, const wchar_t *name,
                                 const void *list, size_t size)
{
    CLEANUP_FREE wchar_t *privileges = allocate(size);
    CLEANUP_FREE wchar_t *key = allocate((wcslen(name) + 64) * sizeof(*key));
    SERVICE_REQUIRED_PRIVILEGES_INFOW information = {.pmszRequiredPrivileges = privileges};
    memcpy(privileges, list, size);
    wcscat(wcscpy(key, L"SYSTEM\\CurrentControlSet\\Services\\"), name);
    if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &information) &&
        GetLastError() != ERROR_INVALID_LEVEL)
        return request_last_error(request, "ChangeServiceConfig2");
    return request_error(request, "RegSetKeyValue",
                         (uint32_t)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, L"RequiredPrivileges",
                                                   REG_MULTI_SZ, privileges, (DWORD)size));
}

/* name, binary (its whole command line), privileges (a multi-string, as bytes: what its token is
 * limited to; missing: nothing). */
static uint32_t service_create(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_needed_text(request, "name");
    CLEANUP_FREE wchar_t *binary = request_needed_text(request, "binary");
    if (!name || !binary)
        return ERROR_INVALID_PARAMETER;
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (!manager)
        return request_last_error(request, "OpenSCManager");
    CLEANUP_SERVICE SC_HANDLE service = CreateServiceW(
        manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
        SERVICE_ERROR_NORMAL, binary, NULL, NULL, NULL, NULL, NULL);
    if (!service)
        return request_last_error(request, "CreateService");
    size_t size = 0;
    CLEANUP_FREE uint8_t *privileges = request_bytes(request, "privileges", &size);
    return privileges ? limit_privileges(request, service, name, privileges, size) : 0;
}

/* name, start (SERVICE_AUTO_START, ...). */
static uint32_t service_set_start(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = open_service(request, SERVICE_CHANGE_CONFIG, &service);
    if (error)
        return error;
    const DWORD start = (DWORD)request_number(request, "start", SERVICE_DEMAND_START);
    return ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, NULL, NULL,
                                NULL, NULL, NULL, NULL, NULL)
               ? 0
               : request_last_error(request, "ChangeServiceConfig");
}

static uint32_t service_delete(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = open_service(request, DELETE, &service);
    if (error)
        return error;
    return DeleteService(service) ? 0 : request_last_error(request, "DeleteService");
}

static uint32_t service_start(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = open_service(request, SERVICE_START, &service);
    if (error)
        return error;
    return StartServiceW(service, 0, NULL) ? 0 : request_last_error(request, "StartService");
}

/* "path": the program of its process, if that still runs. */
static void result_path(struct request *request, DWORD process)
{
    CLEANUP_HANDLE HANDLE opened =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process);
    wchar_t path[MAX_PATH];
    DWORD length = MAX_PATH;
    if (opened && WaitForSingleObject(opened, 0) == WAIT_TIMEOUT &&
        QueryFullProcessImageNameW(opened, 0, path, &length))
        result_text(request, "path", path);
}

static void result_status(struct request *request, const SERVICE_STATUS_PROCESS *status)
{
    result_path(request, status->dwProcessId);
    result_number(request, "state", status->dwCurrentState);
    result_number(request, "exit_code", status->dwWin32ExitCode);
    result_number(request, "specific_exit_code", status->dwServiceSpecificExitCode);
    result_number(request, "process", status->dwProcessId);
    result_number(request, "controls", status->dwControlsAccepted);
    result_number(request, "type", status->dwServiceType);
    result_number(request, "wait_hint", status->dwWaitHint);
}

static uint32_t query_status(struct request *request, SC_HANDLE service,
                             SERVICE_STATUS_PROCESS *status)
{
    DWORD needed = 0;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof(*status),
                              &needed))
        return request_last_error(request, "QueryServiceStatusEx");
    return 0;
}

static uint32_t service_query(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    uint32_t error = open_service(request, SERVICE_QUERY_STATUS, &service);
    if (!error)
        error = query_status(request, service, &status);
    if (!error)
        result_status(request, &status);
    return error;
}

static bool is_wanted(const struct request *request, DWORD state)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, cJSON_GetObjectItem(request->arguments, "states"))
    {
        if (wanted->valueint == (int)state)
            return true;
    }
    return false;
}

/* Waits until its state is one of "states"; WAIT_TIMEOUT when it does not reach one. Polls, because
 * Wine's service manager does not notify of changes. */
static uint32_t service_wait(struct request *request)
{
    enum { LOOK_EVERY_MS = 2 };
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    uint32_t error = open_service(request, SERVICE_QUERY_STATUS, &service);
    ULONGLONG deadline = GetTickCount64() + request_number(request, "timeout", 5000);
    while (!error) {
        error = query_status(request, service, &status);
        if (!error && is_wanted(request, status.dwCurrentState)) {
            result_status(request, &status);
            return 0;
        }
        if (!error && GetTickCount64() > deadline)
            error = request_error(request, "service_wait", WAIT_TIMEOUT);
        Sleep(LOOK_EVERY_MS);
    }
    return error;
}

/* A process that a fault has killed takes a moment to end. WAIT_TIMEOUT when it still runs. */
static uint32_t wait_ended(struct request *request, DWORD process, DWORD milliseconds)
{
    CLEANUP_HANDLE HANDLE opened = OpenProcess(SYNCHRONIZE, FALSE, process);
    if (!opened) /* the expected error */
        return 0;
    return request_error(request, "service_run", WaitForSingleObject(opened, milliseconds));
}

/* When a service has died or stopped before Wine looked, Wine reports an error; here it becomes
 * "timed_out" in the result. Wine's service database is locked while another service starts; on a
 * busy machine that is longer than the manager itself waits for it. */
static uint32_t start_when_noticed(struct request *request, SC_HANDLE service, ULONGLONG deadline)
{
    while (!StartServiceW(service, 0, NULL)) {
        DWORD error = GetLastError();
        if (error == ERROR_SERVICE_REQUEST_TIMEOUT) {
            result_number(request, "timed_out", 1);
            return 0;
        }
        bool passes =
            error == ERROR_SERVICE_ALREADY_RUNNING || error == ERROR_SERVICE_DATABASE_LOCKED;
        if (!passes || GetTickCount64() > deadline)
            return request_error(request, "StartService", error);
        Sleep(1);
    }
    return 0;
}

/* Waits until it runs, has stopped, or its process has died. */
static uint32_t wait_until_final(struct request *request, SC_HANDLE service,
                                 SERVICE_STATUS_PROCESS *status, ULONGLONG deadline)
{
    uint32_t error = query_status(request, service, status);
    while (!error && status->dwCurrentState != SERVICE_RUNNING &&
           status->dwCurrentState != SERVICE_STOPPED) {
        CLEANUP_HANDLE HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, status->dwProcessId);
        if (!process || WaitForSingleObject(process, 1) == WAIT_OBJECT_0)
            return query_status(request, service, status); /* accept the state as it is */
        if (GetTickCount64() > deadline)
            return request_error(request, "service_run", WAIT_TIMEOUT);
        error = query_status(request, service, status);
    }
    return error;
}

/* Starts a service, even if its manager has not noticed that its process has died: Wine's still
 * reports that it runs. One request, because each query to the manager is slow. The result is its
 * state when it runs, has stopped or has died; it is alive if there is a "path". */
static uint32_t service_run(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    DWORD timeout = request_number(request, "timeout", 5000);
    ULONGLONG deadline = GetTickCount64() + timeout;
    uint32_t error = open_service(request, SERVICE_START | SERVICE_QUERY_STATUS, &service);
    if (!error)
        error = query_status(request, service, &status);
    if (!error)
        error = wait_ended(request, status.dwProcessId, timeout);
    if (!error)
        error = start_when_noticed(request, service, deadline);
    if (!error)
        error = wait_until_final(request, service, &status, deadline);
    if (!error)
        result_status(request, &status);
    return error;
}

static uint32_t service_control(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = open_service(request, SERVICE_ALL_ACCESS, &service);
    if (error)
        return error;
    SERVICE_STATUS status;
    if (!ControlService(service, request_number(request, "code", SERVICE_CONTROL_STOP), &status))
        return request_last_error(request, "ControlService");
    return 0;
}

static void result_list(struct request *request, const char *name, const wchar_t *list)
{
    cJSON *items = cJSON_AddArrayToObject(request->result, name);
    for (; list && *list; list += lstrlenW(list) + 1) {
        CLEANUP_FREE char *item = text_narrow(list);
        cJSON_AddItemToArray(items, cJSON_CreateString(item));
    }
}

static uint32_t service_config(struct request *request)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    uint32_t error = open_service(request, SERVICE_QUERY_CONFIG, &service);
    if (error)
        return error;
    DWORD size = 0;
    QueryServiceConfigW(service, NULL, 0, &size);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = allocate(size);
    if (!QueryServiceConfigW(service, config, size, &size))
        return request_last_error(request, "QueryServiceConfig");
    result_number(request, "type", config->dwServiceType);
    result_number(request, "start", config->dwStartType);
    result_number(request, "error_control", config->dwErrorControl);
    result_text(request, "binary", config->lpBinaryPathName);
    result_text(request, "account", config->lpServiceStartName);
    result_text(request, "display_name", config->lpDisplayName);
    result_list(request, "dependencies", config->lpDependencies);
    return 0;
}

const struct operation service_operations[] = {
    {"service_create", service_create},
    {"service_delete", service_delete},
    {"service_set_start", service_set_start},
    {"service_start", service_start},
    {"service_query", service_query},
    {"service_wait", service_wait},
    {"service_control", service_control},
    {"service_config", service_config},
    {"service_run", service_run},
    {NULL, NULL},
};
