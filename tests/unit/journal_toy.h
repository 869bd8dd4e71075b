/* SPDX-License-Identifier: MIT */
/* journal_toy.h: a journal over a fake file, with short functions for its calls. Keys and states
 * are strings; the empty one means "absent". */
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

extern struct toy toy; /* for tests that need only one */

void toy_create(struct toy *of); /* opens it, in boot 1 */
void toy_destroy(struct toy *of);

/* The same for the variable above, as set-up and tear-down of a test. */
int toy_set_up(void **state);
int toy_tear_down(void **state);

/* Closes it if it is open, and opens it. Returns what journal_open() returns. */
uint32_t toy_try_open(struct toy *of);
void toy_reopen(struct toy *of);    /* must succeed */
void toy_next_boot(struct toy *of); /* the same after a reboot of Windows */

/* A change of kind 1, which a reboot undoes, or of kind 2, which outlives it. */
struct journal_change toy_change(uint32_t kind, const char *key, const char *base, const char *from,
                                 const char *to);
uint64_t toy_intend(struct toy *of, uint32_t kind, const char *key, const char *base,
                    const char *from, const char *to); /* a new entry */
void toy_intend_again(struct toy *of, uint64_t entry, uint32_t kind, const char *key,
                      const char *base, const char *from, const char *to);
void toy_mark(struct toy *of, uint64_t entry, enum journal_outcome outcome);

/* The open entries, one line each: "1 key: base <- ours", with " or other" while it is undecided,
 * and " (orphan)" or " (restarted)" where that applies. "" if there are none; absent states are
 * "-". Valid until the next call. */
const char *toy_found(struct toy *of);

/* The same for any bytes, read with journal_visit(). */
const char *toy_visited(const void *bytes, size_t size, uint64_t boot);

#define assert_found(toy, text) assert_string_equal(toy_found(toy), text)

#endif
