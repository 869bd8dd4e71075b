/* SPDX-License-Identifier: MIT */
/* crashed_ledger.h: a ledger with a journal, over the cells of ledger_toy.h, whose process dies and
 * is followed by another one. */
#ifndef TESTS_UNIT_CRASHED_LEDGER_H
#define TESTS_UNIT_CRASHED_LEDGER_H

#include "fakes/memory/journal_file.h"
#include "tests/unit/ledger_toy.h"

extern struct fake_file *file;
extern struct journal *journal;
extern struct ledger_summary summary; /* of the last recover() */
extern struct kind kind;              /* toy_kind, as a test may have modified it */
extern uint64_t boot;

/* The answer of the kind's identify(). */
extern unsigned char interface_guid[KIND_IDENTITY_SIZE];
extern uint32_t identify_error;
extern bool interface_is_away; /* its cells are absent then */

uint32_t set_to(struct ledger_session *session, unsigned char key, unsigned char value);
uint32_t remove_it(struct ledger_session *session, unsigned char key);

/* The process dies: nothing is undone, and nothing more is written. */
void die(void);
void start(void); /* starts the next process, which does not recover yet */
void recover(void);

int crashed_ledger_begin(void **state);
int crashed_ledger_finish(void **state);

#undef TEST
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, crashed_ledger_begin, crashed_ledger_finish)

#endif
