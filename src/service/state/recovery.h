/* SPDX-License-Identifier: MIT */
/* recovery.h: the journal and the ledger over it, and what a process that did not end by itself has
 * left: put back before anything else is done.
 *
 * Without a journal that can be trusted and opened there is only the ledger: changes are undone as
 * long as this process lives. That is logged. */
#ifndef SERVICE_STATE_RECOVERY_H
#define SERVICE_STATE_RECOVERY_H

#include "channel/channel.h"
#include "service/state/journal_place.h"
#include "service/settings.h"

/* Stays where it is while it is open. The place and the network are given. */
struct recovery {
    struct journal_place place;
    struct network *network;
    struct journal *journal; /* NULL: none */
    struct ledger *ledger;
    struct ledger_summary summary;
    uint32_t clean_up_error; /* of channel_clean_up(): what other services have left stays */
};

/* A process has one network: the settings must stay where they are. */
struct network *recovery_network(const struct settings *settings);

/* `file` is that of the place and belongs to the journal from now on; NULL: there is none. Returns
 * 0, or a Win32 error, logged, when there is no ledger: this process must not serve. */
uint32_t recovery_run(struct recovery *recovery, struct journal_file *file);

/* recovery_run() for the service: finds the place and opens the journal first, and logs what has
 * come of it all. */
uint32_t recovery_start(struct recovery *recovery, const char16_t *instance);

/* Lets go of the place, too. */
void recovery_close(struct recovery *recovery);

/* What the journal's file tells of now, oldest first: all open entries, or orphans only. `tell`
 * (may be NULL) gets each in one line. ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND: there is no
 * file; ERROR_UNTRUSTED; ERROR_INVALID_DATA: it can't be read. `*count` is 0 then. */
uint32_t recovery_list(struct journal_place *place, bool only_orphans,
                       void (*tell)(void *context, const char *line), void *context, size_t *count);

#endif
