/* SPDX-License-Identifier: MIT */
/* Encoding of one record, and byte sequences that are not a record. */
#include "base/bytes.h"
#include "undo/record.h"

#include "tests/unit/cmocka_test.h"

#include <string.h>

static uint8_t file[RECORD_SIZE_MAX], content[RECORD_CONTENT_MAX], long_text[RECORD_CONTENT_MAX];

#define TEXT(text)                                                                                 \
    (struct bytes)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct record a_mark = {
    .type = RECORD_MARK, .sequence = 7, .boot = 9, .entry = 3, .outcome = JOURNAL_FAILED};

static struct record an_intent(void)
{
    return (struct record){.type = RECORD_INTENT,
                           .sequence = 0x0102030405060708,
                           .boot = UINT64_MAX,
                           .entry = 0x0102030405060707,
                           .change = {.kind = 0xfedcba98,
                                      .outlives_restart = true,
                                      .session = 0x1122334455667788,
                                      .identity = TEXT("an interface"),
                                      .key = TEXT("a key that is long enough for a further slot"),
                                      .base = TEXT(""),
                                      .from = TEXT("R"),
                                      .to = TEXT("RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR")}};
}

static void assert_same_bytes(struct bytes a, struct bytes b)
{
    assert_int_equal(a.size, b.size);
    if (a.size)
        assert_memory_equal(a.at, b.at, a.size);
}

static void assert_same(const struct record *a, const struct record *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(a->sequence == b->sequence && a->boot == b->boot && a->entry == b->entry);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->change.kind, b->change.kind);
    assert_int_equal(a->change.outlives_restart, b->change.outlives_restart);
    assert_true(a->change.session == b->change.session);
    assert_same_bytes(a->change.identity, b->change.identity);
    assert_same_bytes(a->change.key, b->change.key);
    assert_same_bytes(a->change.base, b->change.base);
    assert_same_bytes(a->change.from, b->change.from);
    assert_same_bytes(a->change.to, b->change.to);
}

static size_t encode(const struct record *record)
{
    size_t size = record_size(record);
    assert_true(size && size <= sizeof(file) && size % SLOT_SIZE == 0);
    record_encode(record, file);
    return size;
}

static bool is_record(size_t size)
{
    struct record read;
    return record_decode(file, size, content, &read);
}

static void test_the_checksum_is_that_of_zip(void **state)
{
    (void)state;
    assert_int_equal(record_checksum("123456789", 9), 0xcbf43926);
    assert_int_equal(record_checksum("", 0), 0);
}

static void test_an_intent_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct record intent = an_intent();
    struct record read;
    size_t size = encode(&intent);
    assert_int_equal(record_decode(file, size, content, &read), size);
    assert_same(&intent, &read);
}

static void test_a_mark_and_a_repair_take_one_slot(void **state)
{
    (void)state;
    static const struct record records[] = {
        {.type = RECORD_MARK, .sequence = 7, .boot = 9, .entry = 7, .outcome = JOURNAL_APPLIED},
        {.type = RECORD_MARK, .sequence = 7, .boot = 0, .entry = 1, .outcome = JOURNAL_FAILED},
        {.type = RECORD_MARK, .sequence = 7, .boot = 9, .entry = 1, .outcome = JOURNAL_CLOSED},
        {.type = RECORD_MARK, .sequence = 7, .boot = 9, .entry = 1, .outcome = JOURNAL_ORPHANED},
        {.type = RECORD_REPAIR, .sequence = 1, .boot = 9, .entry = 1000},
        {.type = RECORD_SETTLED, .sequence = 1000, .boot = 9, .entry = 999},
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct record read;
        assert_int_equal(encode(&records[i]), SLOT_SIZE);
        assert_int_equal(record_decode(file, SLOT_SIZE, content, &read), SLOT_SIZE);
        assert_same(&records[i], &read);
    }
}

