/* SPDX-License-Identifier: MIT */
/* journal_file.h: the fake behind struct journal_file: a file in memory that knows what has been
 * flushed.
 *
 * It stays when a journal closes it, for the next journal to open. It fails, loses power or dies on
 * request, and counts calls. Thread-safe, except fake_file_create() and _destroy(). The name of an
 * operation is that of the member of struct journal_file: "append". */
#ifndef FAKES_MEMORY_JOURNAL_FILE_H
#define FAKES_MEMORY_JOURNAL_FILE_H

#include "undo/journal.h"

struct fake_file;

struct fake_file *fake_file_create(void); /* aborts when there is no memory: this is test code */
void fake_file_destroy(struct fake_file *file);

/* The interface to open a journal with. Only one at a time. */
struct journal_file *fake_file_open(struct fake_file *file);
bool fake_file_is_open(struct fake_file *file);

/* Replaces the content, flushed. The bytes may be part of the file's own content. */
void fake_file_set(struct fake_file *file, const void *bytes, size_t size);

/* Valid until the content changes. */
struct bytes fake_file_content(struct fake_file *file);

/* A copy on the heap, and whether a living process has the file open. */
void *fake_file_copy(struct fake_file *file, size_t *size, bool *is_alive);
/* Never 0, and another number whenever what fake_file_copy() returns has changed. */
uint64_t fake_file_version(struct fake_file *file);

/* The content that was kept last for this reason; NULL when there is none. */
struct bytes fake_file_kept(struct fake_file *file, const char *reason);

/* The nth call of the operation (1 is the next) fails with `error`, without effect. Only for
 * "append", "flush", "replace", "keep", "read" and "measure", with one failure per operation at a
 * time; `nth` 0 removes it. */
void fake_file_fail(struct fake_file *file, const char *operation, unsigned nth, uint32_t error);

/* The same for "append", which leaves the first `size` bytes (or all, if there are fewer). */
void fake_file_tear(struct fake_file *file, unsigned nth, uint32_t error, size_t size);

/* Calls of the operation since creation, including failed ones. */
unsigned fake_file_calls(struct fake_file *file, const char *operation);

/* What was flushed stays; of the rest a random part stays, which is cut off or continued with
 * zeros. The same for the same seed. */
void fake_file_lose_power(struct fake_file *file, uint32_t seed);

/* `step` is called before and after the effect of each operation that writes, on the caller's
 * thread and without a lock. When it returns false the process has died there: from then on no call
 * has an effect, and all return an error. NULL: no step. Ends an earlier death. */
void fake_file_watch(struct fake_file *file, bool (*step)(void *context), void *context);

#endif
