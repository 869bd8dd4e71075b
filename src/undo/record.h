/* SPDX-License-Identifier: MIT */
/* record.h: the bytes of one record of the journal, and of the header before the first one.
 *
 * A file is a row of slots of 64 bytes. The first byte of each says what it is, the others are
 * content, so bytes that somebody else has chosen (the text of a state) can never pass for the
 * beginning of a record. A record takes whole slots. All numbers are little-endian; the layout is
 * described in docs/journal.md. */
#ifndef UNDO_RECORD_H
#define UNDO_RECORD_H

#include "undo/journal.h"

enum {
    SLOT_SIZE = 64,             /* bytes; the first slot is the header */
    RECORD_CONTENT_MAX = 65536, /* bytes of one record without those that say what a slot is */
    RECORD_SIZE_MAX = (RECORD_CONTENT_MAX + SLOT_SIZE - 2) / (SLOT_SIZE - 1) * SLOT_SIZE,
    JOURNAL_VERSION = 1
};

/* No real journal gets there, and nothing can overflow behind it. */
#define RECORD_SEQUENCE_MAX (UINT64_MAX >> 1)

/* The first byte of a slot. */
enum slot_tag { SLOT_HEADER = 'H', SLOT_RECORD = 'R', SLOT_CONTINUATION = 'C' };

enum record_type {
    RECORD_INTENT = 1,
    RECORD_MARK,
    RECORD_REPAIR, /* the slots before this one are a beginning that was not written to its end */
    RECORD_SETTLED /* is not written any more, and says nothing: docs/journal.md, "Versions" */
};

struct record {
    enum record_type type;
    uint64_t sequence; /* from 1 to RECORD_SEQUENCE_MAX; rises from record to record */
    uint64_t boot;
    uint64_t entry;               /* RECORD_REPAIR: the number of those slots */
    enum journal_outcome outcome; /* RECORD_MARK */
    struct journal_change change; /* RECORD_INTENT */
};

/* Up to the beginning of a slot. */
static inline size_t slot_align(size_t size)
{
    return (size + SLOT_SIZE - 1) / SLOT_SIZE * SLOT_SIZE;
}

/* CRC-32 as in zip and Ethernet. */
uint32_t record_checksum(const void *bytes, size_t size);

/* Bytes in the file, a multiple of SLOT_SIZE; 0 when the record would be longer than
 * RECORD_SIZE_MAX. */
size_t record_size(const struct record *record);

/* Writes the record_size() bytes, which must not be 0. */
void record_encode(const struct record *record, void *bytes);

/* Reads the record at the beginning of `bytes`. `content` has room for RECORD_CONTENT_MAX bytes,
 * and the byte strings of the record will point there. Returns how many bytes of the file it takes
 * (no more than `size`), or 0 when there is no whole and valid one. */
size_t record_decode(const void *bytes, size_t size, void *content, struct record *record);

/* Whether these are bytes of a record that was not written to its end: its beginning, zeros, or
 * that followed by this (file systems leave zeros after a loss of power). */
bool record_is_torn(const void *bytes, size_t size);

enum header_state {
    HEADER_VALID,
    HEADER_NEWER,  /* of a version above JOURNAL_VERSION */
    HEADER_TORN,   /* there is nothing but the beginning of a header, or nothing at all */
    HEADER_DAMAGED /* or none */
};

/* Writes SLOT_SIZE bytes. */
void header_encode(uint32_t version, void *bytes);

/* `bytes` is the whole file. */
enum header_state header_decode(const void *bytes, size_t size);

#endif
