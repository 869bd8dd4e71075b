/* SPDX-License-Identifier: MIT */
#include "service/scm.h"

#include "base/log.h"
#include "product.h"
#include "service/admin/console.h"
#include "service/listener.h"
#include "service/names.h"
#include "service/service.h"

enum {
    START_HINT_MILLISECONDS = 3000,
    START_STEP_MILLISECONDS = 1000,
    STOP_HINT_MILLISECONDS = 5000
};

/* A process is one service, so there is one of each. */
static const char16_t *service_instance;
static struct service the_service;
static struct listener the_listener;

/* The state that was reported last. The control handler and the service's thread both report. */
static SRWLOCK status_lock = SRWLOCK_INIT;
static SERVICE_STATUS_HANDLE status_handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};

static void scm_report_state_locked(DWORD state, uint32_t error, DWORD hint)
{
    bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    status.dwCheckPoint = !is_pending                      ? 0
                          : state == status.dwCurrentState ? status.dwCheckPoint + 1
                                                           : 1;
    status.dwCurrentState = state;
    status.dwWin32ExitCode = error;
    status.dwWaitHint = hint;
    status.dwControlsAccepted =
        state == SERVICE_RUNNING
            ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_POWEREVENT
            : 0;
    SetServiceStatus(status_handle, &status);
}

static void scm_report_state(DWORD state, uint32_t error, DWORD hint)
{
    AcquireSRWLockExclusive(&status_lock);
    scm_report_state_locked(state, error, hint);
    ReleaseSRWLockExclusive(&status_lock);
}

static void report_stop_progress(void)
{
    scm_report_state(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MILLISECONDS);
}

/* A start may take long, because there may be much to undo. */
static VOID CALLBACK report_start_progress(PTP_CALLBACK_INSTANCE instance, void *context,
                                           PTP_TIMER timer)
{
    (void)instance;
    (void)context;
    (void)timer;
    scm_report_state(SERVICE_START_PENDING, NO_ERROR, START_HINT_MILLISECONDS);
}

static uint32_t open_with_progress(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(report_start_progress, NULL, NULL);
    FILETIME first = {0};
    if (timer) {
        ULARGE_INTEGER due = {.QuadPart = (ULONGLONG) - (START_STEP_MILLISECONDS * 10000LL)};
        first.dwLowDateTime = due.LowPart;
        first.dwHighDateTime = due.HighPart;
        SetThreadpoolTimer(timer, &first, START_STEP_MILLISECONDS, 0);
    }
    uint32_t error = service_open(&the_service, service_instance);
    if (timer) {
        SetThreadpoolTimer(timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(timer, TRUE);
        CloseThreadpoolTimer(timer);
    }
    return error;
}

static void begin_stop(void)
{
    AcquireSRWLockExclusive(&status_lock);
    bool is_running = status.dwCurrentState == SERVICE_RUNNING;
    if (is_running)
        scm_report_state_locked(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MILLISECONDS);
    ReleaseSRWLockExclusive(&status_lock);
    if (is_running)
        service_stop(&the_service);
}

/* Ignored while the service starts or stops: undo is part of both. */
static void request_upkeep(enum upkeep_task task)
{
    AcquireSRWLockShared(&status_lock);
    bool is_running = status.dwCurrentState == SERVICE_RUNNING;
    ReleaseSRWLockShared(&status_lock);
    if (is_running)
        upkeep_request(&the_service.upkeep, task);
}

static DWORD WINAPI handle_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
        begin_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
        /* The second follows when a user arrives at a machine that woke without one. */
        if (type == PBT_APMRESUMEAUTOMATIC || type == PBT_APMRESUMESUSPEND)
            request_upkeep(UPKEEP_VERIFY);
        return NO_ERROR;
    case CONTROL_CLEAN_UP:
        request_upkeep(UPKEEP_CLEAN);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* Returns the exit code of the service. */
static uint32_t serve_until_stopped(void)
{
    uint32_t error = open_with_progress();
    if (error)
        return error;
    error = listener_open(&the_listener, &the_service);
    if (error)
        return error;
    scm_report_state(SERVICE_RUNNING, NO_ERROR, 0);
    service_check_installation(&the_service);
    if (ledger_left(the_service.ledger))
        upkeep_request(&the_service.upkeep, UPKEEP_RETRY);
    error = listener_run(&the_listener);

    /* When the listener has failed nobody has asked for a stop, but the sessions must end too. */
    service_stop(&the_service);
    report_stop_progress();
    listener_close(&the_listener); /* before the drain: whoever connects now would not be served */
    service_drain(&the_service, report_stop_progress);
    return error;
}

static void WINAPI service_main(DWORD count, wchar_t *arguments[])
{
    char16_t name[NAME_UNITS];
    (void)count;
    (void)arguments;
    name_of_service(service_instance, name);
    status_handle = RegisterServiceCtrlHandlerExW(name, handle_control, NULL);
    if (!status_handle) {
        log_error(GetLastError(), "RegisterServiceCtrlHandlerEx");
        return;
    }
    scm_report_state(SERVICE_START_PENDING, NO_ERROR, START_HINT_MILLISECONDS);
    uint32_t error = serve_until_stopped();
    service_close(&the_service);
    scm_report_state(SERVICE_STOPPED, error, 0);
}

uint32_t scm_run(const char16_t *instance)
{
    char16_t name[NAME_UNITS];
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    service_instance = instance;
    name_of_service(instance, name);
    if (StartServiceCtrlDispatcherW(table))
        return 0;
    uint32_t error = log_error(GetLastError(), "StartServiceCtrlDispatcher");
    if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
        say(u"This program is a service and is started by Windows. Install it with -install and "
            u"start it with -start. -help lists all switches.%n");
    return error;
}
