/* SPDX-License-Identifier: MIT */
/* journal_place.h: where the journal of an instance is, and that only administrators can write it.
 *
 *     %ProgramData%\Gatehouse\<service name>.journal
 *
 * Beside it there may be <...>.new, the next content on its way, and <...>.damaged, <...>.newer and
 * <...>.suspect, which are kept for a reader. Whoever writes a journal decides what SYSTEM changes
 * on this machine, and every user may make files and folders where this folder lies. So nothing is
 * used that an ordinary user may have made or may change (trust.h), and what is no folder is not
 * even opened: its owner can have Windows wait for them before anybody else opens it (an oplock).
 */
#ifndef SERVICE_STATE_JOURNAL_PLACE_H
#define SERVICE_STATE_JOURNAL_PLACE_H

#include "service/names.h"
#include "service/state/file_trust.h"
#include "undo/win32/journal_file.h"

struct journal_place {
    char16_t service[NAME_UNITS];
    char16_t folder[JOURNAL_PATH_UNITS];
    char16_t file[JOURNAL_PATH_UNITS];
    HANDLE held; /* the folder, so that nobody moves it away while paths lead through it; or NULL */

    /* Why something was refused with ERROR_UNTRUSTED: its path, and the end of a sentence. */
    const char16_t *refused;
    char16_t why[TRUST_WHY_UNITS];
};

/* Of the functions below: the folder or the file can't be trusted. */
#define ERROR_UNTRUSTED ERROR_INVALID_ACL

uint32_t journal_place_find(const char16_t *instance, struct journal_place *place);

/* Opens the file and holds the folder. `place` stays where it is as long as the file is open, and
 * is looked at again whenever that is replaced; journal_place_release() comes after both.
 * `must_exist`: nothing is made; ERROR_FILE_NOT_FOUND or ERROR_PATH_NOT_FOUND.
 * ERROR_SHARING_VIOLATION: another process holds it, and still does after `milliseconds`. */
uint32_t journal_place_open(struct journal_place *place, bool must_exist, uint32_t milliseconds,
                            struct journal_file **file);

/* Lets go of the folder. */
void journal_place_release(struct journal_place *place);

/* The content, whoever holds it: free() it. */
uint32_t journal_place_look(struct journal_place *place, void **bytes, size_t *size);

/* The folder, for an installation: what can't be trusted, or shuts administrators out, is renamed
 * first, to a name that is stored in `aside` (empty otherwise). */
uint32_t journal_place_make(struct journal_place *place, char16_t aside[JOURNAL_PATH_UNITS]);

/* Deletes the file and, when nothing else is in it, the folder. What can't be trusted stays, and so
 * does everything where there is no folder. */
uint32_t journal_place_delete(struct journal_place *place);

#endif
