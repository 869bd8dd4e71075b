/* SPDX-License-Identifier: MIT */
/* journal_writer.h: records at the end of a journal's file, and the file written anew: the part of
 * journal.h that knows no thread. Its caller holds the locks. */
#ifndef UNDO_JOURNAL_WRITER_H
#define UNDO_JOURNAL_WRITER_H

#include "undo/journal_reader.h"

struct journal_writer {
    struct journal_file *file;
    uint64_t boot;
    uint64_t sequence;    /* the last one used, be it for an append that failed */
    size_t size;          /* of the file */
    size_t end;           /* of what is not torn: where a slot begins */
    bool is_size_unknown; /* an append has failed, and left nothing or a beginning */
    size_t compact_at;    /* the size above which a compaction is due */
    unsigned char *bytes; /* room for a record, and for what repairs the file before it */
};

/* `file` stays the caller's. 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t writer_open(struct journal_writer *writer, struct journal_file *file, uint64_t boot);
void writer_close(struct journal_writer *writer);

/* Goes on behind what was read. */
void writer_continue(struct journal_writer *writer, const struct reading *reading);

/* Not before the file is much larger than it is now: a compaction takes time in proportion to it.
 */
void writer_compact_later(struct journal_writer *writer);

/* One append() of the record, whose sequence and boot are filled in, and the entry of a first
 * intent. record_size() must not be 0. On an error, that of the file, nothing was written that a
 * reader would take for the record. */
uint32_t writer_append(struct journal_writer *writer, struct record *record);

/* The file becomes a bare header. */
uint32_t writer_start_afresh(struct journal_writer *writer);

/* The entries of `reading`, which was taken of `bytes`, become the file. */
uint32_t writer_shrink(struct journal_writer *writer, const struct reading *reading,
                       const void *bytes);

#endif
