/* SPDX-License-Identifier: MIT */
/* installing.h: from a package that waits to the outcome of its installation. Within
 * src/service/update only. */
#ifndef SERVICE_UPDATE_INSTALLING_H
#define SERVICE_UPDATE_INSTALLING_H

#include "service/update/updates.h"

/* Judges what an earlier process has left. Returns whether the state has changed. */
bool installing_judge(struct updates *updates, struct update_attempt *attempt);

/* What is to be done, as it was when the step began. */
struct update_work {
    struct update_attempt attempt; /* that waits or is being installed; then what it has become */
    uint64_t generation;           /* of struct updates */
    struct update_owner owner;
};

/* One step: it waits and installs, or waits for the installer. What the attempt is then is stored.
 * Returns early, with nothing changed, when the service stops or another offer was accepted. */
void installing_step(struct updates *updates, struct update_work *work);

#endif
