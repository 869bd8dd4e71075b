/* SPDX-License-Identifier: MIT */
/* resources.h: the resources of all sessions together: what is done to them at a start, after a
 * session, after sleep, and by -cleanup. */
#ifndef RESOURCE_RESOURCES_H
#define RESOURCE_RESOURCES_H

#include "system/network.h"
#include "undo/ledger.h"

/* The ledger of all sessions; its kinds work on `network`. `journal` may be NULL: what is changed
 * is then undone unless the process dies; `others` if there are none. NULL when memory is short;
 * free with ledger_destroy(). */
struct ledger *resources_ledger_create(struct network *network, struct journal *journal,
                                       struct other_journals *others);

/* Before the first session: puts back what the journal has found and returns what ledger_recover()
 * does; if that is 0 then does resources_clean_up(), whose result is `*clean_up_error`. */
uint32_t resources_recover(struct ledger *ledger, struct network *network,
                           struct ledger_summary *summary, uint32_t *clean_up_error);

/* Deletes what services that did not end by themselves and keep no journal have left in the
 * registry: rules of processes that are no more, and domains in the machine's search lists. Returns
 * 0, or the first error of what could not be done, which is logged. */
uint32_t resources_clean_up(struct ledger *ledger, struct network *network);

/* As ledger_retry(), and what was put back in the registry is in force and on the disk then.
 * Returns ledger_left(). */
size_t resources_retry(struct ledger *ledger, struct network *network);

/* After Windows has slept: as ledger_verify(), and what was changed in the registry is in force
 * then. */
void resources_verify(struct ledger *ledger, struct network *network,
                      struct ledger_summary *summary);

/* For programs that read a journal: what the entry is about, in one line. */
void resources_describe(const struct journal_entry *entry, char *text, size_t size);

#endif
