/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/bounded.h"

#include "base/win32/handles.h"

enum { WAIT_MILLISECONDS = 50 };

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

/* How long the thread may still take: what is left is counted in waits, not by the clock, so that a
 * computer that is too busy to let us run makes the time longer, not the result wrong. */
static bool bounded_wait(HANDLE thread, uint32_t *waits)
{
    for (;; --*waits) {
        if (WaitForSingleObject(thread, *waits ? WAIT_MILLISECONDS : 0) == WAIT_OBJECT_0)
            return true;
        if (!*waits)
            return false;
    }
}

void bounded_do(struct bounded *all, size_t count, uint32_t milliseconds)
{
    HANDLE threads[BOUNDED_MOST] = {NULL};
    uint32_t waits = milliseconds / WAIT_MILLISECONDS;
    for (size_t i = 0; i < count && i < BOUNDED_MOST; i++)
        threads[i] = bounded_start(&all[i]);
    for (size_t i = 0; i < count && i < BOUNDED_MOST; i++) {
        all[i].is_done = threads[i] && bounded_wait(threads[i], &waits);
        close_handle(&threads[i]);
    }
}
