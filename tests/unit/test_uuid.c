/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/sha1.h"
#include "base/uuid.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <string.h>

static void write_hex(const uint8_t *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* The four of RFC 3174, 7.3, that of nothing, and texts around the length of a block, which were
 * computed with another program (Python's hashlib). */
static const struct {
    const char *text;
    unsigned repetitions;
    const char *value;
} sums[] = {
    {"abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {"0123456701234567012345670123456701234567012345670123456701234567", 10,
     "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {"", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
    {"a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
    {"a", 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
    {"a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
    {"a", 65, "11655326c708d70319be2610e8a57d9a5b959d3b"},
};

static void test_sha1_is_that_of_its_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sums); i++) {
        struct sha1 sha1;
        uint8_t value[SHA1_SIZE];
        char hex[2 * SHA1_SIZE + 1];
        sha1_begin(&sha1);
        for (unsigned times = 0; times < sums[i].repetitions; times++)
            sha1_add(&sha1, sums[i].text, strlen(sums[i].text));
        sha1_end(&sha1, value);
        write_hex(value, sizeof(value), hex);
        if (strcmp(hex, sums[i].value) != 0)
            fail_msg("row %zu: %s", i, hex);
    }
}

static struct uuid parsed(const char16_t *text)
{
    struct uuid uuid;
    assert_true(uuid_parse(text, &uuid));
    return uuid;
}

/* RFC 9562, A.4: a name in the name space of DNS. */
static void test_a_name_has_the_uuid_of_the_standard(void **state)
{
    (void)state;
    const struct uuid dns = parsed(u"6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    const struct uuid expected = parsed(u"2ed6657d-e927-568b-95e1-2665a8aea6a2");
    const char name[] = "www.example.com";
    const struct uuid made = uuid_of_name(&dns, name, strlen(name));
    assert_memory_equal(&made, &expected, sizeof(made));
}

static void test_a_uuid_is_read_in_the_order_of_its_text(void **state)
{
    (void)state;
    const struct uuid uuid = parsed(u"00112233-4455-6677-8899-AaBbCcDdEeFf");
    for (unsigned i = 0; i < sizeof(uuid.bytes); i++)
        assert_int_equal(uuid.bytes[i], i << 4 | i);
}

static void test_what_is_no_uuid_is_not_read(void **state)
{
    static const char16_t *const rows[] = {
        u"",
        u"00112233-4455-6677-8899-aabbccddeef",
        u"00112233-4455-6677-8899-aabbccddeeff0",
        u"{0112233-4455-6677-8899-aabbccddeef}",
        u"00112233-4455-6677-8899+aabbccddeeff",
        u"0011223-34455-6677-8899-aabbccddeeff",
        u"00112233-4455-6677-8899-aabbccddeefg",
        u"00112233 4455-6677-8899-aabbccddeeff",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct uuid uuid;
        if (uuid_parse(rows[i], &uuid))
            fail_msg("row %zu was read", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha1_is_that_of_its_standard),
        cmocka_unit_test(test_a_name_has_the_uuid_of_the_standard),
        cmocka_unit_test(test_a_uuid_is_read_in_the_order_of_its_text),
        cmocka_unit_test(test_what_is_no_uuid_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