/* The bytes are fixed, so that files can be read on every machine and by every later version. */
static void test_the_bytes_of_a_mark_are_these(void **state)
{
    (void)state;
    static const uint8_t expected[SLOT_SIZE] = {
        'R', 0, 0, 0, 0, 37, 0, 0, 0,   2, 0, 2, 0, /* checksum, size, type, flags, outcome */
        7,   0, 0, 0, 0, 0,  0, 0,                  /* sequence */
        9,   0, 0, 0, 0, 0,  0, 0,                  /* boot */
        3,   0, 0, 0, 0, 0,  0, 0, 'E',             /* entry */
    };
    encode(&a_mark);
    assert_int_equal(load_u32(file + 1), record_checksum(expected + 5, 33));
    memset(file + 1, 0, 4);
    assert_memory_equal(file, expected, SLOT_SIZE);
}

static void test_content_never_stands_at_the_beginning_of_a_slot(void **state)
{
    (void)state;
    struct record record = an_intent();
    memset(long_text, 'R', sizeof(long_text));
    record.change.to = (struct bytes){long_text, 5000};
    size_t size = encode(&record);
    assert_int_equal(file[0], 'R');
    for (size_t at = SLOT_SIZE; at < size; at += SLOT_SIZE)
        assert_int_equal(file[at], 'C');
}

static void test_every_size_of_content_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct record record = an_intent(), read;
    for (size_t i = 0; i < sizeof(long_text); i++)
        long_text[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t size = 0; size < 3 * SLOT_SIZE; size++) {
        record.change.base = (struct bytes){long_text, size};
        size_t taken = encode(&record);
        assert_int_equal(record_decode(file, taken, content, &read), taken);
        assert_same(&record, &read);
    }
}

static void test_the_longest_record_fits_and_a_longer_one_has_no_size(void **state)
{
    (void)state;
    struct record record = {.type = RECORD_INTENT, .sequence = 1, .entry = 1}, read;
    size_t most = RECORD_CONTENT_MAX;
    record.change.key = (struct bytes){long_text, most};
    while (!record_size(&record))
        record.change.key.size = --most;
    assert_true(most > RECORD_CONTENT_MAX - 100);
    size_t size = encode(&record);
    assert_int_equal(size, RECORD_SIZE_MAX);
    assert_int_equal(record_decode(file, size, content, &read), size);
    assert_same(&record, &read);
    record.change.base = (struct bytes){long_text, 1};
    assert_int_equal(record_size(&record), 0);
    record.change.base.size = SIZE_MAX;
    assert_int_equal(record_size(&record), 0);
}

static void test_a_flipped_bit_anywhere_in_the_content_makes_it_invalid(void **state)
{
    (void)state;
    const struct record records[] = {a_mark, an_intent()};
    static const size_t content_sizes[] = {37, 58 + 12 + 44 + 1 + 39 + 1};
    for (size_t i = 0; i < 2; i++) {
        size_t size = encode(&records[i]), written = content_sizes[i];
        for (size_t at = 0; at < written + (written + 62) / 63; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                file[at] ^= (uint8_t)(1u << bit);
                assert_false(is_record(size));
                file[at] ^= (uint8_t)(1u << bit);
            }
        assert_true(is_record(size));
    }
}

static void test_every_beginning_is_torn_and_only_the_whole_is_a_record(void **state)
{
    (void)state;
    const struct record intent = an_intent();
    size_t size = encode(&intent), written = 155 + 3;
    assert_int_equal(size, 3 * SLOT_SIZE);
    for (size_t cut = 0; cut < written; cut++) {
        assert_false(is_record(cut));
        assert_true(record_is_torn(file, cut));
    }
    assert_true(is_record(written)); /* missing bytes prove nothing */
    assert_false(record_is_torn(file, written));
    assert_false(record_is_torn(file, size));
}

static void test_a_beginning_that_goes_on_with_zeros_is_torn(void **state)
{
    (void)state;
    const struct record intent = an_intent();
    size_t size = encode(&intent);
    for (size_t cut = 155 + 3; cut > 0; cut--) {
        file[cut - 1] = 0;
        assert_false(is_record(size));
        assert_true(record_is_torn(file, size));
    }
}

