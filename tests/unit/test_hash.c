/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"

#include "base/bytes.h"
#include "base/hash.h"

/* uthash's own function, which anybody can compute */
#include <uthash.h>

static void test_hash_is_that_of_its_authors(void **state)
{
    /* From the paper and its reference program: key and input count up from 0. */
    static const struct {
        size_t size;
        uint64_t hash;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
        {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572},
    };
    unsigned char key[HASH_KEY_SIZE], bytes[64];
    (void)state;
    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (hash_with_key(key, bytes, rows[i].size) != rows[i].hash)
            fail_msg("%zu bytes", rows[i].size);
}

static void test_equal_keys_have_equal_hashes(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes("route", 5), hash_bytes("route", 5));
}

/* Two keys of a route's length that uthash's own function puts into the same bucket: its state
 * before the last block follows from the beginning of the key, so an attacker can choose the last
 * block to cancel it. */
static void test_keys_made_to_collide_get_different_hashes(void **state)
{
    enum { SIZE = 49, BLOCK = 12, CHOSEN = 3 * BLOCK };
    unsigned char keys[2][SIZE] = {{0}};
    unsigned hashes[2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        unsigned a = 0x9e3779b9u, b = a, c = 0xfeedbeefu;
        store_u32(keys[i], 1 + i);
        for (const unsigned char *at = keys[i]; at < keys[i] + CHOSEN; at += BLOCK) {
            a += load_u32(at);
            b += load_u32(at + 4);
            c += load_u32(at + 8);
            HASH_JEN_MIX(a, b, c);
        }
        store_u32(keys[i] + CHOSEN, 1 - a);
        store_u32(keys[i] + CHOSEN + 4, 2 - b);
        store_u32(keys[i] + CHOSEN + 8, 3 - c);
        HASH_JEN(keys[i], SIZE, hashes[i]);
    }
    assert_int_equal(hashes[0], hashes[1]);
    assert_int_not_equal(hash_bytes(keys[0], SIZE), hash_bytes(keys[1], SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_is_that_of_its_authors),
        cmocka_unit_test(test_equal_keys_have_equal_hashes),
        cmocka_unit_test(test_keys_made_to_collide_get_different_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
