/* SPDX-License-Identifier: MIT */
/* The table of refusals: each has a code, a name of its own and a sentence. */
#include "tests/unit/cmocka_test.h"

#include "base/errors.h"
#include "update/refusal.h"
#include "update/version.h"

#include "base/array.h"

#include <string.h>

static void test_each_reason_has_a_code_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (enum update_reason reason = 0; reason < UPDATE_REASONS; reason++) {
        assert_non_null(update_reason_name(reason));
        assert_true(strlen(update_reason_text(reason)) > 20);
        assert_true(strlen(update_reason_text(reason)) < UPDATE_REFUSAL_SIZE - 24);
        assert_null(strchr(update_reason_text(reason), '\n'));
        assert_true((update_reason_code(reason) != 0) == (reason != UPDATE_NOT_REFUSED));
        for (enum update_reason other = 0; other < reason; other++) {
            assert_string_not_equal(update_reason_name(reason), update_reason_name(other));
            assert_string_not_equal(update_reason_text(reason), update_reason_text(other));
        }
    }
}

static void test_a_refusal_is_one_sentence(void **state)
{
    struct update_refusal refusal;
    char text[UPDATE_REFUSAL_SIZE];
    (void)state;
    assert_int_equal(update_refuse(&refusal, UPDATE_EMPTY), ERROR_INVALID_DATA);
    assert_string_equal(update_refusal_text(&refusal, text), update_reason_text(UPDATE_EMPTY));
    update_refuse_line(&refusal, UPDATE_BAD_LINE, 7);
    assert_string_equal(update_refusal_text(&refusal, text),
                        "A line of a root or manifest is missing, in the wrong place, or malformed "
                        "(line 7)");
    assert_int_equal(update_fail(&refusal, ERROR_NOT_ENOUGH_MEMORY), ERROR_NOT_ENOUGH_MEMORY);
    assert_string_equal(update_refusal_text(&refusal, text),
                        "The update could not be checked (error 8)");
}

static void test_no_error_is_no_refusal(void **state)
{
    struct update_refusal refusal = {.reason = UPDATE_EMPTY};
    (void)state;
    assert_int_equal(update_fail(&refusal, 0), 0);
    assert_int_equal(refusal.reason, UPDATE_EMPTY);
}

static void test_versions_compare_as_numbers(void **state)
{
    static const char *const rising[] = {
        "0.0.0",      "0.0.1",      "0.9.0",  "0.10.0", "1.0.0",
        "10.0.17763", "10.0.19045", "10.1.0", "11.0.0", "65535.65535.65535"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rising); i++)
        for (size_t j = 0; j < ARRAY_COUNT(rising); j++) {
            struct update_version a, b;
            char text[UPDATE_VERSION_TEXT];
            assert_true(update_version_parse(rising[i], strlen(rising[i]), &a));
            assert_true(update_version_parse(rising[j], strlen(rising[j]), &b));
            assert_string_equal(update_version_text(&a, text), rising[i]);
            const int order = update_version_compare(&a, &b);
            assert_true((order > 0) - (order < 0) == (i > j) - (i < j));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reason_has_a_code_a_name_and_a_sentence),
        cmocka_unit_test(test_a_refusal_is_one_sentence),
        cmocka_unit_test(test_no_error_is_no_refusal),
        cmocka_unit_test(test_versions_compare_as_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
