/* SPDX-License-Identifier: MIT */
/* A journal of the version that wrote "settled" records (docs/journal.md, "Versions") is still
 * read.
 *
 * tests/golden/journal-before-flush-then-close.bin was written by that version: session 1 has set
 * name servers and WINS servers and has ended, then session 0 has made every kind of change
 * (crash_change_every_kind() with seed 1), and the process has died. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/crash.h"

static const char GOLDEN[] = "tests/golden/journal-before-flush-then-close.bin";

static unsigned char bytes[64 * 1024];
static struct crash world;

static size_t read_golden(void)
{
    FILE *file = fopen(GOLDEN, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    assert_true(size > 0 && size < sizeof(bytes));
    return size;
}

static bool count_entry(void *context, const struct journal_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static void test_its_entries_are_put_back(void **state)
{
    size_t entries = 0, size = read_golden();
    (void)state;
    crash_open(&world);
    random_begin(1);
    crash_start(&world, 0, 1, false);
    world.channels[0].session.id = 1;
    crash_change_every_kind(&world);
    crash_die(&world);
    crash_restart_service(&world);
    assert_int_equal(journal_visit(bytes, size, 1, count_entry, &entries), 0);
    assert_true(entries > 10);
    fake_file_set(world.file, bytes, size);
    assert_true(crash_check_recovery(&world));
    crash_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_its_entries_are_put_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
