/* SPDX-License-Identifier: MIT */
/* updates.h: what the service does about updates: it takes one over from a caller (offer.c), waits
 * until it may be installed, has Windows Installer install it, and tells what has become of it,
 * also when that has ended this process meanwhile (updates.c).
 *
 * One update at a time: it is offered, and then waits or is installed by one thread, which runs
 * only as long as there is one. A further offer replaces one that waits. Thread-safe.
 *
 * One installation replaces the program of all instances of the service, and one folder holds what
 * was accepted and what became of it. So instances take turns: one has the turn while it takes an
 * offer over, and as long as an update of it waits or is installed. The others refuse offers
 * meanwhile, and tell what the disk says. */
#ifndef SERVICE_UPDATE_UPDATES_H
#define SERVICE_UPDATE_UPDATES_H

#include "service/caller.h"
#include "service/session_list.h"
#include "service/settings.h"
#include "service/update/folder.h"
#include "service/update/installer.h"
#include "update/attempt.h"
#include "update/refusal.h"

#include <stdbool.h>
#include <windows.h>

/* Whose sessions are no reason to wait. */
struct update_owner {
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    size_t size; /* 0: everybody's are one */
};

struct updates {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    const struct settings *settings;
    struct session_list *sessions;
    HANDLE stop;                   /* set: the service stops */
    uint64_t boot;                 /* this run of Windows; 0: not known */
    struct update_attempt attempt; /* as on the disk when this instance last had the turn */
    bool is_unstored;              /* but it could not be written there */
    HANDLE turn;                   /* the lock of this instance; NULL: it has not got the turn */
    uint64_t generation;           /* rises with each offer that was accepted */
    struct update_owner owner;     /* who has made the last of them */
    bool is_offering;              /* an offer is being taken over */
    bool is_claimed;               /* the installation begins: no offer is taken over any more */
    bool is_running;               /* the thread */
    bool is_closed;
    struct installer installer; /* the thread's; no process: an earlier service has started it */
};

/* Reads what an earlier process has left, and judges and reports it. `boot` is this run of Windows,
 * or 0. All pointers must stay valid until updates_close(). */
void updates_open(struct updates *updates, const struct settings *settings,
                  struct session_list *sessions, HANDLE stop, uint64_t boot);

/* Goes on with what waits, or is being installed; gives the turn back if there is nothing. Call it
 * when the service runs. */
void updates_begin(struct updates *updates);

/* Waits until the thread has ended, after `stop` was set. An installer runs on. */
void updates_close(struct updates *updates);

/* What has become of the last update. */
void updates_look(struct updates *updates, struct update_attempt *attempt);

/* The versions of the newest trusted root, and of the newest manifest that was accepted in the
 * channel of the settings; 0: none. */
void updates_accepted(struct updates *updates, uint64_t *root, uint64_t *manifest);

struct update_offer {
    const struct caller *caller; /* its files are opened with these rights */
    bool is_administrator;       /* may try again what has failed */
    bool when_idle;              /* wait for the sessions of others */
    const char16_t *manifest, *package;
    const char16_t *const *roots;
    size_t root_count;
};

/* Takes an update over. Returns 0 or the code of the refusal; then nothing has changed but what was
 * accepted of roots and manifest. */
uint32_t updates_offer(struct updates *updates, const struct update_offer *offer,
                       struct update_refusal *refusal);

/* Within src/service/update, for the offer that is being taken over: takes the turn, unless this
 * instance has it; then it judges and reports what the last one has left. The folder is open.
 * Returns 0, ERROR_LOCK_VIOLATION while another instance has it, or a Win32 error. */
uint32_t updates_take_turn(struct updates *updates, const struct update_folder *folder);

/* Within src/service/update: stores the attempt and then makes it the current one. Returns 0, or a
 * Win32 error with which the current one stays. */
uint32_t updates_store(struct updates *updates, const struct update_attempt *attempt);

/* The same for an outcome, which counts even if it cannot be stored: then the next start judges
 * again. */
void updates_conclude(struct updates *updates, const struct update_attempt *attempt);

#endif
