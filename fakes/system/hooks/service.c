/* SPDX-License-Identifier: MIT */
/* The service control manager and the event log. */
#include "describe.h"
#include "install.h"

REAL(ReportEventW);
REAL(RegisterEventSourceW);
REAL(SetServiceStatus);
REAL(StartServiceCtrlDispatcherW);
REAL(RegisterServiceCtrlHandlerExW);

/* Controls that ControlService() may not send arrive as user-defined ones. */
enum { CONTROL_RESUME = 200, CONTROL_PRESHUTDOWN = 201, RESUME_AUTOMATIC = 18 };

static LPHANDLER_FUNCTION_EX service_handler;

static HANDLE WINAPI hook_RegisterEventSourceW(const wchar_t *server, const wchar_t *source)
{
    struct watch watch;
    HANDLE log = NULL;
    uint32_t error = watch_begin(&watch, CALL_RegisterEventSourceW);
    record_wide(&watch.record, "source", source);
    if (!error) {
        log = real_RegisterEventSourceW(server, source);
        error = log ? 0 : GetLastError();
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
    return watch_end_bool(&watch, error);
}

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
    if (!error && !real_SetServiceStatus(service, status))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

/* Recorded as it begins, because it returns when the service has ended. Wine lets a program that
 * was started by hand take the place of the next service that starts; Windows refuses it. */
static BOOL WINAPI hook_StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_StartServiceCtrlDispatcherW);
    record_wide(&watch.record, "name", table->lpServiceName);
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
    HOOK(ReportEventW),
    HOOK(RegisterEventSourceW),
    HOOK(SetServiceStatus),
    HOOK(StartServiceCtrlDispatcherW),
    HOOK(RegisterServiceCtrlHandlerExW),
};
const struct hook_list service_hooks = {hooks, ARRAYSIZE(hooks)};
