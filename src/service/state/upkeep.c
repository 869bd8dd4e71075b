/* SPDX-License-Identifier: MIT */
#include "service/state/upkeep.h"

#include "base/log.h"
#include "product.h"
#include "service/log_origin.h"
#include "service/service.h"
#include "undo/win32/boot.h"

#include <process.h>

/* What every user of a desktop may ask for is done once in this time. */
enum { REST_MILLISECONDS = 1000 };

/* Waits for one of `tasks`, or for the end; true when it has waited in vain. */
static bool pause(struct upkeep *upkeep, unsigned tasks, ULONGLONG milliseconds)
{
    ULONGLONG start = GetTickCount64(), passed = 0;

    AcquireSRWLockExclusive(&upkeep->lock);
    while (!(upkeep->wanted & tasks) && !upkeep->is_closed && passed < milliseconds) {
        SleepConditionVariableSRW(&upkeep->changed, &upkeep->lock, (DWORD)(milliseconds - passed),
                                  0);
        passed = GetTickCount64() - start;
    }
    bool is_in_vain = !(upkeep->wanted & tasks) && !upkeep->is_closed;
    ReleaseSRWLockExclusive(&upkeep->lock);
    return is_in_vain;
}

/* Whether it was wanted; from now on it is not any more. */
static bool take(struct upkeep *upkeep, enum upkeep_task task)
{
    AcquireSRWLockExclusive(&upkeep->lock);
    bool is_wanted = upkeep->wanted & (unsigned)task && !upkeep->is_closed;
    upkeep->wanted &= ~(unsigned)task;
    ReleaseSRWLockExclusive(&upkeep->lock);
    return is_wanted;
}

/* It is users who ask, perhaps, and what they have left that is spoken of: their lines are limited.
 */
static size_t try_again(struct service *service)
{
    struct log_origin speaker;

    log_origin_begin(&speaker, NULL, 0);
    size_t left = channel_retry(service->ledger, service->network);
    log_origin_end();
    return left;
}

/* Only what this service has done itself: any user of the desktop may ask. The note is odd while
 * this goes on, and rises: whoever asks can tell an end that came after the question (cleanup.c).
 * An earlier process may have left any. */
static void clean(struct service *service)
{
    char16_t name[NAME_UNITS];

    name_of_service(service->settings.instance, name);
    uint32_t note = (boot_note_read(PRODUCT_STATE_KEY, name, BOOT_CLEANINGS) + 1) | 1;
    boot_note_write(PRODUCT_STATE_KEY, name, BOOT_CLEANINGS, note);
    try_again(service);
    boot_note_write(PRODUCT_STATE_KEY, name, BOOT_CLEANINGS, note + 1);
    pause(&service->upkeep, 0, REST_MILLISECONDS);
}

static void verify_once(struct service *service, struct ledger_summary *total)
{
    struct ledger_summary summary = {0};
    struct log_origin speaker;

    log_origin_begin(&speaker, NULL, 0);
    channel_verify(service->ledger, service->network, &summary);
    log_origin_end();
    total->changed += summary.changed;
    total->left_alone += summary.left_alone;
    total->failed = summary.failed;
}

/* Cleans as often as it is asked to meanwhile; false when it should not go on after that: Windows
 * has slept again, or all is over. */
static bool pause_and_clean(struct service *service, DWORD milliseconds)
{
    struct upkeep *upkeep = &service->upkeep;
    ULONGLONG start = GetTickCount64(), passed = 0;

    while (passed < milliseconds) {
        bool is_in_vain = pause(upkeep, UPKEEP_CLEAN | UPKEEP_VERIFY, milliseconds - passed);
        if (!is_in_vain && !take(upkeep, UPKEEP_CLEAN))
            return false;
        if (!is_in_vain)
            clean(service);
        passed = GetTickCount64() - start;
    }
    return true;
}

