/* SPDX-License-Identifier: MIT */
#include "client/cli/update/pace.h"
#include "tests/unit/cmocka_test.h"

enum { BEGIN = 1000000 };

static void test_a_byte_now_and_then_is_too_slow(void **state)
{
    struct pace pace = pace_begin(BEGIN);
    (void)state;
    for (uint64_t now = BEGIN; now < BEGIN + PACE_TIME; now += 1000)
        assert_true(pace_add(&pace, now, 1));
    assert_false(pace_add(&pace, BEGIN + PACE_TIME, 1));
}

static void test_silence_is_too_slow(void **state)
{
    struct pace pace = pace_begin(BEGIN);
    (void)state;
    assert_int_equal(pace_left(&pace, BEGIN + 1), PACE_TIME - 1);
    assert_int_equal(pace_left(&pace, BEGIN + PACE_TIME), 0);
    assert_false(pace_add(&pace, BEGIN + PACE_TIME, 0));
}

static void test_what_is_just_fast_enough_goes_on_for_ever(void **state)
{
    struct pace pace = pace_begin(BEGIN);
    (void)state;
    for (uint64_t now = BEGIN + 1000; now < BEGIN + 100 * PACE_TIME; now += 1000)
        assert_true(pace_add(&pace, now, PACE_BYTES / (PACE_TIME / 1000)));
}

static void test_a_fast_beginning_pays_for_one_time_only(void **state)
{
    struct pace pace = pace_begin(BEGIN);
    (void)state;
    assert_true(pace_add(&pace, BEGIN, 1000 * PACE_BYTES));
    assert_true(pace_add(&pace, BEGIN + PACE_TIME, 0));
    assert_false(pace_add(&pace, BEGIN + 2 * PACE_TIME, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_byte_now_and_then_is_too_slow),
        cmocka_unit_test(test_silence_is_too_slow),
        cmocka_unit_test(test_what_is_just_fast_enough_goes_on_for_ever),
        cmocka_unit_test(test_a_fast_beginning_pays_for_one_time_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
