/* SPDX-License-Identifier: MIT */
#include "service/scm.h"

#include "base/log.h"
#include "product.h"
#include "service/admin/console.h"
#include "service/listener.h"
#include "service/names.h"
#include "service/service.h"

/* Start and stop may take long, because there may be much to undo. Meanwhile it is reported each
 * second that they go on: without progress within the hint net.exe and others give up. */
enum { STEP_MILLISECONDS = 1000 };

static const struct transition {
    DWORD state, hint; /* the hint in milliseconds */
} starting = {SERVICE_START_PENDING, 3000}, stopping = {SERVICE_STOP_PENDING, 5000};

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

static void report_transition(const struct transition *transition)
{
    scm_report_state(transition->state, NO_ERROR, transition->hint);
}

static VOID CALLBACK report_progress(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    (void)instance;
    (void)timer;
    report_transition(context);
}

/* Reports it now and from now on, until progress_end(). */
static PTP_TIMER progress_begin(const struct transition *transition)
{
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG) - (STEP_MILLISECONDS * 10000LL)};
    FILETIME first = {.dwLowDateTime = due.LowPart, .dwHighDateTime = due.HighPart};
    PTP_TIMER timer = CreateThreadpoolTimer(report_progress, (void *)transition, NULL);
    report_transition(transition);
    if (timer)
        SetThreadpoolTimer(timer, &first, STEP_MILLISECONDS, 0);
    return timer;
}

static void progress_end(PTP_TIMER timer)
{
    if (!timer)
        return;
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CloseThreadpoolTimer(timer);
}

static void begin_stop(void)
{
    AcquireSRWLockExclusive(&status_lock);
    bool is_running = status.dwCurrentState == SERVICE_RUNNING;
    if (is_running)
        scm_report_state_locked(stopping.state, NO_ERROR, stopping.hint);
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
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static uint32_t start_to_serve(void)
{
    PTP_TIMER progress = progress_begin(&starting);
    uint32_t error = service_open(&the_service, service_instance);
    if (!error)
        error = listener_open(&the_listener, &the_service);
    progress_end(progress);
    return error;
}

/* No new client first: it would not be served any more. */
static void end_sessions(void)
{
    PTP_TIMER progress = progress_begin(&stopping);
    service_stop(&the_service);
    listener_close(&the_listener);
    service_drain(&the_service);
    progress_end(progress);
}

/* Returns the exit code of the service. */
static uint32_t serve_until_stopped(void)
{
    uint32_t error = start_to_serve();
    if (error)
        return error;
    scm_report_state(SERVICE_RUNNING, NO_ERROR, 0);
    service_check_installation(&the_service);
    upkeep_watch(&the_service.upkeep);
    updates_begin(&the_service.updates);
    if (ledger_left(the_service.ledger))
        upkeep_request(&the_service.upkeep, UPKEEP_RETRY);
    error = listener_run(&the_listener);
    end_sessions(); /* also when the listener has failed, and nobody has asked for a stop */
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
