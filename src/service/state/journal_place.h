/* SPDX-License-Identifier: MIT */
/* journal_place.h: where the journal of an instance is, and the check that only administrators can
 * write it.
 *
 *     %ProgramData%\Gatehouse\<service name>.journal
 *
 * Beside it there may be "locks" (other_journals.h), <...>.new, the next content while it is
 * written, and <...>.damaged, <...>.newer and <...>.suspect, which are kept for whoever looks into
 * a problem.
 *
 * Whoever can write a journal decides what SYSTEM changes on this machine, and every user may make
 * files and folders in %ProgramData%: the folder is a closed one (closed_folder.h). */
#ifndef SERVICE_STATE_JOURNAL_PLACE_H
#define SERVICE_STATE_JOURNAL_PLACE_H

#include "service/names.h"
#include "service/state/closed_folder.h"
#include "undo/win32/journal_file.h"

struct journal_place {
    char16_t service[NAME_UNITS];
    char16_t folder[JOURNAL_PATH_UNITS];
    char16_t file[JOURNAL_PATH_UNITS];
    HANDLE held; /* the folder, open so that nobody moves it while paths lead through it; or NULL */

    /* After ERROR_UNTRUSTED: the path that was refused, and the reason as the end of a sentence. */
    const char16_t *refused;
    char16_t why[TRUST_WHY_UNITS];
};

/* Fills in the paths. Returns 0 or a Win32 error. */
uint32_t journal_place_find(const char16_t *instance, struct journal_place *place);

/* Opens the file and holds the folder. `place` must outlive the file, because the file is checked
 * again whenever it is replaced; call journal_place_release() when the file is closed. With
 * `must_exist` nothing is made, and a missing file is ERROR_FILE_NOT_FOUND or ERROR_PATH_NOT_FOUND.
 * ERROR_SHARING_VIOLATION: another process has held the file for `milliseconds`. */
uint32_t journal_place_open(struct journal_place *place, bool must_exist, uint32_t milliseconds,
                            struct journal_file **file);

/* Holds the folder alone, if it is not held. The same errors. */
uint32_t journal_place_hold(struct journal_place *place);

/* Closes the folder. */
void journal_place_release(struct journal_place *place);

/* Reads the file, whichever process holds it. free() the bytes. */
uint32_t journal_place_look(struct journal_place *place, void **bytes, size_t *size);

/* The file beside it that keeps instances away from each other (other_journals.h). */
void journal_place_locks(const struct journal_place *place, char16_t path[JOURNAL_PATH_UNITS]);

/* Makes the folder, for an installation. A folder that can't be trusted, or that shuts
 * administrators out, is renamed first; `aside` is its new name then, and empty otherwise. */
uint32_t journal_place_make(struct journal_place *place, char16_t aside[JOURNAL_PATH_UNITS]);

/* Deletes the file and, when it is empty then, the folder. What can't be trusted stays. */
uint32_t journal_place_delete(struct journal_place *place);

#endif
