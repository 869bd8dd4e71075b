/* SPDX-License-Identifier: MIT */
#include "service/file_deadline.h"

#include "base/win32/handles.h"

enum { DEADLINE_MILLISECONDS = 10000, LOOK_MILLISECONDS = 250 };

/* Again and again, because the thread may be between two calls. */
static VOID CALLBACK file_deadline_look(PTP_CALLBACK_INSTANCE instance, void *context,
                                        PTP_TIMER timer)
{
    struct file_deadline *deadline = context;
    (void)instance;
    (void)timer;
    if (GetTickCount64() < deadline->end &&
        (!deadline->stop || WaitForSingleObject(deadline->stop, 0) != WAIT_OBJECT_0))
        return;
    atomic_store(&deadline->has_passed, true);
    CancelSynchronousIo(deadline->thread);
}

/* Of this thread a handle that another one can use. */
static HANDLE file_deadline_thread(void)
{
    HANDLE thread = NULL;
    return DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread,
                           THREAD_TERMINATE, FALSE, 0)
               ? thread
               : NULL;
}

uint32_t file_deadline_begin(struct file_deadline *deadline, HANDLE stop)
{
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG) - (LOOK_MILLISECONDS * 10000LL)};
    FILETIME first = {.dwLowDateTime = due.LowPart, .dwHighDateTime = due.HighPart};
    *deadline = (struct file_deadline){.thread = file_deadline_thread(),
                                       .stop = stop,
                                       .end = GetTickCount64() + DEADLINE_MILLISECONDS};
    if (!deadline->thread)
        return GetLastError();
    deadline->timer = CreateThreadpoolTimer(file_deadline_look, deadline, NULL);
    if (!deadline->timer) {
        const uint32_t error = GetLastError();
        close_handle(&deadline->thread);
        return error;
    }
    SetThreadpoolTimer(deadline->timer, &first, LOOK_MILLISECONDS, 0);
    return 0;
}

/* Once no call of the timer runs, nothing that this thread does later can be cancelled. */
uint32_t file_deadline_end(struct file_deadline *deadline, uint32_t error)
{
    SetThreadpoolTimer(deadline->timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(deadline->timer, TRUE);
    CloseThreadpoolTimer(deadline->timer);
    close_handle(&deadline->thread);
    return error && atomic_load(&deadline->has_passed) ? ERROR_TIMEOUT : error;
}
