/* SPDX-License-Identifier: MIT */
#include "service/state/upkeep.h"

#include "base/array.h"
#include "base/log.h"
#include "resource/address.h"
#include "resource/resources.h"
#include "service/log_origin.h"
#include "system/changes.h"

#include <process.h>

/* An address comes after an interface, and another one after that: the network is at rest when
 * nothing has come for a second. But for five it is not waited for longer. */
enum { QUIET_MILLISECONDS = 1000, RESTLESS_MILLISECONDS = 5000 };

void upkeep_open(struct upkeep *upkeep, const struct recovery *recovery, struct keeper *keeper)
{
    *upkeep =
        (struct upkeep){.ledger = recovery->ledger, .network = recovery->network, .keeper = keeper};
    InitializeSRWLock(&upkeep->lock);
    InitializeConditionVariable(&upkeep->changed);
}

/* Waits until one of `tasks` is requested or the service stops. Returns true after the whole time.
 */
static bool upkeep_wait(struct upkeep *upkeep, unsigned tasks, ULONGLONG milliseconds)
{
    ULONGLONG start = GetTickCount64(), passed = 0;
    AcquireSRWLockExclusive(&upkeep->lock);
    while (!(upkeep->requested & tasks) && !upkeep->is_closed && passed < milliseconds) {
        SleepConditionVariableSRW(&upkeep->changed, &upkeep->lock, (DWORD)(milliseconds - passed),
                                  0);
        passed = GetTickCount64() - start;
    }
    bool has_timed_out = !(upkeep->requested & tasks) && !upkeep->is_closed;
    ReleaseSRWLockExclusive(&upkeep->lock);
    return has_timed_out;
}

/* Takes the task over. Returns whether it was requested. */
static bool upkeep_take(struct upkeep *upkeep, enum upkeep_task task)
{
    AcquireSRWLockExclusive(&upkeep->lock);
    bool is_requested = upkeep->requested & (unsigned)task && !upkeep->is_closed;
    upkeep->requested &= ~(unsigned)task;
    ReleaseSRWLockExclusive(&upkeep->lock);
    return is_requested;
}

/* It is about what users have left, so the log lines are limited as theirs. */
static size_t retry_once(struct upkeep *upkeep)
{
    struct log_origin origin;
    log_origin_begin(&origin, NULL, 0);
    size_t left = resources_retry(upkeep->ledger, upkeep->network);
    log_origin_end();
    return left;
}

/* The keeper sees to it that what fails is tried again. */
static void check_kill_switch(struct upkeep *upkeep)
{
    uint32_t ignored;
    keeper_check(upkeep->keeper, &ignored);
}

static void verify_once(struct upkeep *upkeep, struct ledger_summary *total)
{
    struct ledger_summary summary = {0};
    struct log_origin origin;
    log_origin_begin(&origin, NULL, 0);
    check_kill_switch(upkeep);
    resources_verify(upkeep->ledger, upkeep->network, &summary);
    log_origin_end();
    total->changed += summary.changed;
    total->left_alone += summary.left_alone;
    total->failed = summary.failed;
    total->waiting = summary.waiting;
}

/* Verifies several times, because adapters come back a while after Windows itself does. */
static void verify_after(struct upkeep *upkeep, const char *event)
{
    static const DWORD pauses[] = {2000, 5000, 10000, 20000};
    struct ledger_summary total = {0};
    verify_once(upkeep, &total);
    for (size_t i = 0; i < ARRAY_COUNT(pauses) && (total.failed || total.waiting); i++) {
        if (!upkeep_wait(upkeep, UPKEEP_VERIFY | UPKEEP_CHANGED, pauses[i]))
            break; /* Windows has slept again, the network has changed, or the service stops */
        verify_once(upkeep, &total);
    }
    if (total.changed || total.left_alone || total.failed)
        log_information_of(LOG_MADE_AGAIN,
                           "After %s: %u network changes were made again or put back, %u "
                           "are left as they are now, %u could not be",
                           event, (unsigned)total.changed, (unsigned)total.left_alone,
                           (unsigned)total.failed);
}

