/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "dns/search_list.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_tokens.h"

#include <string.h>

static void set(char16_t *list, const char16_t *text)
{
    memcpy(list, text, (text_length(text) + 1) * sizeof(*text));
}

static void assert_list(const char *name, const char16_t *found, const char16_t *expected)
{
    char text[4096];
    if (text_equal(found, expected))
        return;
    text[text_to_utf8(found, text_length(found), text, sizeof(text) - 1)] = 0;
    fail_msg("%s: \"%s\"", name, text);
}

struct change {
    const char *name;
    const char16_t *before, *tokens, *after;
    size_t missing;
};

static const struct change additions[] = {
    {"nothing to nothing", u"", u"", u"", 0},
    {"nothing to a list", u"a.example, B", u"", u"a.example, B", 0},
    {"to nothing", u"", u"vpn.example", u"vpn.example", 0},
    {"behind the user's", u"home.example", u"a,b", u"home.example,a,b", 0},
    {"one that is there already", u"a", u"a", u"a,a", 0},
    {"behind a comma", u"a,", u"b", u"a,,b", 0},
    {"to a comma", u",", u"b", u",,b", 0},
};

static void test_additions_go_to_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(additions); i++) {
        char16_t list[SEARCH_LIST_CAPACITY];
        set(list, additions[i].before);
        assert_int_equal(search_list_add(list, additions[i].tokens), 0);
        assert_list(additions[i].name, list, additions[i].after);
    }
}

static const struct change removals[] = {
    {"the only one", u"a", u"a", u"", 0},
    {"the last one", u"a,b", u"b", u"a", 0},
    {"the first one", u"a,b", u"a", u"b", 0},
    {"in between", u"a,b,c", u"b", u"a,c", 0},
    {"the last of equals", u"a,b,a,c", u"a", u"a,b,c", 0},
    {"two of equals", u"a,b,a,c,a", u"a,a", u"a,b,c", 0},
    {"not a part of a token", u"corp.example", u"example", u"corp.example", 1},
    {"not the start of a token", u"corp.example", u"corp", u"corp.example", 1},
    {"not with other capitals", u"Corp.example,b", u"corp.example", u"Corp.example,b", 1},
    {"not with a blank", u"x, a", u"a", u"x, a", 1},
    {"more than are there", u"b,a", u"a,a", u"b", 1},
    {"from nothing", u"", u"a,b", u"", 2},
    {"nothing", u"a,b", u"", u"a,b", 0},
    {"empty tokens stay", u"x,,a", u"a", u"x,", 0},
    {"commas alone stay", u",,a", u"a", u",", 0},
    {"the user's blanks stay", u" x , Y.z ,a,b", u"a,b", u" x , Y.z ", 0},
};

static void test_removal_takes_the_last_equal_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(removals); i++) {
        char16_t list[SEARCH_LIST_CAPACITY];
        set(list, removals[i].before);
        size_t missing = search_list_remove(list, removals[i].tokens);
        assert_list(removals[i].name, list, removals[i].after);
        if (missing != removals[i].missing)
            fail_msg("%s: %zu missing", removals[i].name, missing);
    }
}

static void test_an_empty_token_is_not_added(void **state)
{
    (void)state;
    static const char16_t *const rows[] = {u",", u"a,", u",a", u"a,,b"};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t list[SEARCH_LIST_CAPACITY] = u"home";
        assert_int_equal(search_list_add(list, rows[i]), ERROR_INVALID_PARAMETER);
        assert_list("refused", list, u"home");
    }
}

static void test_the_longest_list_is_2047_units(void **state)
{
    (void)state;
    char16_t list[SEARCH_LIST_CAPACITY + 1];
    for (size_t i = 0; i < SEARCH_LIST_CAPACITY - 3; i++)
        list[i] = 'x';
    list[SEARCH_LIST_CAPACITY - 3] = 0;
    list[SEARCH_LIST_CAPACITY] = 'y';

    assert_int_equal(search_list_add(list, u"ab"), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(text_length(list), SEARCH_LIST_CAPACITY - 3);
    assert_int_equal(search_list_add(list, u"a"), 0);
    assert_int_equal(text_length(list), SEARCH_LIST_CAPACITY - 1);
    assert_int_equal(search_list_remove(list, u"a"), 0);
    assert_int_equal(text_length(list), SEARCH_LIST_CAPACITY - 3);
    assert_int_equal(list[SEARCH_LIST_CAPACITY], 'y');
}

static void test_equal_tokens_are_counted_for_each_that_is_looked_for(void **state)
{
    (void)state;
    uint16_t counts[4] = {9, 9, 9, 9};
    assert_int_equal(search_list_count(u"a,b,aa,a", u"a,b,c,a", counts, 4), 4);
    const uint16_t expected[4] = {2, 1, 0, 2};
    assert_memory_equal(counts, expected, sizeof(expected));
    assert_int_equal(search_list_count(u"A,", u"a,b", counts, 4), 2);
    assert_int_equal(counts[0] + counts[1], 0);
    assert_int_equal(search_list_count(u"", u"a", counts, 4), 1);
    assert_int_equal(counts[0], 0);
    assert_int_equal(search_list_count(u"b", u"a,b,b", counts, 2), 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], expected[2]); /* beyond the capacity: unchanged */
}

