/* SPDX-License-Identifier: MIT */
#include "as_service.h"

#include "bridge.h"
#include "link.h"

enum { WAIT_HINT_MS = 60000 };

static struct {
    uint16_t port;
    void (*serve)(void);
    SERVICE_STATUS_HANDLE status;
    wchar_t *name;
} own;

static void as_service_report(DWORD state)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted =
                                 state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0,
                             .dwWaitHint = state == SERVICE_START_PENDING ? WAIT_HINT_MS : 0};
    SetServiceStatus(own.status, &status);
}

static DWORD WINAPI as_service_control(DWORD code, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (code == SERVICE_CONTROL_STOP) {
        as_service_report(SERVICE_STOPPED);
        ExitProcess(0);
    }
    return code == SERVICE_CONTROL_INTERROGATE ? 0 : ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI as_service_main(DWORD count, wchar_t **arguments)
{
    (void)count;
    (void)arguments;
    own.status = RegisterServiceCtrlHandlerExW(own.name, as_service_control, NULL);
    as_service_report(SERVICE_START_PENDING);
    if (link_connect(own.port) == 0)
        own.serve();
    as_service_report(SERVICE_STOPPED);
    ExitProcess(0);
}

uint32_t as_service_run(wchar_t *name, uint16_t port, void (*serve)(void))
{
    own.name = name;
    own.port = port;
    own.serve = serve;
    const SERVICE_TABLE_ENTRYW table[] = {{name, as_service_main}, {NULL, NULL}};
    return StartServiceCtrlDispatcherW(table) ? 0 : GetLastError();
}

/* state: what this process tells the service manager of itself. */
static uint32_t service_report(struct request *request)
{
    if (!own.status)
        return request_error(request, "service_report", ERROR_SERVICE_NOT_ACTIVE);
    as_service_report(request_number(request, "state", SERVICE_RUNNING));
    return 0;
}

const struct operation own_service_operations[] = {
    {"service_report", service_report},
    {NULL, NULL},
};
