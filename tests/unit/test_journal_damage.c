/* SPDX-License-Identifier: MIT */
/* What a journal does with a file that is not as it was written. */
#include "tests/unit/journal_toy.h"

#include "base/errors.h"
#include "undo/record.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 16 };

static unsigned char whole[8192], bytes[8192];
static size_t ends[RECORDS_MAX], records; /* of `whole`: record i ends at ends[i] */
static size_t size;

static void note(void)
{
    size = fake_file_content(toy.file).size;
    assert_true(records < RECORDS_MAX);
    ends[records++] = size;
}

/* Entries of every type, in a file small enough to damage each of its bytes in turn. */
static int set_up(void **state)
{
    (void)state;
    records = 0;
    toy_create(&toy);
    ends[records++] = journal_size(toy.journal); /* after the header */
    uint64_t route = toy_intend(&toy, 1, "route", "", "", "one hop");
    note();
    toy_mark(&toy, route, JOURNAL_APPLIED);
    note();
    uint64_t dns = toy_intend(&toy, 2, "dns", "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR",
                              "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR", "10.8.0.1");
    note();
    uint64_t gone = toy_intend(&toy, 1, "gone", "x", "x", "y");
    note();
    toy_mark(&toy, dns, JOURNAL_APPLIED);
    note();
    toy_mark(&toy, gone, JOURNAL_CLOSED);
    note();
    toy_intend_again(&toy, dns, 2, "dns", "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR",
                     "10.8.0.1", "10.9.0.1,10.9.0.2,10.9.0.3,10.9.0.4,10.9.0.5");
    note();
    toy_mark(&toy, route, JOURNAL_ORPHANED);
    note();
    toy_intend(&toy, 1, "last", "", "", "of all");
    note();
    assert_true(size <= sizeof(whole));
    memcpy(whole, fake_file_content(toy.file).at, size);
    return 0;
}

/* A copy, because toy_found() and toy_visited() share one buffer. */
static char *visited(const void *at, size_t count)
{
    char *text = strdup(toy_visited(at, count, 1));
    assert_non_null(text);
    return text;
}

static void set_content(const void *content, size_t count)
{
    journal_close(TAKE(toy.journal));
    fake_file_set(toy.file, content, count);
}

static void assert_content(const void *content, size_t count)
{
    const struct bytes now = fake_file_content(toy.file);
    assert_int_equal(now.size, count);
    assert_memory_equal(now.at, content, count);
}

static void assert_kept(const char *reason, const void *content, size_t count)
{
    const struct bytes kept = fake_file_kept(toy.file, reason);
    assert_int_equal(kept.size, count);
    assert_memory_equal(kept.at, content, count);
}

/* ---- the end is missing ---- */

/* The offset at which the content of record i ends; only padding follows, which is ignored. */
static size_t extent(size_t record)
{
    size_t end = ends[record];
    while (!whole[end - 1])
        end--;
    return end;
}

static size_t whole_records(size_t cut)
{
    size_t count = 0;
    while (count < records && extent(count) <= cut)
        count++;
    return count;
}

/* The file is cut, and `zeros` zero bytes follow. Whole records must be found, nothing is reported
 * as damage, and the journal can be continued. */
static void check_cut(size_t cut, size_t zeros)
{
    size_t count = whole_records(cut);
    if (count == 1 && cut < SLOT_SIZE && !zeros)
        count = 0; /* the header's checksum is its last field */
    CLEANUP_FREE char *expected = visited(whole, count ? ends[count - 1] : 0);
    memcpy(bytes, whole, cut);
    memset(bytes + cut, 0, zeros);
    set_content(bytes, cut + zeros);
    toy_reopen(&toy);
    assert_found(&toy, expected);
    assert_int_equal(toy.report.damaged, 0);
    assert_int_equal(fake_file_calls(toy.file, "keep"), 0);

    toy_intend(&toy, 1, "more", "", "", "z");
    toy_reopen(&toy);
    if (strncmp(toy_found(&toy), expected, strlen(expected)) != 0)
        fail_msg("cut at %zu with %zu zeros: not found any more", cut, zeros);
    assert_string_equal(toy_found(&toy) + strlen(expected), "1 more: - <- z or -\n");
    assert_int_equal(toy.report.damaged + toy.report.torn, 0);
}

static void test_every_cut_keeps_whole_records_and_can_be_appended_to(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= size; cut++)
        check_cut(cut, 0);
}

static void test_zeros_behind_every_cut_are_no_damage(void **state)
{
    (void)state;
    static const size_t zeros[] = {1, 63, 64, 65, 700};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        for (size_t cut = 0; cut <= size; cut++)
            check_cut(cut, zeros[i]);
}

