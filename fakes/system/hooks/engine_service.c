/* SPDX-License-Identifier: MIT */
/* BFE, the service of the filtering platform: programs can be told of its stop and its start, which
 * the test commands (control.h). */
#include "engine_service.h"
#include "install.h"

#include <stdlib.h>

enum { HANDLES = 16, LOOK_MILLISECONDS = 20 };

static struct engine_service {
    LONG is_open;
    DWORD access;
    int32_t stops; /* that this handle has been told of */
} handles[HANDLES];

/* A call of NotifyServiceStatusChangeW that has not called back yet. */
struct waiting {
    struct engine_service *service;
    SERVICE_NOTIFYW *notify;
    HANDLE thread;
    bool is_for_stop;
};

REAL(NotifyServiceStatusChangeW);

SC_HANDLE engine_service_open(DWORD access)
{
    for (size_t i = 0; i < HANDLES; i++)
        if (InterlockedCompareExchange(&handles[i].is_open, 1, 0) == 0) {
            handles[i].access = access;
            handles[i].stops = watched_machine.image->engine_stops;
            return (SC_HANDLE)&handles[i];
        }
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static struct engine_service *engine_service(SC_HANDLE handle)
{
    for (size_t i = 0; i < HANDLES; i++)
        if ((void *)handle == (void *)&handles[i])
            return &handles[i];
    return NULL;
}

bool engine_service_is(SC_HANDLE handle)
{
    return engine_service(handle);
}

bool engine_service_close(SC_HANDLE handle)
{
    struct engine_service *service = engine_service(handle);
    return service && InterlockedExchange(&service->is_open, 0);
}

/* Of a state in which it is already, Windows tells at once. A stop that the handle has not been
 * told of has been, even if BFE runs again. */
static bool has_come(const struct waiting *waiting)
{
    const struct machine_image *image = watched_machine.image;
    return waiting->is_for_stop
               ? image->engine_is_stopped || image->engine_stops != waiting->service->stops
               : !image->engine_is_stopped;
}

static DWORD WINAPI wait_for_state(void *parameter)
{
    struct waiting *waiting = parameter;
    struct engine_service *service = waiting->service;
    while (service->is_open && !has_come(waiting))
        Sleep(LOOK_MILLISECONDS);
    if (service->is_open) {
        service->stops = watched_machine.image->engine_stops;
        QueueUserAPC((PAPCFUNC)(void (*)(void))waiting->notify->pfnNotifyCallback, waiting->thread,
                     (ULONG_PTR)waiting->notify);
    }
    CloseHandle(waiting->thread);
    free(waiting);
    return 0;
}

static uint32_t notify_of_engine(struct engine_service *service, DWORD mask,
                                 SERVICE_NOTIFYW *notify)
{
    if (!(service->access & SERVICE_QUERY_STATUS))
        return ERROR_ACCESS_DENIED;
    if (notify->dwVersion != SERVICE_NOTIFY_STATUS_CHANGE ||
        (mask != SERVICE_NOTIFY_STOPPED && mask != SERVICE_NOTIFY_RUNNING))
        return ERROR_INVALID_PARAMETER;
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    if (!waiting)
        return ERROR_NOT_ENOUGH_MEMORY;
    waiting->service = service;
    waiting->notify = notify;
    waiting->is_for_stop = mask == SERVICE_NOTIFY_STOPPED;
    notify->dwNotificationStatus = 0;
    notify->dwNotificationTriggered = mask;
    notify->ServiceStatus.dwCurrentState =
        mask == SERVICE_NOTIFY_STOPPED ? SERVICE_STOPPED : SERVICE_RUNNING;
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &waiting->thread,
                    0, FALSE, DUPLICATE_SAME_ACCESS);
    HANDLE thread = CreateThread(NULL, 0, wait_for_state, waiting, 0, NULL);
    if (!thread)
        return GetLastError();
    CloseHandle(thread);
    return 0;
}

static DWORD WINAPI hook_NotifyServiceStatusChangeW(SC_HANDLE handle, DWORD mask,
                                                    SERVICE_NOTIFYW *notify)
{
    struct watch watch;
    struct engine_service *service = engine_service(handle);
    uint32_t error = watch_begin(&watch, CALL_NotifyServiceStatusChangeW);
    record_hex(&watch.record, "mask", mask);
    if (!error)
        error = service ? notify_of_engine(service, mask, notify)
                        : real_NotifyServiceStatusChangeW(handle, mask, notify);
    return watch_end(&watch, error);
}

static const struct hook hooks[] = {HOOK(NotifyServiceStatusChangeW)};
const struct hook_list engine_service_hooks = {hooks, ARRAYSIZE(hooks)};
