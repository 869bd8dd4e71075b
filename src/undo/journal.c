/* SPDX-License-Identifier: MIT */
#include "undo/journal.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/lock.h"
#include "base/log.h"
#include "undo/journal_writer.h"

/* A file without an open entry is left alone up to here. */
enum { TRUNCATE_SIZE = 64 * 1024 };

/* Of the two locks, `flushing` comes first. It is held during flush(), so that what replaces the
 * file waits for that; who appends takes only `appending` and never waits for a disk. */
struct journal {
    struct reading reading; /* what was found; its byte strings */
    struct journal_entry *found;
    size_t found_count;

    struct lock flushing;
    uint64_t flushed; /* the last sequence that is known to be on disk */

    struct lock appending;
    struct journal_writer writer;
    size_t open; /* entries */
    bool is_compacting;
};

/* With no lock held: on return everything up to `sequence` is on disk. */
static uint32_t flush_to(struct journal *journal, uint64_t sequence)
{
    uint32_t error = 0;
    lock_acquire(&journal->flushing);
    if (journal->flushed < sequence) { /* else somebody else's flush has taken it along */
        lock_acquire(&journal->appending);
        uint64_t last = journal->writer.sequence;
        lock_release(&journal->appending);
        error = journal->writer.file->flush(journal->writer.file);
        if (!error)
            journal->flushed = last;
    }
    lock_release(&journal->flushing);
    return error;
}

/* ---- compaction ---- */

static void lock_both(struct journal *journal)
{
    lock_acquire(&journal->flushing);
    lock_acquire(&journal->appending);
}

static void release_both(struct journal *journal)
{
    lock_release(&journal->appending);
    lock_release(&journal->flushing);
}

/* With both locks held. */
static uint32_t read_and_shrink(struct journal *journal)
{
    CLEANUP_FREE void *bytes = NULL;
    CLEANUP(reading_drop) struct reading reading = {0};
    struct journal_writer *writer = &journal->writer;
    size_t size;
    uint32_t error = writer->file->read(writer->file, &bytes, &size);
    if (!error)
        error = reading_take(&reading, bytes, size, writer->boot);
    if (!error && reading.report.damaged) /* since it was opened */
        error = writer->file->keep(writer->file, "damaged");
    if (!error)
        error = writer_shrink(writer, &reading, bytes);
    if (error)
        writer_compact_later(writer); /* not again with each record */
    else
        journal->flushed = writer->sequence;
    return error;
}

/* By the one thread that has set `is_compacting`. */
static void journal_compact(struct journal *journal)
{
    lock_both(journal);
    uint32_t error = read_and_shrink(journal);
    journal->is_compacting = false;
    release_both(journal);
    if (error)
        log_error_of(LOG_JOURNAL, error, "The journal cannot be compacted");
}

static bool is_truncation_due(const struct journal *journal)
{
    return !journal->open && journal->writer.size > TRUNCATE_SIZE;
}

void journal_truncate(struct journal *journal)
{
    lock_acquire(&journal->appending);
    bool is_due = is_truncation_due(journal);
    lock_release(&journal->appending);
    if (!is_due)
        return;
    uint32_t error = 0;
    lock_both(journal);
    if (is_truncation_due(journal)) {
        error = writer_start_afresh(&journal->writer);
        if (!error)
            journal->flushed = journal->writer.sequence;
    }
    release_both(journal);
    if (error)
        log_error_of(LOG_JOURNAL, error, "The journal cannot be emptied");
}

/* ---- opening ---- */

static uint32_t list_found(struct journal *journal)
{
    struct reading *reading = &journal->reading;
    if (!reading->found)
        return 0;
    journal->found = calloc(reading->found, sizeof(*journal->found));
    if (!journal->found)
        return ERROR_NOT_ENOUGH_MEMORY;
    const struct reading_entry *at = NULL;
    while ((at = reading_next(reading, at, &journal->found[journal->found_count])) != NULL)
        if (++journal->found_count == reading->found)
            break;
    return 0;
}

/* A file that is damaged, or of which more than half is over, is written anew; so is one with a
 * torn end, which would pass for damage once there is more behind it. If that fails it can still be
 * used as it is. */
static void shrink_if_worth_it(struct journal *journal, const void *bytes)
{
    const struct reading *reading = &journal->reading;
    const size_t size = reading->report.size;
    bool is_worth_it = size > TRUNCATE_SIZE && size / 2 > reading_needed(reading);
    if (!is_worth_it && !reading->report.damaged && !reading->report.torn)
        return;
    uint32_t error = writer_shrink(&journal->writer, reading, bytes);
    if (error)
        log_error_of(LOG_JOURNAL, error, "The journal cannot be compacted");
}

