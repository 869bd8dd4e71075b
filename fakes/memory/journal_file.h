/* SPDX-License-Identifier: MIT */
/* journal_file.h: the fake behind struct journal_file: a file in memory that knows what has been
 * flushed.
 *
 * It stays when a journal closes it, for the next journal to open. Fails, loses its power or dies
 * on request, and counts calls. Thread-safe, except fake_file_create() and _destroy(). Functions
 * that take the name of an operation mean the member of struct journal_file: "append". */
#ifndef FAKES_MEMORY_JOURNAL_FILE_H
#define FAKES_MEMORY_JOURNAL_FILE_H

#include "undo/journal.h"

struct fake_file;

struct fake_file *fake_file_create(void); /* aborts when memory is short: test code */
void fake_file_destroy(struct fake_file *file);

/* What a journal is opened with. One at a time. */
struct journal_file *fake_file_open(struct fake_file *file);
bool fake_file_is_open(struct fake_file *file);

/* The content becomes these bytes, flushed. They may lie in the file itself. */
void fake_file_set(struct fake_file *file, const void *bytes, size_t size);

/* Valid until the content changes. */
struct bytes fake_file_content(struct fake_file *file);

/* What was last kept for this reason; NULL when nothing was. */
struct bytes fake_file_kept(struct fake_file *file, const char *reason);

/* The nth call of the operation (1 is the next) fails with `error`, without effect. Only
 * "append", "flush", "replace", "keep", "read" and "measure" can. One such failure an operation at
 * a time; `nth` 0 takes it back. */
void fake_file_fail(struct fake_file *file, const char *operation, unsigned nth, uint32_t error);

/* The same for "append", which leaves the first `size` bytes (or all, if there are fewer). */
void fake_file_tear(struct fake_file *file, unsigned nth, uint32_t error, size_t size);

/* Calls of the operation since creation, also those that failed. */
unsigned fake_file_calls(struct fake_file *file, const char *operation);

/* What was flushed stays; of the rest a random part does, which is cut off or goes on with zeros.
 * The same for the same seed. */
void fake_file_lose_power(struct fake_file *file, uint32_t seed);

/* Called before the effect of each operation that writes, and again after it, on the thread of its
 * caller and without a lock. When it returns false the process has died there: neither this call
 * nor any later one has an effect from then on, and all return an error. NULL: none. Takes back an
 * earlier death. */
void fake_file_watch(struct fake_file *file, bool (*step)(void *context), void *context);

#endif
