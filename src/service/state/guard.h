/* SPDX-License-Identifier: MIT */
/* guard.h: the kill switch of this service: who keeps it (kill_switch/keeper.h), with what it takes
 * on this machine, and when it is looked after: every minute while it is up, and soon after
 * something has failed. */
#ifndef SERVICE_STATE_GUARD_H
#define SERVICE_STATE_GUARD_H

#include "kill_switch/keeper.h"
#include "service/settings.h"

#include <windows.h>

struct guard {
    struct keeper keeper;
    SRWLOCK lock;    /* of what follows */
    PTP_TIMER timer; /* NULL: none, or it is closed */
    DWORD pause;     /* milliseconds until the next attempt, after a failure */
    bool is_woken;   /* a failure has set the timer since the last check began */
};

/* The kill switch of the instance in the filtering platform. The settings must stay valid; NULL:
 * only to be removed. One of a process. */
struct kill_switch_engine *guard_engine(const char16_t *instance, const struct settings *settings);

/* Puts a kill switch that is up in force, before there are sessions. Zero-initialise the guard.
 * What fails is logged and tried again. */
void guard_open(struct guard *guard, const struct settings *settings, struct network *network);

/* It is not looked after any more; waits for the one who does. The kill switch stays as it is. */
void guard_close(struct guard *guard);

#endif
