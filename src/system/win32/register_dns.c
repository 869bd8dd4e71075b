/* SPDX-License-Identifier: MIT */
/* register_dns() of programs.h: one thread for all calls, which ends with its work. */
#include "system/win32/programs.h"

#include "base/log.h"

#include <process.h>
#include <stdbool.h>

static SRWLOCK lock = SRWLOCK_INIT; /* guards the variables below */
static CONDITION_VARIABLE ended = CONDITION_VARIABLE_INIT;
static bool is_running, is_requested;
static HANDLE stop; /* manual-reset event; never reset */

static bool register_dns_is_stopping(void)
{
    return WaitForSingleObject(stop, 0) == WAIT_OBJECT_0;
}

/* Waits before the next round and returns true if there was a call since the last one began. The
 * pause limits the cost of sessions that ask without end: a round is two processes and two event
 * log lines. */
static bool register_dns_begin_again(void)
{
    enum { PAUSE_MILLISECONDS = 2000 };
    WaitForSingleObject(stop, PAUSE_MILLISECONDS);
    AcquireSRWLockExclusive(&lock);
    is_running = is_requested && !register_dns_is_stopping();
    is_requested = false;
    bool is_again = is_running;
    if (!is_again)
        WakeAllConditionVariable(&ended);
    ReleaseSRWLockExclusive(&lock);
    return is_again;
}

static unsigned __stdcall register_dns_work(void *argument)
{
    (void)argument;
    do {
        for (size_t i = 0; i < REGISTER_DNS_STEPS && !register_dns_is_stopping(); i++) {
            const struct program_step *step = &register_dns_steps[i];
            win32_run_until(step->program, step->arguments, step->milliseconds, stop);
        }
    } while (register_dns_begin_again());
    return 0;
}

static uint32_t register_dns_start_locked(void)
{
    enum { STACK_SIZE = 128 * 1024 };
    if (!stop)
        stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!stop)
        return GetLastError();
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, register_dns_work, NULL,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
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
        is_requested = true;
    else
        error = register_dns_start_locked();
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
