/* SPDX-License-Identifier: MIT */
#include "undo/journal_writer.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <string.h>

enum {
    COMPACT_SIZE = 1024 * 1024, /* a file with open entries is left alone up to here */
    COMPACT_GROWTH = 2          /* or until it is so many times what a compaction left */
};

enum { BYTES_SIZE = 2 * SLOT_SIZE + RECORD_SIZE_MAX };

uint32_t writer_open(struct journal_writer *writer, struct journal_file *file, uint64_t boot)
{
    *writer = (struct journal_writer){.file = file, .boot = boot, .bytes = malloc(BYTES_SIZE)};
    return writer->bytes ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

void writer_close(struct journal_writer *writer)
{
    free(TAKE(writer->bytes));
}

void writer_compact_later(struct journal_writer *writer)
{
    writer->compact_at = COMPACT_GROWTH * writer->size;
    if (writer->compact_at < COMPACT_SIZE)
        writer->compact_at = COMPACT_SIZE;
}

void writer_continue(struct journal_writer *writer, const struct reading *reading)
{
    writer->sequence = reading->sequence;
    writer->size = reading->report.size;
    writer->end = reading->end;
    writer_compact_later(writer);
}

/* ---- at the end ---- */

/* After a failed append: looks how much of it is there. */
static uint32_t writer_measure(struct journal_writer *writer)
{
    uint32_t error = writer->file->measure(writer->file, &writer->size);
    writer->is_size_unknown = error;
    return error;
}

static void writer_stamp(struct journal_writer *writer, struct record *record)
{
    record->sequence = ++writer->sequence;
    record->boot = writer->boot;
    if (record->type == RECORD_INTENT && !record->entry)
        record->entry = record->sequence;
}

/* What has to stand between the end of the file and the next record: zeros up to the next slot, and
 * a repair record if the slots before it hold a beginning that nothing will follow. */
static size_t write_repair(struct journal_writer *writer, unsigned char *bytes)
{
    size_t padding = slot_align(writer->size) - writer->size;
    memset(bytes, 0, padding);
    if (writer->size <= writer->end)
        return padding;
    struct record repair = {.type = RECORD_REPAIR,
                            .entry = (slot_align(writer->size) - writer->end) / SLOT_SIZE};
    writer_stamp(writer, &repair);
    record_encode(&repair, bytes + padding);
    return padding + record_size(&repair);
}

uint32_t writer_append(struct journal_writer *writer, struct record *record)
{
    uint32_t error = writer->is_size_unknown ? writer_measure(writer) : 0;
    if (!error && writer->sequence > RECORD_SEQUENCE_MAX - 2)
        error = ERROR_NOT_ENOUGH_QUOTA;
    if (error)
        return error;
    size_t size = write_repair(writer, writer->bytes);
    writer_stamp(writer, record);
    record_encode(record, writer->bytes + size);
    size += record_size(record);
    error = writer->file->append(writer->file, writer->bytes, size);
    if (error) {
        writer->is_size_unknown = true;
        return error;
    }
    writer->size += size;
    writer->end = writer->size;
    return 0;
}

/* ---- anew ---- */

static uint32_t writer_replace(struct journal_writer *writer, const void *bytes, size_t size)
{
    uint32_t error = writer->file->replace(writer->file, bytes, size);
    if (error)
        return error;
    writer->size = writer->end = size;
    writer->is_size_unknown = false;
    writer_compact_later(writer);
    return 0;
}

uint32_t writer_start_afresh(struct journal_writer *writer)
{
    unsigned char header[SLOT_SIZE];
    header_encode(JOURNAL_VERSION, header);
    return writer_replace(writer, header, sizeof(header));
}

uint32_t writer_shrink(struct journal_writer *writer, const struct reading *reading,
                       const void *bytes)
{
    CLEANUP_FREE void *copy = NULL;
    size_t size;
    uint32_t error = reading_compact(reading, bytes, &copy, &size);
    return error ? error : writer_replace(writer, copy, size);
}