static void test_other_bytes_are_not_torn(void **state)
{
    (void)state;
    const struct record intent = an_intent();
    static const struct {
        size_t at;
        uint8_t value;
        const char *what;
    } changes[] = {
        {0, 'C', "not the beginning of a record"},
        {0, 0, "nothing before the rest"},
        {64, 'R', "another record begins in the middle"},
        {128, 0, "a slot of nothing"},
        {5, 0, "its size is too small"},
        {5, 36, "its size is too small"},
        {7, 2, "its size is too large"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        encode(&intent);
        file[changes[i].at] = changes[i].value;
        if (record_is_torn(file, 150))
            fail_msg("%s", changes[i].what);
    }
}

/* The checksum is right, but this version never writes such a record. */
static void test_content_that_makes_no_sense_is_no_record(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        const char *what;
    } changes[] = {
        {8, 0, "no type"},
        {8, 4, "an unknown type"},
        {9, 2, "an unknown flag"},
        {10, 1, "an outcome"},
        {11, 1, "a reserved byte"},
        {19, 0x80, "too high a sequence"},

        {35, 2, "a later entry"},
        {48, 13, "longer strings"},
        {48, 11, "shorter strings"},
        {57, 0xff, "far too long"},
        {154, 'F', "another last byte"},
    };
    const struct record intent = an_intent();
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        size_t size = encode(&intent);
        for (size_t from = 0; from < 155; from++)
            content[from] = file[1 + from / 63 * 64 + from % 63];
        content[changes[i].at] = changes[i].value;
        file[1 + changes[i].at / 63 * 64 + changes[i].at % 63] = changes[i].value;
        store_u32(file + 1, record_checksum(content + 4, 151));
        if (is_record(size))
            fail_msg("%s", changes[i].what);
    }
}

static void test_a_header_says_its_version(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        enum header_state expected;
    } rows[] = {{0, HEADER_DAMAGED},
                {JOURNAL_VERSION, HEADER_VALID},
                {JOURNAL_VERSION + 1, HEADER_NEWER},
                {UINT32_MAX, HEADER_NEWER}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        header_encode(rows[i].version, file);
        assert_int_equal(header_decode(file, SLOT_SIZE), rows[i].expected);
        assert_int_equal(header_decode(file, sizeof(file)), rows[i].expected);
    }
}

static void test_a_flipped_bit_anywhere_in_the_header_is_damage(void **state)
{
    (void)state;
    header_encode(JOURNAL_VERSION, file);
    for (size_t at = 0; at < SLOT_SIZE; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            file[at] ^= (uint8_t)(1u << bit);
            assert_int_equal(header_decode(file, SLOT_SIZE), HEADER_DAMAGED);
            file[at] ^= (uint8_t)(1u << bit);
        }
}

static void test_a_beginning_of_a_header_and_nothing_else_is_torn(void **state)
{
    (void)state;
    static const uint8_t mark[] = {'R'};
    header_encode(JOURNAL_VERSION, file);
    for (size_t cut = 0; cut < SLOT_SIZE; cut++)
        assert_int_equal(header_decode(file, cut), HEADER_TORN);
    for (size_t cut = SLOT_SIZE; cut > 0; cut--) {
        memset(file + cut - 1, 0, 2 * SLOT_SIZE);
        assert_int_equal(header_decode(file, 2 * SLOT_SIZE), HEADER_TORN);
    }
    file[SLOT_SIZE] = mark[0];
    assert_int_equal(header_decode(file, 2 * SLOT_SIZE), HEADER_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checksum_is_that_of_zip),
        cmocka_unit_test(test_an_intent_is_read_as_it_was_written),
        cmocka_unit_test(test_a_mark_and_a_repair_take_one_slot),
        cmocka_unit_test(test_the_bytes_of_a_mark_are_these),
        cmocka_unit_test(test_content_never_stands_at_the_beginning_of_a_slot),
        cmocka_unit_test(test_every_size_of_content_is_read_as_it_was_written),
        cmocka_unit_test(test_the_longest_record_fits_and_a_longer_one_has_no_size),
        cmocka_unit_test(test_a_flipped_bit_anywhere_in_the_content_makes_it_invalid),
        cmocka_unit_test(test_every_beginning_is_torn_and_only_the_whole_is_a_record),
        cmocka_unit_test(test_a_beginning_that_goes_on_with_zeros_is_torn),
        cmocka_unit_test(test_other_bytes_are_not_torn),
        cmocka_unit_test(test_content_that_makes_no_sense_is_no_record),
        cmocka_unit_test(test_a_header_says_its_version),
        cmocka_unit_test(test_a_flipped_bit_anywhere_in_the_header_is_damage),
        cmocka_unit_test(test_a_beginning_of_a_header_and_nothing_else_is_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
