/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <windows.h>

fault_observer *fault_dying;

static _Noreturn void die(struct machine_image *image, enum call call, bool after)
{
    LONG number = InterlockedIncrement((LONG *)&image->death_count) - 1;
    if (number < MACHINE_DEATHS)
        image->deaths[number] = (struct death){GetCurrentProcessId(), (uint32_t)call, after};
    for (;;)
        TerminateProcess(GetCurrentProcess(), FAULT_EXIT_CODE);
}

static struct waiter *announce_wait(struct machine_image *image, enum call call)
{
    for (size_t i = 0; i < MACHINE_WAITERS; i++) {
        struct waiter *waiter = &image->waiters[i];
        if (InterlockedCompareExchange((LONG *)&waiter->pid, (LONG)GetCurrentProcessId(), 0) != 0)
            continue;
        waiter->is_cancelled = 0;
        waiter->tid = GetCurrentThreadId();
        waiter->call = call;
        return waiter;
    }
    return NULL;
}

static bool is_cancelled(const struct waiter *waiter)
{
    return waiter && *(const volatile int32_t *)&waiter->is_cancelled;
}

/* Waits until the driver clears the rule, or until fault_cancel(): then returns false. Polls ever
 * less often, so that hundreds can wait. */
static bool block(struct machine_image *image, enum call call, const struct fault_rule *rule)
{
    enum { LONGEST_PAUSE_MS = 16 };
    struct waiter *waiter = announce_wait(image, call);
    for (DWORD pause = 1; *(const volatile int32_t *)&rule->live && !is_cancelled(waiter);) {
        Sleep(pause);
        if (pause < LONGEST_PAUSE_MS)
            pause *= 2;
    }
    const bool is_over = !is_cancelled(waiter);
    if (waiter)
        InterlockedExchange((LONG *)&waiter->pid, 0);
    return is_over;
}

bool fault_cancel(struct machine *machine, uint32_t thread)
{
    bool found = false;
    for (size_t i = 0; machine->image && i < MACHINE_WAITERS; i++) {
        struct waiter *waiter = &machine->image->waiters[i];
        if (waiter->pid == (int32_t)GetCurrentProcessId() && waiter->tid == thread &&
            waiter->call == CALL_CreateFileW) {
            InterlockedExchange((LONG *)&waiter->is_cancelled, 1);
            found = true;
        }
    }
    return found;
}

static const struct fault_rule *rule_for(struct machine_image *image, enum call call,
                                         uint32_t number)
{
    for (size_t i = 0; i < MACHINE_FAULTS; i++) {
        const struct fault_rule *rule = &image->faults[i];
        if (rule->live && rule->call == (uint32_t)call && number >= rule->first &&
            (rule->times == 0 || number - rule->first < rule->times))
            return rule;
    }
    return NULL;
}

uint32_t fault_enter(struct machine *machine, enum call call, struct fault *fault)
{
    struct machine_image *image = machine->image;
    *fault = (struct fault){.call = call};
    if (!image)
        return 0;
    uint32_t number = (uint32_t)InterlockedIncrement((LONG *)&image->counters[call]);
    if (!image->armed[call])
        return 0;
    const struct fault_rule *rule = rule_for(image, call, number);
    if (!rule)
        return 0;
    fault->rule = rule;
    fault->action = (enum fault_action)rule->action;
    switch (fault->action) {
    case FAULT_FAIL:
        return rule->code;
    case FAULT_BLOCK:
        return block(image, call, rule) ? 0 : ERROR_OPERATION_ABORTED;
    case FAULT_DIE:
        if (fault_dying && call != CALL_Commit)
            fault_dying(machine, call);
        die(image, call, false);
    default:
        return 0;
    }
}

void fault_leave(struct machine *machine, const struct fault *fault)
{
    if (!fault->rule)
        return;
    if (fault->action == FAULT_DIE_AFTER)
        die(machine->image, fault->call, true);
    if (fault->action == FAULT_BLOCK_AFTER)
        block(machine->image, fault->call, fault->rule);
}

uint32_t fault_add(struct machine *machine, enum call call, uint32_t nth, uint32_t times,
                   enum fault_action action, uint32_t code)
{
    struct machine_image *image = machine->image;
    for (size_t i = 0; i < MACHINE_FAULTS; i++) {
        struct fault_rule *rule = &image->faults[i];
        if (rule->live)
            continue;
        rule->call = (uint32_t)call;
        rule->first = (uint32_t)image->counters[call] + nth;
        rule->times = times;
        rule->action = (uint32_t)action;
        rule->code = code;
        InterlockedExchange((LONG *)&rule->live, 1);
        InterlockedIncrement((LONG *)&image->armed[call]);
        return 0;
    }
    return ERROR_NOT_ENOUGH_MEMORY;
}

void fault_clear(struct machine *machine)
{
    struct machine_image *image = machine->image;
    for (size_t call = 0; call < CALL_COUNT; call++)
        InterlockedExchange((LONG *)&image->armed[call], 0);
    for (size_t i = 0; i < MACHINE_FAULTS; i++)
        InterlockedExchange((LONG *)&image->faults[i].live, 0);
}
