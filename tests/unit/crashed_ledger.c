/* SPDX-License-Identifier: MIT */
#include "tests/unit/crashed_ledger.h"

#include "base/cleanup.h"

#include <string.h>

struct fake_file *file;
struct journal *journal;
struct ledger_summary summary;
unsigned char interface_guid[KIND_IDENTITY_SIZE] = "interface";
uint32_t identify_error;
bool interface_is_away;

static uint32_t identify(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                         size_t *size)
{
    (void)context;
    (void)key;
    memcpy(at, interface_guid, sizeof(interface_guid));
    *size = sizeof(interface_guid);
    return identify_error;
}

static bool is_away(void *context, struct bytes key, struct bytes identity)
{
    (void)context;
    (void)key;
    assert_memory_equal(identity.at, interface_guid, sizeof(interface_guid));
    return interface_is_away;
}

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    if (!interface_is_away)
        return toy_kind.probe(context, key, state);
    state->size = 0;
    return 0;
}

struct kind kind;

uint64_t boot;

void start(void)
{
    const struct journal_options options = {.file = fake_file_open(file), .boot = boot};
    struct journal_report report;
    assert_int_equal(journal_open(&options, &journal, &report), 0);
    ledger = ledger_create(&toy, journal, NULL, toy_flush);
    assert_non_null(ledger);
}

void die(void)
{
    CLEANUP_FREE void *image = NULL;
    const struct bytes content = fake_file_content(file);
    const size_t size = content.size;
    image = malloc(size);
    memcpy(image, content.at, size);
    struct toy as_it_was = toy;
    ledger_undo(ledger, &alice);
    ledger_undo(ledger, &bob);
    ledger_destroy(ledger);
    journal_close(journal);
    toy = as_it_was;
    fake_file_set(file, image, size);
    memset(toy.order, 0, sizeof(toy.order));
    informed = failed = 0;
}

void recover(void)
{
    const struct kind *const kinds[] = {&kind};
    start();
    ledger_recover(ledger, kinds, 1, &summary);
}

int crashed_ledger_begin(void **state)
{
    interface_guid[0] = 'i';
    identify_error = 0;
    interface_is_away = false;
    boot = 1;
    kind = toy_kind;
    kind.identify = identify;
    kind.is_away = is_away;
    kind.probe = probe;
    set_up(state);
    ledger_destroy(ledger);
    file = fake_file_create();
    start();
    return 0;
}

int crashed_ledger_finish(void **state)
{
    tear_down(state);
    journal_close(journal);
    fake_file_destroy(file);
    return 0;
}

uint32_t set_to(struct ledger_session *session, unsigned char key, unsigned char value)
{
    const unsigned char wanted[2] = {value, 0};
    return ledger_set(ledger, session, &kind, (struct bytes){&key, 1}, (struct bytes){wanted, 2});
}

uint32_t remove_it(struct ledger_session *session, unsigned char key)
{
    return ledger_delete(ledger, session, &kind, (struct bytes){&key, 1});
}
