/* SPDX-License-Identifier: MIT */
/* The keys of the kill switch's objects. They are for ever: a version must remove what any older
 * one has left. */
#include "base/array.h"
#include "firewall/kill_switch.h"
#include "product.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

static struct firewall_owner owner_of(const char16_t *instance)
{
    struct firewall_owner owner = {.instance = instance};
    assert_true(uuid_parse(u"00112233-4455-6677-8899-aabbccddeeff", &owner.space));
    return owner;
}

/* Computed with another program (Python's uuid.uuid5). */
static const struct {
    const char16_t *instance;
    unsigned role, index;
    const char16_t *key;
} keys[] = {
    {u"", 1, 0, u"737a6469-b3d8-5f6a-a476-0b28ea8f47ae"},
    {u"", 2, 0, u"886b44a7-bbfe-5101-95ab-c98397e57097"},
    {u"", 10, 63, u"6caa1298-e4e2-5dd6-8a48-42dd8090ae31"},
    {u"$eduVPN", 30, 7, u"b5c43123-ce5e-5e08-880b-a311608b65fc"},
    {u"B\u00FCro", 30, 7, u"e808230a-2c80-56ba-8c7e-2072759a6a0e"},
};

static void test_a_key_is_the_uuid_of_instance_role_and_index(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        const struct firewall_owner owner = owner_of(keys[i].instance);
        const struct uuid key = role_key(&owner, keys[i].role, keys[i].index);
        struct uuid expected;
        assert_true(uuid_parse(keys[i].key, &expected));
        if (memcmp(&key, &expected, sizeof(key)) != 0)
            fail_msg("row %zu", i);
    }
}

/* Each line of a released version stays here. A count may rise. */
static const struct {
    unsigned role, filters;
} released[] = {
    {10, 64}, {11, 8}, {12, 64}, {13, 2}, {14, 1}, {15, 1},  {16, 1},  {17, 1},
    {18, 1},  {19, 1}, {20, 1},  {21, 1}, {22, 1}, {23, 1},  {24, 1},  {25, 1},
    {26, 1},  {27, 1}, {28, 1},  {29, 1}, {30, 8}, {31, 32}, {32, 32}, {33, 4},
};

static void test_every_filter_of_every_version_is_known(void **state)
{
    size_t nth = 0, in_all = 0;
    enum filter_role role;
    uint32_t index;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(released); i++) {
        in_all += released[i].filters;
        for (uint32_t filter = 0; filter < released[i].filters; filter++) {
            assert_true(role_known_filter(nth++, &role, &index));
            assert_int_equal(role, released[i].role);
            assert_int_equal(index, filter);
        }
    }
    assert_int_equal(nth, in_all);
    assert_false(role_known_filter(nth, &role, &index));
    assert_false(role_known_filter(nth + 1000, &role, &index));
}

static void assert_another(const struct uuid *a, const struct uuid *b)
{
    assert_memory_not_equal(a, b, sizeof(*a));
}

static void test_no_two_objects_have_the_same_key(void **state)
{
    enum { MOST = 512 };
    struct uuid all[MOST];
    size_t count = 0;
    enum filter_role role;
    uint32_t index;
    const struct firewall_owner owner = owner_of(u"");
    (void)state;
    all[count++] = role_key(&owner, ROLE_PROVIDER, 0);
    all[count++] = role_key(&owner, ROLE_SUBLAYER, 0);
    for (size_t nth = 0; role_known_filter(nth, &role, &index); nth++) {
        assert_true(count < MOST);
        all[count++] = role_key(&owner, role, index);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t other = 0; other < i; other++)
            assert_another(&all[i], &all[other]);
}

static void test_another_instance_or_product_has_other_keys(void **state)
{
    const struct firewall_owner first = owner_of(u""), second = owner_of(u"2");
    struct firewall_owner brand = first;
    brand.space.bytes[15]++;
    (void)state;
    const struct uuid keys_of[] = {
        role_key(&first, ROLE_BLOCK, 0),
        role_key(&second, ROLE_BLOCK, 0),
        role_key(&brand, ROLE_BLOCK, 0),
    };
    assert_another(&keys_of[0], &keys_of[1]);
    assert_another(&keys_of[0], &keys_of[2]);
}

/* The brand's own, too. */
static void test_the_product_has_a_name_space(void **state)
{
    struct uuid space;
    (void)state;
    assert_true(uuid_parse(PRODUCT_FIREWALL_SPACE, &space));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_the_uuid_of_instance_role_and_index),
        cmocka_unit_test(test_every_filter_of_every_version_is_known),
        cmocka_unit_test(test_no_two_objects_have_the_same_key),
        cmocka_unit_test(test_another_instance_or_product_has_other_keys),
        cmocka_unit_test(test_the_product_has_a_name_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
