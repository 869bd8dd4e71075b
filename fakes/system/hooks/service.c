/* SPDX-License-Identifier: MIT */
/* The service control manager and the event log. */
#include "describe.h"
#include "eventlog.h"
#include "install.h"

#include <stdio.h>

REAL(CreateServiceW);
REAL(ChangeServiceConfig2W);
REAL(ReportEventW);
REAL(RegisterEventSourceW);
REAL(SetServiceStatus);
REAL(StartServiceCtrlDispatcherW);
REAL(RegisterServiceCtrlHandlerExW);

/* Controls that ControlService() may not send are sent as user-defined ones. */
enum { CONTROL_RESUME = 200, CONTROL_PRESHUTDOWN = 201, RESUME_AUTOMATIC = 18 };

static LPHANDLER_FUNCTION_EX service_handler;

/* The program has one. */
static wchar_t event_source[64];

/* ---- the privileges of a service ---- */

#define SERVICES_KEY L"SYSTEM\\CurrentControlSet\\Services\\"
enum { SERVICE_NAME_UNITS = 257, LIST_UNITS = 1024, TOKEN_BYTES = 2048 };

static wchar_t created_name[SERVICE_NAME_UNITS]; /* of the service that was created last */

static void key_of_service(const wchar_t *name, wchar_t key[SERVICE_NAME_UNITS + 64])
{
    wcscpy(key, SERVICES_KEY);
    wcsncat(key, name, SERVICE_NAME_UNITS - 1);
}

/* Windows keeps the list in the service's key; Wine does not know it. */
static uint32_t list_privileges(struct record *record, const wchar_t *list)
{
    const wchar_t *end = list ? list : L"";
    wchar_t key[SERVICE_NAME_UNITS + 64];
    record_list(record, "privileges");
    for (; *end; end += wcslen(end) + 1)
        record_list_wide(record, end);
    record_list_end(record);
    key_of_service(created_name, key);
    return !list ? 0
                 : (uint32_t)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, L"RequiredPrivileges",
                                             REG_MULTI_SZ, list,
                                             (DWORD)((end + 1 - list) * (ptrdiff_t)sizeof(*list)));
}

static bool list_has(const wchar_t *list, const LUID *privilege)
{
    wchar_t name[64];
    DWORD units = ARRAYSIZE(name);
    if (!LookupPrivilegeNameW(NULL, (LUID *)privilege, name, &units))
        return false;
    while (*list && _wcsicmp(list, name) != 0)
        list += wcslen(list) + 1;
    return *list != L'\0';
}

/* A service that lists the privileges that it requires starts without all others, and so do its
 * children. Windows removes them before the process begins. */
static void strip_token(const wchar_t *name)
{
    wchar_t key[SERVICE_NAME_UNITS + 64], list[LIST_UNITS];
    union {
        TOKEN_PRIVILEGES privileges;
        BYTE bytes[TOKEN_BYTES];
    } held;
    DWORD size = sizeof(list);
    HANDLE token;
    key_of_service(name, key);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"RequiredPrivileges", RRF_RT_REG_MULTI_SZ, NULL,
                     list, &size) != 0 ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return;
    size = sizeof(held);
    if (GetTokenInformation(token, TokenPrivileges, &held, size, &size)) {
        TOKEN_PRIVILEGES *privileges = &held.privileges;
        for (DWORD i = 0; i < privileges->PrivilegeCount; i++)
            if (!list_has(list, &privileges->Privileges[i].Luid))
                privileges->Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
        AdjustTokenPrivileges(token, FALSE, privileges, 0, NULL, NULL);
    }
    CloseHandle(token);
}

/* ---- the service control manager ---- */

static SC_HANDLE WINAPI hook_CreateServiceW(SC_HANDLE manager, const wchar_t *name,
                                            const wchar_t *display, DWORD access, DWORD type,
                                            DWORD start, DWORD error_control,
                                            const wchar_t *program, const wchar_t *group,
                                            DWORD *tag, const wchar_t *dependencies,
                                            const wchar_t *account, const wchar_t *password)
{
    struct watch watch;
    SC_HANDLE service = NULL;
    uint32_t error = watch_begin(&watch, CALL_CreateServiceW);
    record_wide(&watch.record, "name", name);
    record_hex(&watch.record, "access", access);
    wcsncpy(created_name, name, SERVICE_NAME_UNITS - 1);
    if (!error) {
        service = real_CreateServiceW(manager, name, display, access, type, start, error_control,
                                      program, group, tag, dependencies, account, password);
        error = service ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return service;
}

static void record_failure_actions(struct record *record, const SERVICE_FAILURE_ACTIONSW *failures)
{
    static const wchar_t *const kinds[] = {L"nothing", L"restart", L"reboot", L"command"};
    wchar_t text[64];
    record_number(record, "reset", failures->dwResetPeriod);
    record_list(record, "actions");
    for (DWORD i = 0; i < failures->cActions; i++) {
        const SC_ACTION *action = &failures->lpsaActions[i];
        _snwprintf(text, ARRAYSIZE(text), L"%ls after %lu",
                   (size_t)action->Type < ARRAYSIZE(kinds) ? kinds[action->Type] : L"unknown",
                   action->Delay);
        record_list_wide(record, text);
    }
    record_list_end(record);
}

/* Wine does not know the flag, which Windows accepts since Vista. */
static BOOL WINAPI hook_ChangeServiceConfig2W(SC_HANDLE service, DWORD level, void *information)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ChangeServiceConfig2W);
    record_number(&watch.record, "level", level);
    if (level == SERVICE_CONFIG_FAILURE_ACTIONS)
        record_failure_actions(&watch.record, information);
    if (level == SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)
        record_flag(
            &watch.record, "also_after_errors",
            ((const SERVICE_FAILURE_ACTIONS_FLAG *)information)->fFailureActionsOnNonCrashFailures);
    else if (level == SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)
        error = error ? error
                      : list_privileges(&watch.record,
                                        ((const SERVICE_REQUIRED_PRIVILEGES_INFOW *)information)
                                            ->pmszRequiredPrivileges);
    else if (!error && !real_ChangeServiceConfig2W(service, level, information))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static HANDLE WINAPI hook_RegisterEventSourceW(const wchar_t *server, const wchar_t *source)
{
    struct watch watch;
    HANDLE log = NULL;
    uint32_t error = watch_begin(&watch, CALL_RegisterEventSourceW);
    record_wide(&watch.record, "source", source);
    if (!error) {
        log = real_RegisterEventSourceW(server, source);
        error = log ? 0 : GetLastError();
        wcsncpy(event_source, source, ARRAYSIZE(event_source) - 1);
    }
    watch_end_bool(&watch, error);
    return log;
}

