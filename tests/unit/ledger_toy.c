/* SPDX-License-Identifier: MIT */
#include "tests/unit/ledger_toy.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

struct toy toy;

static uint32_t toy_probe(void *context, struct bytes key, struct state *state)
{
    assert_ptr_equal(context, &toy);
    const struct cell *cell = &toy.cells[*(const unsigned char *)key.at];
    if (toy.fail_probe)
        return toy.fail_probe;
    state->size = cell->present ? 2 : 0;
    state->bytes[0] = cell->value;
    state->bytes[1] = cell->tag;
    return 0;
}

static uint32_t toy_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    assert_ptr_equal(context, &toy);
    unsigned char at = *(const unsigned char *)key.at;
    struct cell *cell = &toy.cells[at];
    const unsigned char *bytes = to.at;
    assert_int_equal(from.size != 0, cell->present);
    assert_true(from.size || to.size);
    if (toy.fail_change)
        return toy.fail_change;
    if (toy.vanishes_first) {
        *cell = (struct cell){0};
        return ERROR_NOT_FOUND;
    }
    toy.changes++;
    toy.order[strlen(toy.order)] = (char)('0' + at);
    *cell = (struct cell){0};
    if (to.size)
        *cell = (struct cell){bytes[0] == ANY ? FILLED_IN : bytes[0], bytes[1], true};
    return 0;
}

static bool toy_satisfies(struct bytes found, struct bytes wanted)
{
    unsigned char have = *(const unsigned char *)found.at, want = *(const unsigned char *)wanted.at;
    return want == ANY || have == want;
}

uint32_t toy_flush(void *context)
{
    assert_ptr_equal(context, &toy);
    toy.flushes++;
    return toy.fail_flush;
}

static void toy_describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "cell %u", *(const unsigned char *)key.at);
}

static bool toy_is_valid(struct bytes key, struct bytes state)
{
    return key.size == 1 && *(const unsigned char *)key.at < 10 &&
           (state.size == 0 || state.size == 2);
}

const struct kind toy_kind = {
    .name = "cell",
    .number = 7,
    .lifetime = LIFETIME_BOOT,
    .is_valid = toy_is_valid,
    .probe = toy_probe,
    .change = toy_change,
    .satisfies = toy_satisfies,
    .describe = toy_describe,
};

unsigned informed, failed;

static void count_line(const struct log_line *line)
{
    assert_non_null(strstr(line->text, "cell "));
    *(line->level == LOG_ERROR ? &failed : &informed) += 1;
}

/* ---- the ledger and its sessions ---- */

struct ledger *ledger;
struct ledger_session alice, bob, carol;

int set_up(void **state)
{
    (void)state;
    memset(&toy, 0, sizeof(toy));
    informed = failed = 0;
    alice = bob = carol = (struct ledger_session){0};
    log_to(count_line);
    ledger = ledger_create(&toy, NULL, NULL, toy_flush);
    return ledger ? 0 : -1;
}

int tear_down(void **state)
{
    (void)state;
    ledger_destroy(ledger);
    return 0;
}

uint32_t add(struct ledger_session *session, unsigned char key, unsigned char value)
{
    const unsigned char wanted[2] = {value, 0};
    return ledger_add(ledger, session, &toy_kind, (struct bytes){&key, 1},
                      (struct bytes){wanted, 2});
}

uint32_t take_away(struct ledger_session *session, unsigned char key)
{
    return ledger_delete(ledger, session, &toy_kind, (struct bytes){&key, 1});
}

uint32_t set(struct ledger_session *session, unsigned char key, unsigned char value)
{
    const unsigned char wanted[2] = {value, 0};
    return ledger_set(ledger, session, &toy_kind, (struct bytes){&key, 1},
                      (struct bytes){wanted, 2});
}

uint32_t set_absent(struct ledger_session *session, unsigned char key)
{
    return ledger_set(ledger, session, &toy_kind, (struct bytes){&key, 1}, (struct bytes){NULL, 0});
}

uint32_t let_go(struct ledger_session *session, unsigned char key)
{
    return ledger_release(ledger, session, &toy_kind, (struct bytes){&key, 1});
}

void third_party_sets(unsigned char key, unsigned char value, unsigned char tag)
{
    toy.cells[key] = (struct cell){value, tag, true};
}

void third_party_removes(unsigned char key)
{
    toy.cells[key] = (struct cell){0};
}

void undo(struct ledger_session *session)
{
    assert_int_equal(ledger_undo(ledger, session), 0);
    assert_null(session->newest);
}