static void test_the_torn_bytes_are_those_after_the_last_whole_record(void **state)
{
    (void)state;
    set_content(whole, ends[3] + 70);
    toy_reopen(&toy);
    assert_int_equal(toy.report.torn, 70);
    assert_int_equal(toy.report.size, ends[3] + 70);
}

/* ---- changed bytes ---- */

static void damage(size_t at, unsigned char flip)
{
    memcpy(bytes, whole, size);
    bytes[at] ^= flip;
    set_content(bytes, size);
}

static void damage_record(size_t record)
{
    damage((record ? ends[record - 1] : 0) + 12, 0x40);
}

static size_t record_at(size_t at)
{
    size_t record = 0;
    while (ends[record] <= at)
        record++;
    return record;
}

/* What the file says without one of its records; everything, when that is the header. */
static char *visited_without(size_t record)
{
    static unsigned char rest[sizeof(whole)];
    size_t start = record ? ends[record - 1] : 0, end = record ? ends[record] : 0;
    memcpy(rest, whole, start);
    memcpy(rest + start, whole + end, size - end);
    return visited(rest, size - (end - start));
}

static void test_a_changed_byte_costs_no_more_than_its_record(void **state)
{
    (void)state;
    static const unsigned char flips[] = {0x01, 0x11, 0x80, 0xff}; /* 0x11 turns R into C */
    for (size_t at = 0; at < size; at++) {
        size_t record = record_at(at);
        bool is_padding = record > 0 && at >= extent(record);
        CLEANUP_FREE char *expected = is_padding ? visited(whole, size) : visited_without(record);
        for (size_t i = 0; i < sizeof(flips); i++) {
            damage(at, flips[i]);
            toy_reopen(&toy);
            if (strcmp(toy_found(&toy), expected) != 0)
                fail_msg("byte %zu: found\n%sand not\n%s", at, toy_found(&toy), expected);
            if (!is_padding && !(toy.report.damaged + toy.report.torn))
                fail_msg("byte %zu: not noticed", at);
        }
    }
}

static void test_a_damaged_file_is_kept_and_then_written_anew(void **state)
{
    (void)state;
    for (size_t record = 0; record < records; record++) {
        damage_record(record);
        toy_reopen(&toy);
        CLEANUP_FREE char *found = strdup(toy_found(&toy));
        assert_kept("damaged", bytes, size);
        assert_true(toy.report.damaged >= SLOT_SIZE && toy.report.damaged % SLOT_SIZE == 0);
        assert_int_equal(toy.report.size, size);
        assert_int_equal(toy.report.keep_error, 0);
        toy_reopen(&toy);
        assert_int_equal(toy.report.damaged, 0);
        assert_found(&toy, found);
    }
}