static BOOL WINAPI hook_ReportEventW(HANDLE log, WORD type, WORD category, DWORD id, PSID user,
                                     WORD count, DWORD size, const wchar_t **strings, void *data)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ReportEventW);
    record_number(&watch.record, "type", type);
    record_number(&watch.record, "category", category);
    record_hex(&watch.record, "event", id);
    record_list(&watch.record, "strings");
    for (WORD i = 0; i < count; i++)
        record_list_wide(&watch.record, strings[i]);
    record_list_end(&watch.record);
    if (!error &&
        !real_ReportEventW(log, type, category, id, user, count, size, (LPCWSTR *)strings, data))
        error = GetLastError();
    if (!error)
        eventlog_append(event_source, type, id, count, strings);
    return watch_end_bool(&watch, error);
}

/* A stop is recorded first: the process may have ended before the call returns. */
static BOOL WINAPI hook_SetServiceStatus(SERVICE_STATUS_HANDLE service, SERVICE_STATUS *status)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetServiceStatus);
    record_number(&watch.record, "state", status->dwCurrentState);
    record_number(&watch.record, "service_type", status->dwServiceType);
    record_hex(&watch.record, "controls", status->dwControlsAccepted);
    record_number(&watch.record, "exit_code", status->dwWin32ExitCode);
    record_number(&watch.record, "specific_exit_code", status->dwServiceSpecificExitCode);
    record_number(&watch.record, "check_point", status->dwCheckPoint);
    record_number(&watch.record, "wait_hint", status->dwWaitHint);
    if (status->dwCurrentState == SERVICE_STOPPED)
        return watch_end_bool(&watch, error) && real_SetServiceStatus(service, status);
    if (!error && !real_SetServiceStatus(service, status))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

/* Recorded first, because it returns when the service has ended. Wine lets a program that was
 * started by hand become the next service that starts; Windows refuses it. */
static BOOL WINAPI hook_StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_StartServiceCtrlDispatcherW);
    record_wide(&watch.record, "name", table->lpServiceName);
    if (!error)
        strip_token(table->lpServiceName);
    return watch_end_bool(&watch, error) && real_StartServiceCtrlDispatcherW(table);
}

static DWORD WINAPI handle_control(DWORD control, DWORD type, void *data, void *context)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ServiceControl);
    if (control == CONTROL_RESUME) {
        control = SERVICE_CONTROL_POWEREVENT;
        type = RESUME_AUTOMATIC;
    } else if (control == CONTROL_PRESHUTDOWN) {
        control = SERVICE_CONTROL_PRESHUTDOWN;
    }
    record_number(&watch.record, "control", control);
    record_number(&watch.record, "event_type", type);
    return watch_end(&watch, error ? error : service_handler(control, type, data, context));
}

static SERVICE_STATUS_HANDLE WINAPI hook_RegisterServiceCtrlHandlerExW(
    const wchar_t *name, LPHANDLER_FUNCTION_EX handler, void *context)
{
    struct watch watch;
    SERVICE_STATUS_HANDLE service = NULL;
    uint32_t error = watch_begin(&watch, CALL_RegisterServiceCtrlHandlerExW);
    record_wide(&watch.record, "name", name);
    if (!error) {
        service_handler = handler;
        service = real_RegisterServiceCtrlHandlerExW(name, handle_control, context);
        error = service ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return service;
}

static const struct hook hooks[] = {
    HOOK(CreateServiceW),
    HOOK(ChangeServiceConfig2W),
    HOOK(ReportEventW),
    HOOK(RegisterEventSourceW),
    HOOK(SetServiceStatus),
    HOOK(StartServiceCtrlDispatcherW),
    HOOK(RegisterServiceCtrlHandlerExW),
};
const struct hook_list service_hooks = {hooks, ARRAYSIZE(hooks)};