static uint32_t journal_load(struct journal *journal, struct journal_report *report)
{
    CLEANUP_FREE void *bytes = NULL;
    struct reading *reading = &journal->reading;
    struct journal_file *file = journal->writer.file;
    size_t size;
    uint32_t error = file->read(file, &bytes, &size);
    if (!error)
        error = reading_take(reading, bytes, size, journal->writer.boot);
    if (error)
        return error;
    *report = reading->report;
    if (report->is_newer || report->damaged)
        report->keep_error = file->keep(file, report->is_newer ? "newer" : "damaged");
    if (report->keep_error)
        return report->keep_error;

    writer_continue(&journal->writer, reading);
    journal->open = reading->found;
    if (!reading->has_header && !report->damaged)
        return writer_start_afresh(&journal->writer);
    shrink_if_worth_it(journal, bytes);
    reading_prune(reading);
    return list_found(journal);
}

uint32_t journal_open(const struct journal_options *options, struct journal **opened,
                      struct journal_report *report)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    *opened = NULL;
    *report = (struct journal_report){0};
    if (!journal) {
        options->file->close(options->file);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    uint32_t error = writer_open(&journal->writer, options->file, options->boot);
    if (!error)
        error = journal_load(journal, report);
    if (error)
        journal_close(journal);
    else
        *opened = journal;
    return error;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    journal_forget_found(journal);
    journal->writer.file->close(journal->writer.file);
    writer_close(&journal->writer);
    free(journal);
}

const struct journal_entry *journal_found(const struct journal *journal, size_t *count)
{
    *count = journal->found_count;
    return journal->found;
}

void journal_forget_found(struct journal *journal)
{
    free(TAKE(journal->found));
    journal->found_count = 0;
    reading_drop(&journal->reading);
}

/* ---- what is said while the service runs ---- */

uint32_t journal_intend(struct journal *journal, const struct journal_change *change,
                        uint64_t *entry)
{
    struct record record = {.type = RECORD_INTENT, .entry = *entry, .change = *change};
    if (!record_size(&record))
        return ERROR_BAD_LENGTH;
    bool is_new = !*entry, is_due = false;
    lock_acquire(&journal->appending);
    uint32_t error = writer_append(&journal->writer, &record);
    if (!error) {
        journal->open += is_new;
        is_due = !journal->is_compacting && journal->writer.size > journal->writer.compact_at;
        journal->is_compacting |= is_due;
    }
    lock_release(&journal->appending);
    if (error)
        return error;

    if (change->outlives_restart)
        error = flush_to(journal, record.sequence);
    if (change->goes_on)
        error = 0; /* in the file it is */
    if (error)
        journal_mark(journal, record.entry, is_new ? JOURNAL_CLOSED : JOURNAL_FAILED, false);
    else
        *entry = record.entry;
    if (is_due)
        journal_compact(journal);
    return error;
}

void journal_mark(struct journal *journal, uint64_t entry, enum journal_outcome outcome,
                  bool is_flushed)
{
    struct record record = {.type = RECORD_MARK, .entry = entry, .outcome = outcome};
    if (!entry)
        return;
    lock_acquire(&journal->appending);
    uint32_t error = writer_append(&journal->writer, &record);
    if (outcome == JOURNAL_CLOSED && journal->open)
        journal->open--;
    lock_release(&journal->appending);
    if (!error && is_flushed)
        flush_to(journal, record.sequence);
}

void journal_flush(struct journal *journal)
{
    lock_acquire(&journal->appending);
    uint64_t last = journal->writer.sequence;
    lock_release(&journal->appending);
    flush_to(journal, last);
}

size_t journal_open_count(struct journal *journal)
{
    lock_acquire(&journal->appending);
    size_t open = journal->open;
    lock_release(&journal->appending);
    return open;
}

size_t journal_size(struct journal *journal)
{
    lock_acquire(&journal->appending);
    size_t size = journal->writer.size;
    lock_release(&journal->appending);
    return size;
}

uint32_t journal_visit(const void *bytes, size_t size, uint64_t boot,
                       bool (*visit)(void *context, const struct journal_entry *entry),
                       void *context)
{
    CLEANUP(reading_drop) struct reading reading = {0};
    uint32_t error = reading_take(&reading, bytes, size, boot);
    if (error)
        return error;
    if (reading.report.is_newer || (reading.report.damaged && !reading.sequence))
        return ERROR_INVALID_DATA;
    struct journal_entry entry;
    const struct reading_entry *at = NULL;
    while ((at = reading_next(&reading, at, &entry)) != NULL && visit(context, &entry))
        continue;
    return 0;
}
