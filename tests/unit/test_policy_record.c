/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "firewall/filter.h"
#include "firewall/policy_record.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

static const struct policy_record sample = {
    .allow_lan = true,
    .gateways = {2,
                 {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, PROTOCOL_UDP},
                  {{FAMILY_IPV6, {0x20, 1, 0xD, 0xB8, [15] = 7}}, 0, 0}}},
    .since = 1796110637,
    .owner_size = 8,
    .owner = {1, 1, 0, 0, 0, 0, 0, 18},
};

static void assert_record(const struct policy_record *record, const struct policy_record *expected)
{
    assert_int_equal(record->allow_lan, expected->allow_lan);
    assert_int_equal(record->since, expected->since);
    assert_int_equal(record->owner_size, expected->owner_size);
    assert_memory_equal(record->owner, expected->owner, expected->owner_size);
    assert_int_equal(record->gateways.count, expected->gateways.count);
    for (size_t i = 0; i < expected->gateways.count; i++)
        assert_true(gateway_equal(&record->gateways.items[i], &expected->gateways.items[i]));
}

/* Persistent on machines: what is written once must be read by every later version. */
static void test_the_bytes_are_these(void **state)
{
    static const char expected[] =
        "474b53010108022d790e6b0000000001010000000000120200c633640700000000"
        "0000000000000000aa041117"
        "0020010db80000000000000000000000070000"
        "00";
    unsigned char bytes[POLICY_RECORD_SIZE];
    char text[2 * POLICY_RECORD_SIZE + 1] = "";
    (void)state;
    const size_t size = policy_record_encode(&sample, bytes);
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, expected);
}

static void test_a_record_comes_back_as_it_was(void **state)
{
    unsigned char bytes[POLICY_RECORD_SIZE];
    struct policy_record full = sample, record;
    (void)state;
    assert_true(policy_record_decode(bytes, policy_record_encode(&sample, bytes), &record));
    assert_record(&record, &sample);

    full.owner_size = POLICY_OWNER_SIZE;
    full.gateways.count = GATEWAYS_MAX;
    for (size_t i = 0; i < GATEWAYS_MAX; i++)
        full.gateways.items[i] = (struct gateway){{FAMILY_IPV4, {192, 0, 2, (uint8_t)i}}, 1, 6};
    assert_int_equal(policy_record_encode(&full, bytes), POLICY_RECORD_SIZE);
    assert_true(policy_record_decode(bytes, POLICY_RECORD_SIZE, &record));
    assert_record(&record, &full);

    const struct policy_record empty = {.since = 1};
    assert_true(policy_record_decode(bytes, policy_record_encode(&empty, bytes), &record));
    assert_record(&record, &empty);
}

static void test_what_is_cut_off_or_too_long_is_none(void **state)
{
    unsigned char bytes[POLICY_RECORD_SIZE + 1] = {0};
    struct policy_record record;
    (void)state;
    const size_t size = policy_record_encode(&sample, bytes);
    for (size_t cut = 0; cut < size; cut++)
        assert_false(policy_record_decode(bytes, cut, &record));
    assert_false(policy_record_decode(bytes, size + 1, &record));
    assert_int_equal(record.gateways.count, 0);
    assert_int_equal(record.owner_size, 0);
}

static void test_what_the_grammar_does_not_have_is_none(void **state)
{
    enum { GATEWAY = 15 + 8 };
    static const struct {
        const char *what;
        size_t at;
        unsigned char byte;
    } rows[] = {
        {"another magic", 0, 'X'},
        {"a later version", 3, 2},
        {"a flag that is not known", 4, 2},
        {"more of an owner than there is", 5, 9},
        {"an owner that is too long", 5, 69},
        {"more gateways than there are", 6, 3},
        {"too many gateways", 6, 65},
        {"a family that there is not", GATEWAY, 3},
        {"an IPv4 address with more than four bytes", GATEWAY + 10, 1},
        {"a protocol that a gateway does not have", GATEWAY + 20, 1},
        {"a protocol without a port", GATEWAY + 21 + 20, 17},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        unsigned char bytes[POLICY_RECORD_SIZE];
        struct policy_record record;
        const size_t size = policy_record_encode(&sample, bytes);
        bytes[rows[i].at] = rows[i].byte;
        if (policy_record_decode(bytes, size, &record))
            fail_msg("%s is read", rows[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_are_these),
        cmocka_unit_test(test_a_record_comes_back_as_it_was),
        cmocka_unit_test(test_what_is_cut_off_or_too_long_is_none),
        cmocka_unit_test(test_what_the_grammar_does_not_have_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
