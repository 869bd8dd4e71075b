/* SPDX-License-Identifier: MIT */
/* journal.h: what may have to be undone, on disk: enough to put the machine back after the process,
 * or the power, was lost at any instant. Format: docs/journal.md.
 *
 * An entry is a resource that is not as it was before us. Invariants:
 *
 *  1. Before a change its intent is in the file, with the state to put back. A change that outlives
 *     a restart of Windows has its intent on the disk before journal_intend() returns.
 *  2. Each record stands for itself: any intent of an entry is enough to know the entry.
 *  3. An entry whose last intent has no mark may be in either state of that intent.
 *  4. A closed entry is never found again. So whoever closes one of a change that outlives a
 *     restart has made sure that what was put back is on the disk (undo/claims.h, invariant 6).
 *  5. Of two entries of one resource only the newer one counts.
 *  6. A loss of power leaves a beginning of what was written since the last flush.
 *
 *      journal_intend()        JOURNAL_APPLIED, _FAILED        JOURNAL_CLOSED
 *     ───────────────► intended ───────────────► decided ──────────────► over
 *                       ▲   │                      │                       ▲
 *                       │   └──────────────────────│───────────────────────┘
 *                       └──────────────────────────┘
 *                         journal_intend() again
 *
 * JOURNAL_ORPHANED may come at any time; it holds until the next JOURNAL_APPLIED.
 *
 * Thread-safe. Keeps no entry in memory but those that were found on opening. */
#ifndef UNDO_JOURNAL_H
#define UNDO_JOURNAL_H

#include "undo/state.h"

/* Where the bytes are: the seam between the journal and the disk. undo/win32 implements it over a
 * file, fakes/memory in memory. All return 0 or a Win32 error code. `self` is the table itself: an
 * implementation embeds it. */
struct journal_file {
    /* The whole content, on the heap: free() it. NULL and size 0 when there is none yet. */
    uint32_t (*read)(struct journal_file *self, void **bytes, size_t *size);
    /* How many bytes it has, without reading them. */
    uint32_t (*measure)(struct journal_file *self, size_t *size);
    /* Behind what is there. Survives the end of the process at once, a loss of power only after
     * flush(). On an error the file is as it was, or has a beginning of `bytes` at its end. */
    uint32_t (*append)(struct journal_file *self, const void *bytes, size_t size);
    uint32_t (*flush)(struct journal_file *self);
    /* The content becomes these bytes, on disk on return, in one step: a loss of power leaves the
     * old content or the new one. On an error the old one stays. */
    uint32_t (*replace)(struct journal_file *self, const void *bytes, size_t size);
    /* Copies the file as it is to a place beside it, for whoever wants to know what happened; what
     * was kept for the same reason before goes. `reason` is a word of letters. */
    uint32_t (*keep)(struct journal_file *self, const char *reason);
    void (*close)(struct journal_file *self);
};

struct journal_options {
    struct journal_file *file; /* belongs to the journal from now on, also when opening fails */
    /* The same as long as Windows runs, another one after each of its starts. */
    uint64_t boot;
};

/* How a change is written down. Byte strings belong to the caller. */
struct journal_change {
    uint32_t kind;         /* its number */
    bool outlives_restart; /* the record is on disk before journal_intend() returns */
    bool goes_on;          /* it will be made even if the record can't be flushed */
    uint64_t session;      /* of the service, for the reader */
    struct bytes identity; /* what tells that the key means the same thing later */
    struct bytes key;
    struct bytes base; /* before us; size 0: absent, as for the following */
    struct bytes from, to;
};

enum journal_outcome {
    JOURNAL_APPLIED = 1, /* the resource is in the state `to` of the last intent */
    JOURNAL_FAILED,      /* it is in the state `from` */
    JOURNAL_CLOSED,      /* it is as before us, on the disk too, or no longer ours to put back */
    JOURNAL_ORPHANED     /* its session has ended, and it could not be put back yet */
};

/* Found on opening: a resource that may have to be put back. */
struct journal_entry {
    uint64_t number;
    uint64_t session;
    uint32_t kind;
    bool outlives_restart;
    bool is_of_this_boot;
    struct bytes identity, key, base;
    struct bytes ours;  /* what we have made of it */
    bool is_undecided;  /* the process ended in the middle of a change, so it may also be: */
    struct bytes other; /* absent when its size is 0 */
    /* Nothing in between: the last change had an end. But Windows has restarted since, and what was
     * written last need not have been on the disk. */
    bool is_whole;
    bool is_orphan;
};

/* How the file was found. */
struct journal_report {
    size_t size;         /* bytes that were read */
    size_t damaged;      /* of these, bytes that are no record and not the torn end of the file */
    size_t torn;         /* bytes at the end, of a record that was not written to its end */
    bool is_newer;       /* a file of a newer version of this format, which is kept unread */
    uint32_t keep_error; /* a damaged or newer file could not be kept, and was left as it was */
};

struct journal;

/* Reads the file, finds the entries and makes ready for more. A damaged file is kept aside
 * ("damaged") and what can be read of it is used; one of a newer version is kept aside ("newer")
 * and not read. If that can't be kept, opening fails with the file untouched. 0 or a Win32 error
 * code; `*report` is filled in either way. */
uint32_t journal_open(const struct journal_options *options, struct journal **journal,
                      struct journal_report *report);

/* The file stays. */
void journal_close(struct journal *journal);

/* What was found, oldest first, each resource once; valid until journal_forget_found(). An entry is
 * open until it is marked JOURNAL_CLOSED. Those of an earlier boot whose change does not outlive a
 * restart are not among them: Windows has forgotten them, and so has the journal. */
const struct journal_entry *journal_found(const struct journal *journal, size_t *count);
void journal_forget_found(struct journal *journal);

/* Before a change. `*entry` is the number of the resource's entry, or 0 for a new one, whose number
 * is stored there. On an error nothing was intended and `*entry` is as it was: that of the file,
 * or ERROR_BAD_LENGTH when the byte strings are longer than 64 KiB together. */
uint32_t journal_intend(struct journal *journal, const struct journal_change *change,
                        uint64_t *entry);

/* After it, or when there is something else to say of the entry. What can't be written is not
 * needed: without a mark the next start looks at the resource itself, and an end is made up for by
 * the next truncation. `is_flushed`: on disk before
 * the return. */
void journal_mark(struct journal *journal, uint64_t entry, enum journal_outcome outcome,
                  bool is_flushed);

/* Empties the file if no entry is open and it is worth it, or if the end of one could not be
 * written. */
void journal_truncate(struct journal *journal);

/* On return all that was written so far is on the disk, unless the disk fails. */
void journal_flush(struct journal *journal);

/* Open entries, and bytes of the file. */
size_t journal_open_count(struct journal *journal);
size_t journal_size(struct journal *journal);

/* For programs that look at the journal of a running service: calls `visit` for each open entry of
 * these bytes of a file, oldest first, until it returns false. Changes nothing. ERROR_INVALID_DATA:
 * these are no journal that can be read. */
uint32_t journal_visit(const void *bytes, size_t size, uint64_t boot,
                       bool (*visit)(void *context, const struct journal_entry *entry),
                       void *context);

#endif
