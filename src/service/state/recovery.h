/* SPDX-License-Identifier: MIT */
/* recovery.h: opens the journal and the ledger over it, and undoes the changes of a process that
 * did not end normally, before anything else is done.
 *
 * Without a journal that can be trusted and opened there is only the ledger: a crash leaves changes
 * in place then. That is logged. */
#ifndef SERVICE_STATE_RECOVERY_H
#define SERVICE_STATE_RECOVERY_H

#include "service/settings.h"
#include "service/state/journal_place.h"
#include "system/network.h"
#include "undo/ledger.h"

/* Must not move while it is open. The caller fills in the place and the network. */
struct recovery {
    struct journal_place place;
    struct network *network;
    struct journal *journal; /* NULL: none */
    struct ledger *ledger;
    struct ledger_summary summary;
    uint32_t clean_up_error; /* of resources_clean_up(), for what other services have left */
};

/* The network of this process. The settings must outlive it. */
struct network *recovery_network(const struct settings *settings);

/* Opens the journal in `file`, which this takes over (NULL: there is none), creates the ledger and
 * undoes what is left. Returns 0 or a Win32 error, logged: then there is no ledger, and this
 * process must not serve. */
uint32_t recovery_run(struct recovery *recovery, struct journal_file *file);

/* recovery_run() for the service: finds and opens the journal first, and logs the result. */
uint32_t recovery_start(struct recovery *recovery, const char16_t *instance);

/* Also releases the place. */
void recovery_close(struct recovery *recovery);

/* resources_clean_up() in a process that leaves the journal to the service, with a ledger of its
 * own that knows from all journals whose sessions live. */
uint32_t recovery_clean_up(struct recovery *recovery);

/* Lists the open entries of the journal's file, oldest first: all, or orphans only. `report` (may
 * be NULL) gets each in one line. ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND: there is no file;
 * ERROR_UNTRUSTED; ERROR_INVALID_DATA: it can't be read. `*count` is 0 then. */
uint32_t recovery_list(struct journal_place *place, bool only_orphans,
                       void (*report)(void *context, const char *line), void *context,
                       size_t *count);

#endif
