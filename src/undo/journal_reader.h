/* SPDX-License-Identifier: MIT */
/* journal_reader.h: what the bytes of a journal say: the part of journal.h that knows no file.
 *
 * Takes time in proportion to the bytes, whatever they are. Not thread-safe. */
#ifndef UNDO_JOURNAL_READER_H
#define UNDO_JOURNAL_READER_H

#include "undo/record.h"

struct reading {
    struct reading_entry *entries;      /* a hash by number */
    struct reading_entry *by_key;       /* the same by kind and key */
    uint64_t boot;                      /* that is running */
    struct journal_report report;       /* all but keep_error */
    bool has_header;                    /* false: torn or damaged, or of a newer version */
    uint64_t sequence;                  /* the highest, 0 when there is no record */
    size_t end;                         /* of what is not torn: where a slot begins */
    size_t found;                       /* how many entries */
    size_t last, known;                 /* where the last record begins and ends, or the header */
    unsigned char last_slot[SLOT_SIZE]; /* the first of that record */
};

/* Reads a file. `boot` is that which is running: see journal_options. ERROR_NOT_ENOUGH_MEMORY is
 * the only error. Whatever it returns, drop the reading. */
uint32_t reading_take(struct reading *reading, const void *bytes, size_t size, uint64_t boot);
void reading_drop(struct reading *reading);

/* Reads a file that grows, bit by bit; zero-initialised but for `boot`. `bytes` are those from
 * reading_goes_on_at() to the end, of which the last may be only half written. Fills in neither
 * `report`, `end` nor `found`.
 * ERROR_INVALID_DATA: the file was written anew since: drop the reading and begin again.
 * ERROR_NOT_ENOUGH_MEMORY: likewise. */
size_t reading_goes_on_at(const struct reading *reading);
uint32_t reading_go_on(struct reading *reading, const void *bytes, size_t size);

/* What was found of a resource, which is named by its kind (4 bytes, little-endian) and key. False:
 * nothing that may have to be put back. */
bool reading_find(const struct reading *reading, struct bytes resource,
                  struct journal_entry *entry);

/* Forgets what is not found. */
void reading_prune(struct reading *reading);

/* Walks those that are found, oldest first (after reading_go_on() in no order): NULL after the last
 * one, and `previous` NULL for the first. Byte strings in `*entry` lie in the reading. */
const struct reading_entry *reading_next(const struct reading *reading,
                                         const struct reading_entry *previous,
                                         struct journal_entry *entry);

/* How many bytes a copy has that keeps all that may still be needed. */
size_t reading_needed(const struct reading *reading);

/* The same entries in as few bytes as a file can have them: on the heap in `*copy`, free() it.
 * `bytes` are those that the reading was taken of. 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t reading_compact(const struct reading *reading, const void *bytes, void **copy,
                         size_t *copy_size);

#endif
