/* SPDX-License-Identifier: MIT */
/* upkeep.h: work on the network that no session waits for: verify it after sleep and after it has
 * changed, and retry what could not be undone.
 *
 * It is done in a thread that runs while there is something to do, because Windows gives the
 * control handler 30 seconds only. */
#ifndef SERVICE_STATE_UPKEEP_H
#define SERVICE_STATE_UPKEEP_H

#include "kill_switch/keeper.h"
#include "service/state/recovery.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

enum upkeep_task {
    UPKEEP_VERIFY = 1, /* Windows has slept: verify the changes that sessions have requested */
    UPKEEP_RETRY = 2,  /* retry what could not be undone, again and again until it is */
    UPKEEP_CHANGED = 4 /* the network has changed: verify the changes once it has come to rest */
};

struct upkeep {
    struct ledger *ledger;
    struct network *network;
    struct keeper *keeper; /* of the kill switch, which is verified, too */
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    unsigned requested; /* tasks, by bits */
    bool is_running;
    bool is_closed;
};

/* The thread works on the keeper, and on the ledger and the network of `recovery`, which must stay
 * valid until upkeep_close() has returned. */
void upkeep_open(struct upkeep *upkeep, const struct recovery *recovery, struct keeper *keeper);

/* From now on the thread learns by itself of UPKEEP_CHANGED: of addresses and interfaces that come,
 * but for addresses that sessions ask for. Where Windows does not tell of them, which is logged,
 * only a resume has the network verified. */
void upkeep_watch(struct upkeep *upkeep);

/* Returns at once. A task that is requested several times before it begins is done once. */
void upkeep_request(struct upkeep *upkeep, enum upkeep_task task);

/* Begins no further task and waits for the current one. */
void upkeep_close(struct upkeep *upkeep);

#endif
