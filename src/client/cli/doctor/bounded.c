/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/bounded.h"

#include "base/win32/handles.h"

static DWORD WINAPI bounded_thread(void *parameter)
{
    struct bounded *work = parameter;
    work->work(work->context);
    free(work);
    return 0;
}

/* The thread has a copy, because `work` may be gone when the thread comes to an end. */
static HANDLE bounded_start(const struct bounded *work)
{
    struct bounded *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *work;
    HANDLE thread = CreateThread(NULL, 0, bounded_thread, copy, 0, NULL);
    if (!thread)
        free(copy);
    return thread;
}

void bounded_do(struct bounded *all, size_t count, uint32_t milliseconds)
{
    const uint64_t deadline = GetTickCount64() + milliseconds;
    HANDLE threads[BOUNDED_MOST] = {NULL};
    for (size_t i = 0; i < count && i < BOUNDED_MOST; i++)
        threads[i] = bounded_start(&all[i]);
    for (size_t i = 0; i < count && i < BOUNDED_MOST; i++) {
        const uint64_t now = GetTickCount64();
        const DWORD left = now < deadline ? (DWORD)(deadline - now) : 0;
        all[i].is_done = threads[i] && WaitForSingleObject(threads[i], left) == WAIT_OBJECT_0;
        close_handle(&threads[i]);
    }
}
