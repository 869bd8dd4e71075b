/* SPDX-License-Identifier: MIT */
/* A journal that another process writes is read bit by bit as it grows: each time the same is found
 * in it as by reading it anew. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/errors.h"
#include "tests/unit/journal_toy.h"
#include "undo/journal_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 400, KEYS = 5 };

static struct reading growing = {.boot = 1};

static const char *const keys[KEYS] = {"a", "b", "c", "d",
                                       "a key that is so long that it takes slots"};

static size_t name_of(const char *key, unsigned char *name)
{
    store_u32(name, 2);
    memcpy(name + 4, key, strlen(key));
    return 4 + strlen(key);
}

static bool is_same(const struct journal_entry *a, const struct journal_entry *b)
{
    return a->number == b->number && a->is_undecided == b->is_undecided &&
           a->is_orphan == b->is_orphan && bytes_equal(a->base, b->base) &&
           bytes_equal(a->ours, b->ours) && bytes_equal(a->other, b->other);
}

static void compare_with(const struct reading *anew)
{
    for (size_t i = 0; i < KEYS; i++) {
        unsigned char name[64];
        struct journal_entry grown = {0}, whole = {0};
        const struct bytes resource = {name, name_of(keys[i], name)};
        bool is_found = reading_find(&growing, resource, &grown);
        assert_int_equal(is_found, reading_find(anew, resource, &whole));
        assert_true(!is_found || is_same(&grown, &whole));
    }
}

/* As `others` does. */
static uint32_t go_on(struct bytes file, size_t size)
{
    size_t from = reading_goes_on_at(&growing);
    from = from <= size ? from : 0;
    return reading_go_on(&growing, (const unsigned char *)file.at + from, size - from);
}

static void check_prefix(struct bytes file, size_t size)
{
    CLEANUP(reading_drop) struct reading anew = {0};
    assert_int_equal(go_on(file, size), 0);
    assert_int_equal(reading_take(&anew, file.at, size, 1), 0);
    compare_with(&anew);
}

static uint64_t entries[KEYS];

static void random_step(void)
{
    static const char *const states[] = {"x", "y",
                                         "a state that is longer than one slot of a file"};
    size_t i = (size_t)(rand() % KEYS);
    if (!entries[i])
        entries[i] = toy_intend(&toy, 2, keys[i], "", "", states[rand() % 3]);
    else if (rand() % 3)
        toy_mark(&toy, entries[i], rand() % 2 ? JOURNAL_APPLIED : JOURNAL_ORPHANED);
    else if (rand() % 2)
        toy_intend_again(&toy, entries[i], 2, keys[i], "", states[rand() % 3], states[rand() % 3]);
    else {
        toy_mark(&toy, entries[i], JOURNAL_CLOSED);
        entries[i] = 0;
    }
}

/* Wherever it is looked at, also in the middle of a record. */
static void test_a_file_that_grows(void **state)
{
    (void)state;
    srand(1);
    size_t seen = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        random_step();
        const struct bytes file = fake_file_content(toy.file);
        for (; seen < file.size; seen += 1 + (size_t)(rand() % 50))
            check_prefix(file, seen);
        check_prefix(file, file.size);
    }
    reading_drop(&growing);
}

/* The same length, another content: nothing of the old one may be believed. */
static void test_a_file_that_was_written_anew(void **state)
{
    unsigned char old[4 * SLOT_SIZE * 16];
    (void)state;
    growing = (struct reading){.boot = 1};
    memset(entries, 0, sizeof(entries));
    toy_intend(&toy, 2, "a", "", "", "x");
    struct bytes file = fake_file_content(toy.file);
    assert_in_range(file.size, 1, sizeof(old));
    memcpy(old, file.at, file.size);
    const struct bytes before = {old, file.size};
    assert_int_equal(go_on(before, before.size), 0);
    toy_destroy(&toy);
    toy_create(&toy);
    toy_intend(&toy, 2, "b", "", "", "x");
    file = fake_file_content(toy.file);
    assert_int_equal(file.size, before.size);
    assert_int_equal(go_on(file, file.size), ERROR_INVALID_DATA);
    reading_drop(&growing);
    growing = (struct reading){.boot = 1};
    check_prefix(file, file.size);
    reading_drop(&growing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_that_grows, toy_set_up, toy_tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_was_written_anew, toy_set_up,
                                        toy_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