/* Adapters come back a while after Windows itself does. */
static void verify(struct service *service)
{
    static const DWORD PAUSES[] = {2000, 5000, 10000, 20000};
    struct ledger_summary total = {0};

    verify_once(service, &total);
    for (size_t i = 0; i < ARRAY_COUNT(PAUSES) && total.failed; i++) {
        if (!pause_and_clean(service, PAUSES[i]))
            break;
        verify_once(service, &total);
    }
    if (total.changed || total.left_alone || total.failed)
        log_information("After Windows slept: %u network changes were made again or put back, %u "
                        "are left as they are now, %u could not be",
                        (unsigned)total.changed, (unsigned)total.left_alone,
                        (unsigned)total.failed);
}

/* Until nothing is left, or until something else is to be done first. */
static void retry(struct service *service)
{
    static const DWORD PAUSES[] = {30000, 60000, 120000, 300000};
    struct upkeep *upkeep = &service->upkeep;
    size_t i = 0;

    while (ledger_left(service->ledger)) {
        if (pause(upkeep, UPKEEP_CLEAN | UPKEEP_VERIFY | UPKEEP_RETRY, PAUSES[i])) {
            if (try_again(service) == 0)
                log_information("What could not be undone at first is undone now");
            i += i + 1 < ARRAY_COUNT(PAUSES);
        } else if (take(upkeep, UPKEEP_RETRY)) {
            i = 0; /* something else has failed */
        } else {
            upkeep_ask(service, UPKEEP_RETRY);
            break;
        }
    }
}

/* Tasks to do, or 0 when this thread is at its end. */
static unsigned next_tasks(struct upkeep *upkeep)
{
    AcquireSRWLockExclusive(&upkeep->lock);
    unsigned tasks = upkeep->is_closed ? 0 : upkeep->wanted;
    upkeep->wanted = 0;
    if (!tasks) {
        upkeep->is_running = false;
        WakeAllConditionVariable(&upkeep->changed);
    }
    ReleaseSRWLockExclusive(&upkeep->lock);
    return tasks;
}

static unsigned __stdcall work(void *argument)
{
    struct service *service = argument;
    unsigned tasks;

    while ((tasks = next_tasks(&service->upkeep)) != 0) {
        if (tasks & UPKEEP_VERIFY)
            verify(service);
        if (tasks & UPKEEP_CLEAN)
            clean(service);
        if (tasks & UPKEEP_RETRY)
            retry(service);
    }
    return 0;
}

static uint32_t start_locked(struct service *service)
{
    enum { STACK_SIZE = 256 * 1024 };
    uintptr_t thread =
        _beginthreadex(NULL, STACK_SIZE, work, service, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    if (!thread)
        return ERROR_NO_SYSTEM_RESOURCES;
    CloseHandle((HANDLE)thread);
    service->upkeep.is_running = true;
    return 0;
}

void upkeep_ask(struct service *service, enum upkeep_task task)
{
    struct upkeep *upkeep = &service->upkeep;
    uint32_t error = 0;

    AcquireSRWLockExclusive(&upkeep->lock);
    if (!upkeep->is_closed) {
        upkeep->wanted |= (unsigned)task;
        WakeAllConditionVariable(&upkeep->changed);
        error = upkeep->is_running ? 0 : start_locked(service);
    }
    ReleaseSRWLockExclusive(&upkeep->lock);
    if (error)
        log_error(error, "The state of the network can't be looked at");
}

bool upkeep_close(struct service *service, uint32_t milliseconds)
{
    struct upkeep *upkeep = &service->upkeep;
    ULONGLONG start = GetTickCount64(), passed = 0;

    AcquireSRWLockExclusive(&upkeep->lock);
    upkeep->is_closed = true;
    WakeAllConditionVariable(&upkeep->changed);
    while (upkeep->is_running && passed < milliseconds) {
        SleepConditionVariableSRW(&upkeep->changed, &upkeep->lock, (DWORD)(milliseconds - passed),
                                  0);
        passed = GetTickCount64() - start;
    }
    bool is_idle = !upkeep->is_running;
    ReleaseSRWLockExclusive(&upkeep->lock);
    return is_idle;
}