static void wait_for_quiet(struct upkeep *upkeep)
{
    ULONGLONG start = GetTickCount64();
    bool is_quiet = false;
    while (!is_quiet && GetTickCount64() - start < RESTLESS_MILLISECONDS) {
        is_quiet = upkeep_wait(upkeep, UPKEEP_VERIFY | UPKEEP_CHANGED, QUIET_MILLISECONDS) ||
                   !upkeep_take(upkeep, UPKEEP_CHANGED);
    }
}

/* Returns when everything is undone, or when another task is to be done first. */
static void retry_until_undone(struct upkeep *upkeep)
{
    static const DWORD pauses[] = {30000, 60000, 120000, 300000};
    size_t i = 0;
    while (ledger_left(upkeep->ledger)) {
        if (upkeep_wait(upkeep, UPKEEP_VERIFY | UPKEEP_CHANGED | UPKEEP_RETRY, pauses[i])) {
            if (retry_once(upkeep) == 0)
                log_information_of(
                    LOG_UNDO_DONE,
                    "All network changes that could not be undone before are undone now");
            i += i + 1 < ARRAY_COUNT(pauses);
        } else if (upkeep_take(upkeep, UPKEEP_RETRY)) {
            i = 0; /* the undo of another session has failed */
        } else {
            upkeep_request(upkeep, UPKEEP_RETRY);
            break;
        }
    }
}

/* Returns the tasks to do, or 0: the thread ends. */
static unsigned take_all_tasks(struct upkeep *upkeep)
{
    AcquireSRWLockExclusive(&upkeep->lock);
    unsigned tasks = upkeep->is_closed ? 0 : upkeep->requested;
    upkeep->requested = 0;
    if (!tasks) {
        upkeep->is_running = false;
        WakeAllConditionVariable(&upkeep->changed);
    }
    ReleaseSRWLockExclusive(&upkeep->lock);
    return tasks;
}

static unsigned __stdcall upkeep_thread(void *argument)
{
    struct upkeep *upkeep = argument;
    unsigned tasks;
    while ((tasks = take_all_tasks(upkeep)) != 0) {
        if (tasks & UPKEEP_VERIFY) {
            verify_after(upkeep, "Windows slept");
        } else if (tasks & UPKEEP_CHANGED) {
            /* At once: an adapter may have come that has the LUID of another's tunnel. */
            check_kill_switch(upkeep);
            wait_for_quiet(upkeep);
            verify_after(upkeep, "this machine's network changed");
        }
        if (tasks & UPKEEP_RETRY)
            retry_until_undone(upkeep);
    }
    return 0;
}

static uint32_t upkeep_start_locked(struct upkeep *upkeep)
{
    enum { STACK_SIZE = 256 * 1024 };
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, upkeep_thread, upkeep,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return ERROR_NO_SYSTEM_RESOURCES;
    CloseHandle((HANDLE)thread);
    upkeep->is_running = true;
    return 0;
}

void upkeep_request(struct upkeep *upkeep, enum upkeep_task task)
{
    uint32_t error = 0;
    AcquireSRWLockExclusive(&upkeep->lock);
    if (!upkeep->is_closed) {
        upkeep->requested |= (unsigned)task;
        WakeAllConditionVariable(&upkeep->changed);
        error = upkeep->is_running ? 0 : upkeep_start_locked(upkeep);
    }
    ReleaseSRWLockExclusive(&upkeep->lock);
    if (error)
        log_error(error,
                  "The thread that retries failed undos cannot be started. They are retried when "
                  "another connection ends or the service stops");
}

static void network_has_changed(void *context, const struct address_key *address)
{
    struct upkeep *upkeep = context;
    if (!address || !address_is_known(upkeep->ledger, address))
        upkeep_request(upkeep, UPKEEP_CHANGED);
}

void upkeep_watch(struct upkeep *upkeep)
{
    uint32_t error = changes_watch(network_has_changed, upkeep);
    if (error)
        log_error(error, "Windows does not tell this service of changes of the network: what it "
                         "loses is made again only after Windows has slept");
}

void upkeep_close(struct upkeep *upkeep)
{
    changes_unwatch();
    AcquireSRWLockExclusive(&upkeep->lock);
    upkeep->is_closed = true;
    WakeAllConditionVariable(&upkeep->changed);
    while (upkeep->is_running)
        SleepConditionVariableSRW(&upkeep->changed, &upkeep->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&upkeep->lock);
}
