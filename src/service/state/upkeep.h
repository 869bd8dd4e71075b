/* SPDX-License-Identifier: MIT */
/* upkeep.h: what the service does beside its sessions, in a thread that is there while there is
 * something to do: never in the control handler, which Windows gives 30 seconds. */
#ifndef SERVICE_STATE_UPKEEP_H
#define SERVICE_STATE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

enum upkeep_task {
    UPKEEP_VERIFY = 1, /* Windows has slept: what sessions want is made so again */
    UPKEEP_CLEAN = 2,  /* what could not be undone so far is tried again: somebody asks for it */
    UPKEEP_RETRY = 4   /* the same, after a while and until it is undone */
};

/* Zero-initialised it is idle. */
struct upkeep {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    unsigned wanted; /* tasks, by bits */
    bool is_running;
    bool is_closed;
};

struct service;

/* Returns at once. However often it is asked for meanwhile, a task is done once more. */
void upkeep_ask(struct service *service, enum upkeep_task task);

/* Nothing more is begun. Waits at most `milliseconds`; true when nothing is going on any more. */
bool upkeep_close(struct service *service, uint32_t milliseconds);

#endif
