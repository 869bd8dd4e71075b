/* SPDX-License-Identifier: MIT */
#include "undo/state.h"

#include "tests/unit/cmocka_test.h"

#include <string.h>

enum { LARGE = 5000 };

static struct bytes letters(char letter, size_t size)
{
    static char text[LARGE];
    memset(text, letter, sizeof(text));
    return (struct bytes){text, size};
}

static void assert_state(const struct state *state, char letter, size_t size)
{
    struct bytes bytes = state_bytes(state);
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.at, letters(letter, size).at, size);
}

static const size_t sizes[] = {1, STATE_SMALL_SIZE, STATE_SMALL_SIZE + 1, LARGE};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void test_state_takes_any_size_after_any_other(void **unused)
{
    (void)unused;
    CLEANUP_STATE struct state state = {0};
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t j = 0; j < SIZES; j++) {
            assert_int_equal(state_set(&state, letters('a', sizes[i])), 0);
            assert_int_equal(state_set(&state, letters('b', sizes[j])), 0);
            assert_state(&state, 'b', sizes[j]);
        }
    }
}

static void test_copy_outlives_what_it_was_made_from(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++) {
        CLEANUP_STATE struct state copy = {0};
        struct state first = {0};
        assert_int_equal(state_set(&first, letters('c', sizes[i])), 0);
        state_copy(&copy, &first);
        state_copy(&copy, &copy);
        assert_true(state_equal(&copy, &first));
        state_drop(&first);
        assert_int_equal(state_bytes(&first).size, 0);
        assert_state(&copy, 'c', sizes[i]);
    }
}

static void test_states_are_equal_when_all_their_bytes_are(void **unused)
{
    (void)unused;
    CLEANUP_STATE struct state a = {0}, b = {0};
    assert_true(state_equal(&a, &b));
    assert_int_equal(state_set(&a, letters('a', LARGE)), 0);
    assert_false(state_equal(&a, &b));
    assert_int_equal(state_set(&b, letters('a', LARGE)), 0);
    assert_true(state_equal(&a, &b));
    state_make(&b, LARGE)[LARGE - 1] = 'x';
    assert_false(state_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_takes_any_size_after_any_other),
        cmocka_unit_test(test_copy_outlives_what_it_was_made_from),
        cmocka_unit_test(test_states_are_equal_when_all_their_bytes_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
