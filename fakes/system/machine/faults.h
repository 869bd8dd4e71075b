/* SPDX-License-Identifier: MIT */
/* faults.h: the nth call of a function fails, blocks, or ends its process.
 *
 *     struct fault fault;
 *     uint32_t error = fault_enter(machine, CALL_CreateIpForwardEntry2, &fault);
 *     if (!error)
 *         error = the effect;
 *     record it;
 *     fault_leave(machine, &fault);
 *
 * Without a rule for the function this costs one increment. A process that dies here ends with
 * FAULT_EXIT_CODE. */
#ifndef FAKES_MACHINE_FAULTS_H
#define FAKES_MACHINE_FAULTS_H

#include "machine.h"

#define FAULT_EXIT_CODE 0xFA170000u

struct fault {
    enum call call;
    enum fault_action action;
    const struct fault_rule *rule; /* NULL: no rule applies to this call */
};

/* Returns the error to fail with, or 0. Blocks or dies here when the rule says "before the effect";
 * the death is first reported through `fault_dying`. */
uint32_t fault_enter(struct machine *machine, enum call call, struct fault *fault);
/* Blocks or dies here when the rule says "after the effect". */
void fault_leave(struct machine *machine, const struct fault *fault);

/* Called for a death before the effect, so that it is recorded. */
typedef void fault_observer(struct machine *machine, enum call call);
extern fault_observer *fault_dying;

/* CancelSynchronousIo() for a thread of this process: ends its blocked call with
 * ERROR_OPERATION_ABORTED, if that is one for a file. Returns whether there is such a call. */
bool fault_cancel(struct machine *machine, uint32_t thread);

/* For the driver. */
uint32_t fault_add(struct machine *machine, enum call call, uint32_t nth, uint32_t times,
                   enum fault_action action, uint32_t code);
/* Also releases blocked calls. */
void fault_clear(struct machine *machine);

#endif
