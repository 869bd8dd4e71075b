/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "wire/control_request.h"

/* A message as it comes from the pipe: without the terminator of a string literal. */
#define MESSAGE(literal) (literal), sizeof(literal) - sizeof(char16_t)

/* Decodes a copy of its exact size, so that the sanitizer sees a read beyond it. */
static uint32_t decode(const void *bytes, size_t size, struct control_request *request, void **copy)
{
    *copy = malloc(size ? size : 1);
    assert_non_null(*copy);
    if (size)
        memcpy(*copy, bytes, size);
    return control_request_decode(*copy, size, request);
}

static void test_verb_and_arguments_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char16_t *units;
        size_t size, count;
        const char16_t *strings[CONTROL_REQUEST_MAX_STRINGS];
    } rows[] = {
        {"a verb alone", MESSAGE(u"status\0"), 1, {u"status"}},
        {"with an argument", MESSAGE(u"stop\0all\0"), 2, {u"stop", u"all"}},
        {"with an empty one", MESSAGE(u"stop\0\0"), 2, {u"stop", u""}},
        {"any character", MESSAGE(u"\U0001F511\0\r\n%\0"), 2, {u"\U0001F511", u"\r\n%"}},
        {"with several",
         MESSAGE(u"a\0b\0c\0d\0e\0f\0g\0h\0i\0"),
         9,
         {u"a", u"b", u"c", u"d", u"e", u"f", u"g", u"h", u"i"}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct control_request request;
        CLEANUP_FREE void *copy = NULL;
        if (decode(rows[i].units, rows[i].size, &request, &copy) || request.count != rows[i].count)
            fail_msg("%s", rows[i].name);
        for (size_t j = 0; j < request.count; j++)
            if (!text_equal(request.strings[j], rows[i].strings[j]))
                fail_msg("%s: string %zu", rows[i].name, j);
    }
}

static void test_everything_else_is_refused(void **state)
{
    (void)state;
    static const char16_t lone_high[] = {u'a', 0xD800, 0}, lone_low[] = {u'a', 0, 0xDC00, 0};
    static const struct {
        const char *name;
        const void *bytes;
        size_t size;
    } rows[] = {
        {"nothing", "", 0},
        {"half a unit", "a", 1},
        {"a unit and a half", "\0\0\0", 3},
        {"an odd byte behind", "a\0\0\0\0", 5},
        {"no terminator", MESSAGE(u"status")},
        {"no terminator behind the last string", MESSAGE(u"stop\0all")},
        {"no verb", MESSAGE(u"\0")},
        {"no verb before an argument", MESSAGE(u"\0all\0")},
        {"nothing but terminators", MESSAGE(u"\0\0\0\0")},
        {"half a character", lone_high, sizeof(lone_high)},
        {"the other half, in an argument", lone_low, sizeof(lone_low)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct control_request request;
        CLEANUP_FREE void *copy = NULL;
        if (decode(rows[i].bytes, rows[i].size, &request, &copy) != ERROR_INVALID_DATA ||
            request.count)
            fail_msg("%s", rows[i].name);
    }
}

static void test_the_longest_request_is_served_and_no_longer_one(void **state)
{
    (void)state;
    char16_t units[CONTROL_REQUEST_MAX_UNITS + 1];
    struct control_request request;
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        units[i] = u'x';
    units[CONTROL_REQUEST_MAX_UNITS] = 0;
    assert_int_equal(control_request_decode(units, sizeof(units), &request), ERROR_INVALID_DATA);
    assert_int_equal(control_request_decode(units + 1, sizeof(units) - sizeof(*units), &request),
                     0);
    assert_int_equal(text_length(request.strings[0]), CONTROL_REQUEST_MAX_UNITS - 1);
}

/* Enough for `firewall start` with each of its words and 64 gateways. */
static void test_there_may_be_96_strings(void **state)
{
    (void)state;
    char16_t units[2 * (CONTROL_REQUEST_MAX_STRINGS + 1)];
    struct control_request request;
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        units[i] = i % 2 ? 0 : u'x';
    assert_int_equal(control_request_decode(units, sizeof(units), &request), ERROR_INVALID_DATA);
    assert_int_equal(
        control_request_decode(units + 2, sizeof(units) - 2 * sizeof(*units), &request), 0);
    assert_int_equal(request.count, 96);
}

static void test_what_is_encoded_is_decoded_again(void **state)
{
    (void)state;
    const struct control_request request = {2, {u"attach", u"4711"}};
    struct control_request again;
    char16_t units[16];
    size_t size = control_request_encode(&request, units, ARRAY_COUNT(units));
    assert_int_equal(size, 12 * sizeof(*units));
    assert_int_equal(control_request_decode(units, size, &again), 0);
    assert_int_equal(again.count, 2);
    assert_true(text_equal(again.strings[0], u"attach"));
    assert_true(text_equal(again.strings[1], u"4711"));
}

static void test_what_cannot_be_decoded_is_not_encoded(void **state)
{
    (void)state;
    static const char16_t lone[] = {0xD800, 0};
    static const struct control_request rows[] = {
        {0, {NULL}}, {1, {u""}}, {2, {u"stop", lone}}, {2, {u"too long", u"for the buffer"}}};
    char16_t units[16];
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (control_request_encode(&rows[i], units, ARRAY_COUNT(units)))
            fail_msg("row %zu", i);
    struct control_request many = {.count = CONTROL_REQUEST_MAX_STRINGS + 1};
    for (size_t i = 0; i < CONTROL_REQUEST_MAX_STRINGS; i++)
        many.strings[i] = u"";
    many.strings[0] = u"a";
    assert_int_equal(control_request_encode(&many, units, ARRAY_COUNT(units)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verb_and_arguments_are_found),
        cmocka_unit_test(test_everything_else_is_refused),
        cmocka_unit_test(test_the_longest_request_is_served_and_no_longer_one),
        cmocka_unit_test(test_there_may_be_96_strings),
        cmocka_unit_test(test_what_is_encoded_is_decoded_again),
        cmocka_unit_test(test_what_cannot_be_decoded_is_not_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
