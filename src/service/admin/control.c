/* SPDX-License-Identifier: MIT */
#include "service/admin/control.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/service_config.h"
#include "product.h"
#include "service/admin/advice.h"
#include "service/admin/console.h"
#include "service/admin/installed.h"
#include "service/admin/own_events.h"
#include "service/eventlog.h"
#include "service/names.h"

/* A service that is well reports about every second that it goes on (scm.c). */
enum { HUNG_MILLISECONDS = 30000, PROCESS_END_MILLISECONDS = 5000 };

/* ---- -start ---- */

/* What a service that has ended at its start says of it. One that has died says nothing, and nor
 * does one of which the manager has seen nothing at all. */
static DWORD reason_of_end(const SERVICE_STATUS_PROCESS *status, bool was_seen)
{
    DWORD code = status->dwWin32ExitCode;
    if (code && code != ERROR_SERVICE_NEVER_STARTED)
        return code;
    return was_seen ? ERROR_PROCESS_ABORTED : ERROR_SERVICE_REQUEST_TIMEOUT;
}

static uint32_t say_failed_start(const char16_t *instance, const char16_t *name, DWORD state,
                                 DWORD error, struct log_end since)
{
    char16_t buffer[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(buffer);
    system_text_append(&reason, error);
    if (state == SERVICE_STOPPED)
        say(u"The service \"%1\" has ended at its start: %2%n", name, buffer);
    else
        say(u"The service \"%1\" has neither started nor ended, and does not go on.%n", name);
    if (!since.is_known)
        say(u"The event log can't be read here. Look for its events, of the "
            u"source " PRODUCT_EVENT_SOURCE u", in the Application log of the Event Viewer.%n");
    else if (!own_events_say(since, instance))
        say(u"It has written no event about that. Those of Windows are in the System log of the "
            u"Event Viewer.%n");
    advise_on_settings(instance);
    return state == SERVICE_STOPPED ? ERROR_SERVICE_NOT_ACTIVE : ERROR_TIMEOUT;
}

uint32_t start_service(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t error = installed_open(name, SERVICE_START | SERVICE_QUERY_STATUS, &service);
    struct log_end log = log_end_now();
    if (!error && !StartServiceW(service, 0, NULL))
        error = GetLastError();
    bool runs_already = error == ERROR_SERVICE_ALREADY_RUNNING;
    bool was_seen = error != ERROR_SERVICE_REQUEST_TIMEOUT;
    if (!error || runs_already || !was_seen)
        error = installed_wait(service, name, HUNG_MILLISECONDS, &status);
    if (error) {
        say_failure(error, u"start", name);
        advise_on_settings(instance);
        return error;
    }
    if (status.dwCurrentState != SERVICE_RUNNING)
        return say_failed_start(instance, name, status.dwCurrentState,
                                reason_of_end(&status, was_seen), log);
    say(runs_already ? u"The service \"%1\" runs already.%n" : u"The service \"%1\" runs.%n", name);
    advise_on_installation(instance, false);
    return 0;
}

/* ---- -stop ---- */

uint32_t control_stop_and_wait(SC_HANDLE service, const char16_t *name)
{
    SERVICE_STATUS_PROCESS status;
    SERVICE_STATUS ignored;
    /* One that is starting accepts no control yet. */
    uint32_t error = installed_wait(service, name, HUNG_MILLISECONDS, &status);
    if (error || status.dwCurrentState == SERVICE_STOPPED)
        return error;
    CLEANUP_HANDLE HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
    if (!ControlService(service, SERVICE_CONTROL_STOP, &ignored)) {
        error = GetLastError();
        return error == ERROR_SERVICE_NOT_ACTIVE ? 0 : error;
    }
    error = installed_wait(service, name, HUNG_MILLISECONDS, &status);
    if (error || status.dwCurrentState != SERVICE_STOPPED)
        return error ? error : (uint32_t)ERROR_TIMEOUT;
    /* Only when the process has ended, too, its program can be replaced. */
    if (process)
        WaitForSingleObject(process, PROCESS_END_MILLISECONDS);
    return 0;
}

uint32_t stop_service(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t error = installed_open(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &service);
    if (!error)
        error = installed_query(service, &status);
    bool has_stopped_already = !error && status.dwCurrentState == SERVICE_STOPPED;
    if (!error && !has_stopped_already)
        error = control_stop_and_wait(service, name);
    if (error)
        return say_failure(error, u"stop", name);
    say(has_stopped_already ? u"The service \"%1\" does not run.%n"
                            : u"The service \"%1\" has stopped.%n",
        name);
    return 0;
}

/* ---- -status ---- */

static void say_program(SC_HANDLE service)
{
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    if (!service_config_read(service, &config))
        say(u"Its program is: %1%n", config->lpBinaryPathName);
}

static void say_state(const char16_t *name, const SERVICE_STATUS_PROCESS *status)
{
    char16_t buffer[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(buffer);
    system_text_append(&reason, status->dwWin32ExitCode);
    switch (status->dwCurrentState) {
    case SERVICE_RUNNING:
        say(u"The service \"%1\" runs (process %2!u!).%n", name, status->dwProcessId);
        break;
    case SERVICE_START_PENDING:
        say(u"The service \"%1\" is starting (process %2!u!).%n", name, status->dwProcessId);
        break;
    case SERVICE_STOPPED:
        say(status->dwWin32ExitCode ? u"The service \"%1\" does not run: %2%n"
                                    : u"The service \"%1\" does not run.%n",
            name, buffer);
        break;
    default:
        say(u"The service \"%1\" is stopping (process %2!u!).%n", name, status->dwProcessId);
    }
}

uint32_t show_status(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    uint32_t error = installed_open(name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
        say(u"The service \"%1\" is not installed.%n", name);
        return error;
    }
    if (!error)
        error = installed_query(service, &status);
    if (error)
        return say_failure(error, u"look up", name);
    say_state(name, &status);
    say_program(service);
    advise_on_settings(instance);
    advise_on_installation(instance, false);
    return status.dwCurrentState == SERVICE_RUNNING ? 0 : ERROR_SERVICE_NOT_ACTIVE;
}
