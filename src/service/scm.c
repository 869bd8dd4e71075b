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

/* What the service control manager was told last; the handler and the service's thread both tell.
 */
static SRWLOCK status_lock = SRWLOCK_INIT;
static SERVICE_STATUS_HANDLE status_handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};

static void tell_locked(DWORD state, uint32_t error, DWORD hint)
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

static void tell(DWORD state, uint32_t error, DWORD hint)
{
    AcquireSRWLockExclusive(&status_lock);
    tell_locked(state, error, hint);
    ReleaseSRWLockExclusive(&status_lock);
}

static void tell_stop_progress(void)
{
    tell(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MILLISECONDS);
}

/* While a start takes its time: there may be much to put back. */
static VOID CALLBACK tell_start_progress(PTP_CALLBACK_INSTANCE instance, void *context,
                                         PTP_TIMER timer)
{
    (void)instance;
    (void)context;
    (void)timer;
    tell(SERVICE_START_PENDING, NO_ERROR, START_HINT_MILLISECONDS);
}

static uint32_t open_with_progress(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(tell_start_progress, NULL, NULL);
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
        tell_locked(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MILLISECONDS);
    ReleaseSRWLockExclusive(&status_lock);
    if (is_running)
        service_stop(&the_service);
}

/* While it starts and after it has ended there is nothing to look at. */
static void ask_upkeep(enum upkeep_task task)
{
    AcquireSRWLockShared(&status_lock);
    bool is_running = status.dwCurrentState == SERVICE_RUNNING;
    ReleaseSRWLockShared(&status_lock);
    if (is_running)
        upkeep_ask(&the_service, task);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
        begin_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
        /* The second comes with the user, when the machine woke without one. */
        if (type == PBT_APMRESUMEAUTOMATIC || type == PBT_APMRESUMESUSPEND)
            ask_upkeep(UPKEEP_VERIFY);
        return NO_ERROR;
    case CONTROL_CLEAN_UP:
        ask_upkeep(UPKEEP_CLEAN);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* Serves until stopped. Returns what the service control manager is told as the exit code. */
static uint32_t serve(void)
{
    uint32_t error = open_with_progress();

    if (error)
        return error;
    error = listener_open(&the_listener, &the_service);
    if (error)
        return error;
    tell(SERVICE_RUNNING, NO_ERROR, 0);
    service_check_installation(&the_service);
    if (ledger_left(the_service.ledger))
        upkeep_ask(&the_service, UPKEEP_RETRY);
    error = listener_run(&the_listener);

    /* Where the listener failed nobody has asked for the stop, but the sessions must end too. */
    service_stop(&the_service);
    tell_stop_progress();
    service_drain(&the_service, tell_stop_progress);
    return error;
}

static void WINAPI service_main(DWORD count, wchar_t *arguments[])
{
    char16_t name[NAME_UNITS];

    (void)count;
    (void)arguments;
    name_of_service(service_instance, name);
    status_handle = RegisterServiceCtrlHandlerExW(name, on_control, NULL);
    if (!status_handle) {
        log_error(GetLastError(), "RegisterServiceCtrlHandlerEx");
        return;
    }
    tell(SERVICE_START_PENDING, NO_ERROR, START_HINT_MILLISECONDS);
    uint32_t error = serve();
    listener_close(&the_listener);
    service_close(&the_service);
    tell(SERVICE_STOPPED, error, 0);
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
        say(u"This program is a service and is started by Windows. -install enters it into this "
            u"machine's services, -start starts it, -help says more.%n");
    return error;
}