static void assert_picked(const char16_t *list, const char16_t *tokens, const uint16_t *before,
                          const char16_t *expected, size_t count)
{
    char16_t units[64];
    struct text picked = TEXT_ON(units);
    uint16_t counts[4];
    memcpy(counts, before, sizeof(counts));
    assert_int_equal(search_list_pick(list, tokens, counts, &picked), count);
    assert_true(text_equal(units, expected));
}

static void test_what_is_beyond_the_list_before_is_picked(void **state)
{
    const uint16_t none[4] = {0}, once[4] = {1, 1, 1, 1};
    (void)state;
    assert_picked(u"a,b,c", u"c,a", none, u"c,a", 2);
    assert_picked(u"a,b,a", u"b,a,a", none, u"b,a,a", 3);
    assert_picked(u"a,b,a", u"b,a,a", once, u"a", 1);
    assert_picked(u"a,b", u"a,b", once, u"", 0);
    assert_picked(u"", u"a", none, u"", 0);
    assert_picked(u"aa,A", u"a", none, u"", 0);
}

static void test_what_is_picked_keeps_its_counts(void **state)
{
    char16_t units[16];
    struct text picked = TEXT_ON(units);
    uint16_t counts[3] = {2, 0, 1};
    (void)state;
    assert_int_equal(search_list_pick(u"x,a,b,c,c", u"a,b,c", counts, &picked), 2);
    assert_true(text_equal(units, u"b,c"));
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 1);
}

static void test_only_a_list_with_a_name_in_its_first_63_units_is_usable(void **state)
{
    (void)state;
    char16_t list[80];
    for (size_t i = 0; i < 64; i++)
        list[i] = i % 2 ? ',' : ' ';
    list[64] = 0;

    assert_false(search_list_is_usable(u""));
    assert_false(search_list_is_usable(list));
    list[63] = 'a';
    assert_false(search_list_is_usable(list));
    list[62] = 'a';
    assert_true(search_list_is_usable(list));
    assert_false(search_list_is_usable(u" ,_;/"));
    static const char16_t *const usable[] = {u"a", u"Z", u"0", u"9", u"-", u".", u" ,\u4F8B"};
    for (size_t i = 0; i < ARRAY_COUNT(usable); i++)
        assert_true(search_list_is_usable(usable[i]));
}

/* ---- sessions in any order ---- */

enum { SESSIONS = 4, STEPS = 40, ROUNDS = 3000 };

/* Few tokens, so that sessions and the user often have the same ones. */
static void random_list(uint64_t *seed, uint32_t limit, const char16_t *const *tokens,
                        size_t token_count, struct text *list)
{
    for (uint32_t left = random_next(seed) % limit; left; left--) {
        text_append(list, tokens[random_next(seed) % token_count]);
        if (left > 1)
            text_append_unit(list, ',');
    }
}

static void toggle(uint64_t *seed, char16_t *list, struct text *own)
{
    static const char16_t *const tokens[] = {u"a", u"b", u"A", u"a.b", u"b.a"};
    if (own->length) {
        assert_int_equal(search_list_remove(list, own->units), 0);
        own->length = 0;
        own->units[0] = 0;
        return;
    }
    random_list(seed, 4, tokens, ARRAY_COUNT(tokens), own);
    assert_int_equal(search_list_add(list, own->units), 0);
}

static void test_every_order_of_sessions_restores_the_list(void **state)
{
    (void)state;
    static const char16_t *const tokens[] = {u"a", u"b", u"", u" a", u"a ", u"A", u"a.b", u" "};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t seed = random_start(round);
        char16_t base_units[64], own_units[SESSIONS][64], list[SEARCH_LIST_CAPACITY];
        struct text base = TEXT_ON(base_units), own[SESSIONS];
        random_list(&seed, 6, tokens, ARRAY_COUNT(tokens), &base);
        set(list, base_units);
        for (size_t i = 0; i < SESSIONS; i++)
            own[i] = TEXT_ON(own_units[i]);
        for (size_t step = 0; step < STEPS; step++)
            toggle(&seed, list, &own[random_next(&seed) % SESSIONS]);
        for (size_t i = 0, first = random_next(&seed); i < SESSIONS; i++) {
            struct text *last = &own[(first + i) % SESSIONS];
            if (last->length)
                toggle(&seed, list, last);
        }
        if (!text_equal(list, base_units))
            fail_msg("round %u: another list than before", (unsigned)round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_additions_go_to_the_end),
        cmocka_unit_test(test_removal_takes_the_last_equal_tokens),
        cmocka_unit_test(test_an_empty_token_is_not_added),
        cmocka_unit_test(test_the_longest_list_is_2047_units),
        cmocka_unit_test(test_equal_tokens_are_counted_for_each_that_is_looked_for),
        cmocka_unit_test(test_what_is_beyond_the_list_before_is_picked),
        cmocka_unit_test(test_what_is_picked_keeps_its_counts),
        cmocka_unit_test(test_only_a_list_with_a_name_in_its_first_63_units_is_usable),
        cmocka_unit_test(test_every_order_of_sessions_restores_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
