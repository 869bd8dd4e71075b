/* SPDX-License-Identifier: MIT */
#include "system/win32/engine_restarts.h"

#include "base/log.h"
#include "base/win32/handles.h"

#include <process.h>
#include <stdbool.h>

static struct {
    changes_callback *callback;
    void *context;
    HANDLE thread, stop;
    SERVICE_NOTIFYW notify; /* Windows writes to it until it has called back or the handle closes */
    bool has_come;
} watcher;

/* On the watcher's own thread, while that waits. */
static VOID CALLBACK engine_state_has_come(void *parameter)
{
    (void)parameter;
    watcher.has_come = true;
}

/* Waits for a state: SERVICE_NOTIFY_... ERROR_CANCELLED: to be unwatched. */
static uint32_t wait_for_engine(SC_HANDLE engine, DWORD state)
{
    watcher.has_come = false;
    watcher.notify = (SERVICE_NOTIFYW){
        .dwVersion = SERVICE_NOTIFY_STATUS_CHANGE,
        .pfnNotifyCallback = engine_state_has_come,
    };
    uint32_t error = NotifyServiceStatusChangeW(engine, state, &watcher.notify);
    while (!error && !watcher.has_come)
        if (WaitForSingleObjectEx(watcher.stop, INFINITE, TRUE) == WAIT_OBJECT_0)
            error = ERROR_CANCELLED;
    return error ? error : watcher.notify.dwNotificationStatus;
}

/* Until it is to be unwatched, or an error. */
static uint32_t watch_engine(void)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager)
        return GetLastError();
    CLEANUP_SERVICE SC_HANDLE engine = OpenServiceW(manager, u"BFE", SERVICE_QUERY_STATUS);
    uint32_t error = engine ? 0 : GetLastError();
    while (!error) {
        error = wait_for_engine(engine, SERVICE_NOTIFY_STOPPED);
        if (!error)
            error = wait_for_engine(engine, SERVICE_NOTIFY_RUNNING);
        if (!error)
            watcher.callback(watcher.context, NULL);
    }
    return error;
}

/* Only the first failure is logged. A client that lags, for one, must open the service again
 * (Microsoft, NotifyServiceStatusChange). */
static unsigned __stdcall engine_restarts_thread(void *argument)
{
    enum { PAUSE_MILLISECONDS = 60000 };
    bool is_logged = false;
    uint32_t error;
    (void)argument;
    while ((error = watch_engine()) != ERROR_CANCELLED) {
        if (!is_logged)
            log_error(error,
                      "Windows does not tell this service of restarts of the filtering platform, "
                      "which is tried again every minute. Filters that are lost meanwhile are "
                      "added again after a change of the network, or after Windows has slept");
        is_logged = true;
        if (WaitForSingleObject(watcher.stop, PAUSE_MILLISECONDS) == WAIT_OBJECT_0)
            break;
    }
    return 0;
}

uint32_t engine_restarts_watch(changes_callback *callback, void *context)
{
    enum { STACK_SIZE = 64 * 1024 };
    watcher.callback = callback;
    watcher.context = context;
    watcher.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!watcher.stop)
        return GetLastError();
    watcher.thread = (HANDLE)_beginthreadex(NULL, STACK_SIZE, engine_restarts_thread, NULL,
                                            STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (watcher.thread)
        return 0;
    close_handle(&watcher.stop);
    return ERROR_NO_SYSTEM_RESOURCES;
}

void engine_restarts_unwatch(void)
{
    if (!watcher.thread)
        return;
    SetEvent(watcher.stop);
    WaitForSingleObject(watcher.thread, INFINITE);
    close_handle(&watcher.thread);
    close_handle(&watcher.stop);
}