static void test_damage_that_cannot_be_kept_is_left_as_it_is(void **state)
{
    (void)state;
    damage(ends[2] + 20, 1);
    unsigned writes = fake_file_calls(toy.file, "append") + fake_file_calls(toy.file, "replace");
    fake_file_fail(toy.file, "keep", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(toy_try_open(&toy), ERROR_ACCESS_DENIED);
    assert_int_equal(toy.report.keep_error, ERROR_ACCESS_DENIED);
    assert_true(toy.report.damaged);
    assert_false(fake_file_is_open(toy.file));
    assert_content(bytes, size);
    assert_int_equal(fake_file_calls(toy.file, "append") + fake_file_calls(toy.file, "replace"),
                     writes);
}

static void test_a_damaged_file_that_cannot_be_written_anew_is_used_as_it_is(void **state)
{
    (void)state;
    for (size_t record = 0; record < records; record++) {
        damage_record(record);
        fake_file_fail(toy.file, "replace", 1, ERROR_ACCESS_DENIED);
        toy_reopen(&toy);
        CLEANUP_FREE char *found = strdup(toy_found(&toy));
        toy_intend(&toy, 1, "more", "", "", "z");
        toy_reopen(&toy);
        assert_memory_equal(toy_found(&toy), found, strlen(found));
        assert_string_equal(toy_found(&toy) + strlen(found), "1 more: - <- z or -\n");
    }
}

static void test_any_other_file_is_damage(void **state)
{
    (void)state;
    memset(bytes, 'x', 1000);
    set_content(bytes, 1000);
    toy_reopen(&toy);
    assert_found(&toy, "");
    assert_int_equal(toy.report.damaged, 1000);
    assert_kept("damaged", bytes, 1000);
    assert_int_equal(journal_size(toy.journal), SLOT_SIZE);
}

/* The state of a resource contains a whole journal, slot for slot, and the record around it is
 * damaged. */
static void test_content_never_passes_for_a_record(void **state)
{
    (void)state;
    set_content(NULL, 0);
    toy_reopen(&toy);
    for (size_t shift = 0; shift < SLOT_SIZE; shift++) {
        static unsigned char nested[sizeof(whole) + SLOT_SIZE];
        memset(nested, 'R', sizeof(nested));
        memcpy(nested + shift, whole, size);
        struct journal_change change = toy_change(1, "route", "", "", "");
        change.to = (struct bytes){nested, shift + size};
        uint64_t entry = 0;
        assert_int_equal(journal_intend(toy.journal, &change, &entry), 0);
        const struct bytes content = fake_file_content(toy.file);
        memcpy(bytes, content.at, content.size);
        bytes[SLOT_SIZE] = 'C';
        set_content(bytes, content.size);
        toy_reopen(&toy);
        assert_found(&toy, "");
        assert_int_equal(toy.report.damaged, content.size - SLOT_SIZE);
    }
}

static void test_damage_while_the_service_runs_is_kept_when_it_compacts(void **state)
{
    (void)state;
    uint64_t entry = toy_intend(&toy, 1, "busy", "", "", "z");
    memcpy(bytes, whole, size);
    bytes[ends[2] + 20] ^= 1;
    fake_file_set(toy.file, bytes, size);
    for (unsigned i = 0; i < 20000 && !fake_file_kept(toy.file, "damaged").size; i++)
        toy_intend_again(&toy, entry, 1, "busy", "", "y", "z");
    assert_memory_equal(fake_file_kept(toy.file, "damaged").at, bytes, size);
}

static void test_a_torn_end_behind_damage_is_torn_all_the_same(void **state)
{
    (void)state;
    memcpy(bytes, whole, size);
    memcpy(bytes + size, whole + ends[2], 70);
    bytes[size - SLOT_SIZE - 1] ^= 1;
    set_content(bytes, size + 70);
    toy_reopen(&toy);
    assert_int_equal(toy.report.damaged, size - ends[records - 2]);
    assert_int_equal(toy.report.torn, 70);
}

/* ---- a newer version ---- */

static void make_newer(void)
{
    memcpy(bytes, whole, size);
    header_encode(JOURNAL_VERSION + 1, bytes);
    set_content(bytes, size);
}

static void test_a_newer_version_is_kept_and_not_read(void **state)
{
    (void)state;
    make_newer();
    toy_reopen(&toy);
    assert_true(toy.report.is_newer);
    assert_int_equal(toy.report.damaged, 0);
    assert_found(&toy, "");
    assert_kept("newer", bytes, size);
    assert_int_equal(journal_size(toy.journal), SLOT_SIZE);
    toy_intend(&toy, 1, "a", "", "", "b");
    toy_reopen(&toy);
    assert_false(toy.report.is_newer);
    assert_found(&toy, "1 a: - <- b or -\n");
}

static void test_a_newer_version_that_cannot_be_kept_or_replaced_stays(void **state)
{
    (void)state;
    static const char *const operations[] = {"keep", "replace"};
    for (size_t i = 0; i < 2; i++) {
        make_newer();
        fake_file_fail(toy.file, operations[i], 1, ERROR_ACCESS_DENIED);
        assert_int_equal(toy_try_open(&toy), ERROR_ACCESS_DENIED);
        assert_true(toy.report.is_newer);
        assert_int_equal(toy.report.keep_error, i == 0 ? ERROR_ACCESS_DENIED : 0);
        assert_content(bytes, size);
    }
}

static bool never(void *context, const struct journal_entry *entry)
{
    (void)context;
    (void)entry;
    fail();
    return false;
}

static void test_a_visitor_cannot_read_a_newer_version(void **state)
{
    (void)state;
    make_newer();
    assert_int_equal(journal_visit(bytes, size, 1, never, NULL), ERROR_INVALID_DATA);
}

/* ---- after a failed append ---- */

static void fail_to_intend(size_t torn)
{
    const struct journal_change change = toy_change(2, "failed", "", "", "z");
    uint64_t entry = 0;
    size_t open = journal_open_count(toy.journal);
    fake_file_tear(toy.file, 1, ERROR_ACCESS_DENIED, torn);
    assert_int_equal(journal_intend(toy.journal, &change, &entry), ERROR_ACCESS_DENIED);
    assert_true(entry == 0);
    assert_int_equal(journal_open_count(toy.journal), open);
}

static void test_what_follows_a_failed_append_is_readable(void **state)
{
    (void)state;
    CLEANUP_FREE char *before = visited(whole, size);
    for (size_t torn = 0; torn <= 70; torn++) {
        set_content(whole, size);
        toy_reopen(&toy);
        fail_to_intend(torn);
        fail_to_intend(torn);
        toy_mark(&toy, toy_intend(&toy, 1, "more", "", "", "z"), JOURNAL_APPLIED);
        toy_reopen(&toy);
        if (strncmp(toy_found(&toy), before, strlen(before)) != 0)
            fail_msg("torn after %zu bytes: not found any more", torn);
        assert_string_equal(toy_found(&toy) + strlen(before), "1 more: - <- z\n");
        assert_int_equal(toy.report.damaged + toy.report.torn, 0);
    }
}

static void test_an_end_after_a_failed_append_is_torn(void **state)
{
    (void)state;
    CLEANUP_FREE char *before = visited(whole, size);
    fail_to_intend(70);
    toy_reopen(&toy);
    assert_found(&toy, before);
    assert_int_equal(toy.report.torn, 70);
    assert_int_equal(toy.report.damaged, 0);
}

static void test_an_end_after_two_failed_appends_is_torn_too(void **state)
{
    (void)state;
    CLEANUP_FREE char *before = visited(whole, size);
    fail_to_intend(70);
    fail_to_intend(58 + 5); /* the padding, and some bytes of the repair record */
    toy_reopen(&toy);
    assert_found(&toy, before);
    assert_int_equal(toy.report.torn, 2 * SLOT_SIZE + 5);
    assert_int_equal(toy.report.damaged, 0);
}

static void test_only_what_was_torn_is_forgiven(void **state)
{
    (void)state;
    fail_to_intend(70);
    toy_intend(&toy, 1, "more", "", "", "z");
    struct bytes content = fake_file_content(toy.file);
    size_t now = content.size;
    memcpy(bytes, content.at, now);
    bytes[extent(records - 1) - 3] ^= 1; /* of the record before it */
    set_content(bytes, now);
    toy_reopen(&toy);
    assert_int_equal(toy.report.damaged, ends[records - 1] - ends[records - 2]);
}

static void test_nothing_is_appended_while_the_end_is_not_known(void **state)
{
    (void)state;
    const struct journal_change change = toy_change(1, "failed", "", "", "z");
    uint64_t entry = 0;
    fail_to_intend(10);
    unsigned appends = fake_file_calls(toy.file, "append");
    fake_file_fail(toy.file, "measure", 1, ERROR_ACCESS_DENIED);
    assert_int_equal(journal_intend(toy.journal, &change, &entry), ERROR_ACCESS_DENIED);
    assert_int_equal(fake_file_calls(toy.file, "append"), appends);
    assert_int_equal(journal_intend(toy.journal, &change, &entry), 0);
}

/* On a full disk every append fails, and the file may be large: no attempt may read it. */
static void test_a_failed_append_does_not_read_the_file(void **state)
{
    (void)state;
    unsigned reads = fake_file_calls(toy.file, "read");
    for (unsigned i = 0; i < 10; i++)
        fail_to_intend(0);
    toy_intend(&toy, 1, "more", "", "", "z");
    assert_int_equal(fake_file_calls(toy.file, "read"), reads);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, toy_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_cut_keeps_whole_records_and_can_be_appended_to),
        TEST(test_zeros_behind_every_cut_are_no_damage),
        TEST(test_the_torn_bytes_are_those_after_the_last_whole_record),
        TEST(test_a_changed_byte_costs_no_more_than_its_record),
        TEST(test_a_damaged_file_is_kept_and_then_written_anew),
        TEST(test_damage_that_cannot_be_kept_is_left_as_it_is),
        TEST(test_a_damaged_file_that_cannot_be_written_anew_is_used_as_it_is),
        TEST(test_any_other_file_is_damage),
        TEST(test_content_never_passes_for_a_record),
        TEST(test_damage_while_the_service_runs_is_kept_when_it_compacts),
        TEST(test_a_torn_end_behind_damage_is_torn_all_the_same),
        TEST(test_a_newer_version_is_kept_and_not_read),
        TEST(test_a_newer_version_that_cannot_be_kept_or_replaced_stays),
        TEST(test_a_visitor_cannot_read_a_newer_version),
        TEST(test_what_follows_a_failed_append_is_readable),
        TEST(test_an_end_after_a_failed_append_is_torn),
        TEST(test_an_end_after_two_failed_appends_is_torn_too),
        TEST(test_only_what_was_torn_is_forgiven),
        TEST(test_nothing_is_appended_while_the_end_is_not_known),
        TEST(test_a_failed_append_does_not_read_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
