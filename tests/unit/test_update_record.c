/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include "base/array.h"

#include <string.h>

static struct lab lab;
static struct update_record record;
static unsigned char bytes[UPDATE_RECORD_SIZE + 1];

static int open_lab(void **state)
{
    (void)state;
    lab_open(&lab);
    return 0;
}

static int close_lab(void **state)
{
    (void)state;
    lab_close(&lab);
    return 0;
}

static const struct update_record *sample(void)
{
    static struct update_record made;
    made = (struct update_record){
        .time = lab_now,
        .channel_count = 2,
        .channels = {{"stable", 5, {1, 2, 3}}, {"beta-2", INT64_MAX, {4}}},
        .root_size = 6,
        .root = "root 1",
    };
    return &made;
}

static size_t encode(const struct update_record *from)
{
    size_t size;
    assert_int_equal(update_record_encode(from, lab.crypto, bytes, &size), 0);
    return size;
}

static bool decode(size_t size)
{
    struct update_refusal refusal = {0};
    const uint32_t code = update_record_decode(bytes, size, lab.crypto, &record, &refusal);
    assert_true(!code || refusal.reason == UPDATE_RECORD_DAMAGED);
    assert_true(!code || (!record.channel_count && !record.root_size && !record.time));
    return !code;
}

/* The digest after a change, so that only the grammar can refuse it. */
static void seal(size_t size)
{
    assert_int_equal(update_sha256(lab.crypto, bytes, size - UPDATE_DIGEST_SIZE,
                                   bytes + size - UPDATE_DIGEST_SIZE),
                     0);
}

/* Persistent on machines: what is written once must be read by every later version. */
static void test_the_bytes_are_these(void **state)
{
    static const unsigned char head[] = {'G', 'U', 'R', 1,   0x80, 0xBA, 0x0D, 0x6B, 0,   0, 0,
                                         0,   2,   6,   's', 't',  'a',  'b',  'l',  'e', 5, 0,
                                         0,   0,   0,   0,   0,    0,    1,    2,    3};
    (void)state;
    const uint64_t time = 0x6B0DBA80;
    struct update_record wanted = *sample();
    wanted.time = time;
    const size_t size = encode(&wanted);
    assert_int_equal(size, 13 + 2 * (1 + 6 + 8 + 32) + 4 + 6 + 32);
    assert_memory_equal(bytes, head, sizeof(head));
    assert_memory_equal(bytes + size - 32 - 10, "\6\0\0\0root 1", 10);
}

static void test_a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    assert_true(decode(encode(sample())));
    assert_int_equal(record.time, lab_now);
    assert_int_equal(record.channel_count, 2);
    assert_int_equal(update_record_find(&record, "beta-2")->version, INT64_MAX);
    assert_int_equal(update_record_find(&record, "stable")->digest[2], 3);
    assert_null(update_record_find(&record, "beta"));
    assert_int_equal(record.root_size, 6);
    assert_memory_equal(record.root, "root 1", 6);
}

static void test_there_is_room_for_the_largest(void **state)
{
    static struct update_record largest;
    (void)state;
    largest.channel_count = UPDATE_CHANNELS_MAX;
    for (size_t i = 0; i < UPDATE_CHANNELS_MAX; i++) {
        memset(largest.channels[i].channel, 'a' + (int)i, UPDATE_CHANNEL_SIZE - 1);
        largest.channels[i].version = 1;
    }
    largest.root_size = UPDATE_METADATA_SIZE;
    assert_int_equal(encode(&largest), UPDATE_RECORD_SIZE);
    assert_true(decode(UPDATE_RECORD_SIZE));
}

static void test_a_bit_changed_anywhere_is_damage(void **state)
{
    (void)state;
    const size_t size = encode(sample());
    for (size_t i = 0; i < 8 * size; i++) {
        bytes[i / 8] ^= (unsigned char)(1U << i % 8);
        if (decode(size))
            fail_msg("bit %u", (unsigned)i);
        bytes[i / 8] ^= (unsigned char)(1U << i % 8);
    }
    assert_true(decode(size));
}

static void test_a_part_of_a_record_is_damage(void **state)
{
    (void)state;
    const size_t size = encode(sample());
    for (size_t cut = 0; cut < size; cut++)
        assert_false(decode(cut));
    bytes[size] = 0;
    assert_false(decode(size + 1));
}

static void test_what_the_grammar_does_not_have_is_damage(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        unsigned char byte;
    } rows[] = {
        {"another version", 3, 2},
        {"more channels than there are", 12, 3},
        {"more channels than may be", 12, 17},
        {"a channel without a name", 13, 0},
        {"a channel with a capital", 14, 'S'},
        {"version 0", 20, 0},
        {"a root that is longer than the rest", 13 + 2 * 47, 7},
        {"a root that is shorter", 13 + 2 * 47, 5},
        {"no root", 13 + 2 * 47, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const size_t size = encode(sample());
        bytes[rows[i].at] = rows[i].byte;
        seal(size);
        if (decode(size))
            fail_msg("%s", rows[i].what);
    }
}

static void test_a_channel_twice_is_damage(void **state)
{
    struct update_record twice = *sample();
    (void)state;
    twice.channels[1] = twice.channels[0];
    assert_false(decode(encode(&twice)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_are_these),
        cmocka_unit_test(test_a_record_comes_back_as_it_was),
        cmocka_unit_test(test_there_is_room_for_the_largest),
        cmocka_unit_test(test_a_bit_changed_anywhere_is_damage),
        cmocka_unit_test(test_a_part_of_a_record_is_damage),
        cmocka_unit_test(test_what_the_grammar_does_not_have_is_damage),
        cmocka_unit_test(test_a_channel_twice_is_damage),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
