/* SPDX-License-Identifier: MIT */
/* other_journals.h: struct other_journals over the folder that the journals of all instances are
 * in (journal_place.h).
 *
 * Processes are kept away from a resource by a lock on one byte of the file "locks" in that folder,
 * at the resource's number: nobody but SYSTEM and administrators can open it, and a process that
 * dies loses its locks (Microsoft, "LockFileEx"). A named object could have been made by any user
 * before. */
#ifndef SERVICE_STATE_OTHER_JOURNALS_H
#define SERVICE_STATE_OTHER_JOURNALS_H

#include "service/state/journal_place.h"
#include "undo/others.h"

/* Those beside `place`, whose folder is held from now on; with `also_own` that of its own instance
 * too, for a process that does not write it. NULL: there is no such folder, or it can't be trusted.
 * The process has one at a time. */
struct other_journals *other_journals_open(struct journal_place *place, bool also_own);

#endif
