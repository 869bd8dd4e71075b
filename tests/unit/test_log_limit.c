/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"

#include "base/log_limit.h"

static void test_lines_up_to_the_limit_are_written(void **state)
{
    struct log_limit limit = {.most = 3, .milliseconds = 1000};
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(log_limit_count(&limit, 5000 + i), LOG_WRITE);
}

static void test_one_notice_stands_for_all_further_lines(void **state)
{
    struct log_limit limit = {.most = 3, .milliseconds = 1000};
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        log_limit_count(&limit, 5000);
    assert_int_equal(log_limit_count(&limit, 5000), LOG_WRITE_NOTICE);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(log_limit_count(&limit, 5999), LOG_DROP);
}

static void test_next_period_begins_with_a_line_after_the_last(void **state)
{
    struct log_limit limit = {.most = 1, .milliseconds = 1000};
    (void)state;
    log_limit_count(&limit, 5000);
    log_limit_count(&limit, 5000);
    assert_int_equal(log_limit_count(&limit, 6000), LOG_WRITE);
    assert_int_equal(log_limit_count(&limit, 6999), LOG_WRITE_NOTICE);
    assert_int_equal(log_limit_count(&limit, 6999), LOG_DROP);
}

static void test_without_a_period_the_limit_is_for_good(void **state)
{
    struct log_limit limit = {.most = 1};
    (void)state;
    log_limit_count(&limit, 0);
    log_limit_count(&limit, 0);
    assert_int_equal(log_limit_count(&limit, UINT64_MAX), LOG_DROP);
}

static void test_count_does_not_wrap(void **state)
{
    struct log_limit limit = {.most = UINT32_MAX - 1, .lines = UINT32_MAX - 1};
    (void)state;
    assert_int_equal(log_limit_count(&limit, 1), LOG_WRITE_NOTICE);
    assert_int_equal(log_limit_count(&limit, 1), LOG_DROP);
    assert_int_equal(log_limit_count(&limit, 1), LOG_DROP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_up_to_the_limit_are_written),
        cmocka_unit_test(test_one_notice_stands_for_all_further_lines),
        cmocka_unit_test(test_next_period_begins_with_a_line_after_the_last),
        cmocka_unit_test(test_without_a_period_the_limit_is_for_good),
        cmocka_unit_test(test_count_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
