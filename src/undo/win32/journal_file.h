/* SPDX-License-Identifier: MIT */
/* journal_file.h: struct journal_file over a file on disk.
 *
 * One process writes it, any may read it meanwhile, if it allows the writer what it does (shares
 * reading, writing and deleting). The functions of the table are for one thread at a time, but for
 * append() and flush(), of which each may be called while the other is at work. */
#ifndef UNDO_WIN32_JOURNAL_FILE_H
#define UNDO_WIN32_JOURNAL_FILE_H

#include "undo/journal.h"

#include <uchar.h>
#include <windows.h>

enum { JOURNAL_PATH_UNITS = 512 };

struct journal_file_options {
    const char16_t *path;   /* shorter than JOURNAL_PATH_UNITS - 16 */
    const char16_t *access; /* who owns and who may open what is made: SDDL; must stay */
    bool must_exist;        /* otherwise an empty file is made */
    uint32_t milliseconds;  /* how long to wait for another process that writes */

    /* Asked whenever the file is opened, also after it was replaced, before anything is read: 0, or
     * the error to give up with. */
    uint32_t (*check)(void *context, HANDLE file);
    void *context;
};

/* ERROR_SHARING_VIOLATION: another process still writes it. A file beside it that was being written
 * when a process died is of no use and is overwritten in its time. */
uint32_t journal_file_open(const struct journal_file_options *options, struct journal_file **file);

/* The content of a file that another process may be writing, from `*from` on, on the heap: free()
 * it. Of a file that is shorter than that, the whole, and `*from` is 0 then. `check` as above, may
 * be NULL. */
uint32_t journal_file_look(const char16_t *path, uint32_t (*check)(void *context, HANDLE file),
                           void *context, size_t *from, void **bytes, size_t *size);

#endif
