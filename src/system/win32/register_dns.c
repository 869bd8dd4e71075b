/* SPDX-License-Identifier: MIT */
/* register_dns: one thread for the whole process, which is there while there is something to do. */
#include "system/win32/programs.h"

#include "base/log.h"

#include <process.h>
#include <stdbool.h>

static SRWLOCK lock = SRWLOCK_INIT; /* guards the rest */
static CONDITION_VARIABLE ended = CONDITION_VARIABLE_INIT;
static bool is_running, is_asked_for_again;
static HANDLE stop; /* manual-reset; set once */

static bool is_stopping(void)
{
    return WaitForSingleObject(stop, 0) == WAIT_OBJECT_0;
}

/* True when it is to be done once more, after a rest: each round is two processes and two lines in
 * the event log, and sessions may ask without end. */
static bool begin_again(void)
{
    enum { REST_MILLISECONDS = 2000 };

    WaitForSingleObject(stop, REST_MILLISECONDS);
    AcquireSRWLockExclusive(&lock);
    is_running = is_asked_for_again && !is_stopping();
    is_asked_for_again = false;
    bool is_again = is_running;
    if (!is_again)
        WakeAllConditionVariable(&ended);
    ReleaseSRWLockExclusive(&lock);
    return is_again;
}

static unsigned __stdcall work(void *argument)
{
    (void)argument;
    do {
        for (size_t i = 0; i < REGISTER_DNS_STEPS && !is_stopping(); i++) {
            const struct program_step *step = &register_dns_steps[i];
            win32_run_until(step->program, step->arguments, step->milliseconds, stop);
        }
    } while (begin_again());
    return 0;
}

static uint32_t start_locked(void)
{
    enum { STACK_SIZE = 128 * 1024 };

    if (!stop)
        stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!stop)
        return GetLastError();
    uintptr_t thread =
        _beginthreadex(NULL, STACK_SIZE, work, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return ERROR_NO_SYSTEM_RESOURCES;
    CloseHandle((HANDLE)thread);
    is_running = true;
    return 0;
}

uint32_t win32_register_dns(struct programs *self)
{
    uint32_t error = 0;

    (void)self;
    AcquireSRWLockExclusive(&lock);
    if (is_running)
        is_asked_for_again = true;
    else
        error = start_locked();
    ReleaseSRWLockExclusive(&lock);
    return error ? log_error(error, "register_dns") : 0;
}

void programs_win32_stop(void)
{
    enum { WAIT_MILLISECONDS = 10000 };

    AcquireSRWLockExclusive(&lock);
    if (stop)
        SetEvent(stop);
    while (is_running)
        if (!SleepConditionVariableSRW(&ended, &lock, WAIT_MILLISECONDS, 0))
            break;
    ReleaseSRWLockExclusive(&lock);
}
