/* SPDX-License-Identifier: MIT */
/* ledger_toy.h: a simple kind of resource for tests of the ledger, and sessions that use it. */
#ifndef TESTS_UNIT_LEDGER_TOY_H
#define TESTS_UNIT_LEDGER_TOY_H

#include "base/errors.h"
#include "tests/unit/cmocka_test.h"
#include "undo/ledger.h"

/* A row of cells, each absent or with a value and a tag. A client chooses the value (ANY leaves it
 * open and is stored as FILLED_IN) but not the tag. */
enum { CELLS = 8, ANY = 0xFF, FILLED_IN = 99 };

struct cell {
    unsigned char value, tag;
    bool present;
};

extern struct toy {
    struct cell cells[CELLS];
    unsigned changes;
    unsigned flushes;
    /* while set, every such call fails with it */
    uint32_t fail_change, fail_probe, fail_flush;
    bool vanishes_first;   /* another program removes the cell before its change */
    char order[CELLS * 8]; /* keys of the changes, in order */
} toy;

extern const struct kind toy_kind;
uint32_t toy_flush(void *context);

extern unsigned informed, failed; /* lines in the log */

extern struct ledger *ledger;
extern struct ledger_session alice, bob, carol;

int set_up(void **state);
int tear_down(void **state);

uint32_t add(struct ledger_session *session, unsigned char key, unsigned char value);
uint32_t take_away(struct ledger_session *session, unsigned char key);
uint32_t set(struct ledger_session *session, unsigned char key, unsigned char value);
uint32_t set_absent(struct ledger_session *session, unsigned char key);
uint32_t let_go(struct ledger_session *session, unsigned char key);
void third_party_sets(unsigned char key, unsigned char value, unsigned char tag);
void third_party_removes(unsigned char key);

/* Asserts that nothing is left to undo. */
void undo(struct ledger_session *session);

#define assert_cell(key, value_, tag_)                                                             \
    do {                                                                                           \
        assert_true(toy.cells[key].present);                                                       \
        assert_int_equal(toy.cells[key].value, value_);                                            \
        assert_int_equal(toy.cells[key].tag, tag_);                                                \
    } while (0)
#define assert_absent(key)   assert_false(toy.cells[key].present)
#define assert_claims(count) assert_int_equal(ledger_claim_count(ledger), count)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
