/* SPDX-License-Identifier: MIT */
/* journal_toy.h: a journal over a fake file, and short words for what is said to it. Keys and
 * states are texts; the empty one means "absent". */
#ifndef TESTS_UNIT_JOURNAL_TOY_H
#define TESTS_UNIT_JOURNAL_TOY_H

#include "fakes/memory/journal_file.h"
#include "tests/unit/cmocka_test.h"

struct toy {
    struct fake_file *file;
    struct journal *journal; /* NULL: not open */
    struct journal_report report;
    uint64_t boot;
};

extern struct toy toy; /* for tests that need no more than one */

void toy_create(struct toy *of); /* opens it, in boot 1 */
void toy_destroy(struct toy *of);

/* The same of the one above, before and after a test. */
int toy_set_up(void **state);
int toy_tear_down(void **state);

/* Closes it, if it is open, and opens it. Returns what journal_open() does. */
uint32_t toy_try_open(struct toy *of);
void toy_reopen(struct toy *of);    /* which succeeds */
void toy_next_boot(struct toy *of); /* the same after Windows has restarted */

/* A change of kind 1, which does not outlive a restart, or of kind 2, which does. */
struct journal_change toy_change(uint32_t kind, const char *key, const char *base, const char *from,
                                 const char *to);
uint64_t toy_intend(struct toy *of, uint32_t kind, const char *key, const char *base,
                    const char *from, const char *to); /* a new entry */
void toy_intend_again(struct toy *of, uint64_t entry, uint32_t kind, const char *key,
                      const char *base, const char *from, const char *to);
void toy_mark(struct toy *of, uint64_t entry, enum journal_outcome outcome);

/* What was found, a line each: "1 key: base <- ours", with " or other" while it is undecided and
 * " (orphan)", " (restarted)" where that is so. "" for nothing; absent states are "-". Valid until
 * the next call. */
const char *toy_found(struct toy *of);

/* The same of any bytes, by journal_visit(). */
const char *toy_visited(const void *bytes, size_t size, uint64_t boot);

#define assert_found(toy, text) assert_string_equal(toy_found(toy), text)

#endif
