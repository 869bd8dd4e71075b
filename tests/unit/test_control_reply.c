/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "wire/control_reply.h"

/* ---- writing ---- */

static void assert_written(const struct control_reply *reply, const char16_t *expected)
{
    assert_int_equal(reply->length, text_length(expected));
    assert_memory_equal(reply->units, expected, reply->length * sizeof(*expected));
}

static void test_a_reply_without_values(void **state)
{
    (void)state;
    char16_t units[64];
    struct control_reply reply;
    control_reply_begin(&reply, units, ARRAY_COUNT(units), 0xABCD, u"attach");
    assert_written(&reply, u"0x0000abcd\nattach\n");
    assert_false(reply.is_full);
}

static void test_a_blank_line_is_between_records(void **state)
{
    (void)state;
    char16_t units[128];
    struct control_reply reply;
    control_reply_begin(&reply, units, ARRAY_COUNT(units), 0, u"status");
    for (uint64_t pid = 1; pid < 3; pid++) {
        control_reply_record(&reply);
        control_reply_number(&reply, "pid", pid);
        control_reply_text(&reply, "user", u"CORP\\ann");
    }
    assert_written(&reply, u"0x00000000\nstatus\npid=1\nuser=CORP\\ann\n\npid=2\nuser=CORP\\ann\n");
}

static void test_values_escape_what_could_forge_a_line(void **state)
{
    (void)state;
    static const char16_t lone[] = {u'a', 0xD800, u'b', 0xDC00, 0};
    static const struct {
        const char16_t *text, *written;
    } rows[] = {
        {u"", u"k=\n"},
        {u"a=b", u"k=a=b\n"},
        {u"a\nb\r\x1b", u"k=a%0Ab%0D%1B\n"},
        {u"100%\x7f\x85\x9f\xa0", u"k=100%25%7F%85%9F\xa0\n"},
        {u"\U0001F511\xFFFF", u"k=\U0001F511\xFFFF\n"},
        {lone, u"k=a\xFFFD"
               u"b\xFFFD\n"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t units[64];
        struct control_reply reply = {.units = units, .capacity = ARRAY_COUNT(units)};
        control_reply_text(&reply, "k", rows[i].text);
        assert_written(&reply, rows[i].written);
    }
}

static void test_the_largest_number_is_written(void **state)
{
    (void)state;
    char16_t units[64];
    struct control_reply reply = {.units = units, .capacity = ARRAY_COUNT(units)};
    control_reply_number(&reply, "mark", UINT64_MAX);
    assert_written(&reply, u"mark=18446744073709551615\n");
}

static void test_what_does_not_fit_is_told_and_can_be_taken_back(void **state)
{
    (void)state;
    enum { CAPACITY = 30 };
    CLEANUP_FREE char16_t *units = malloc(CAPACITY * sizeof(*units));
    struct control_reply reply;
    control_reply_begin(&reply, units, CAPACITY, 0, u"status");
    control_reply_record(&reply);
    control_reply_number(&reply, "pid", 1);
    assert_false(reply.is_full);
    const struct control_reply before = reply;
    control_reply_record(&reply);
    control_reply_number(&reply, "pid", 222222);
    assert_true(reply.is_full);
    assert_int_equal(reply.length, CAPACITY);
    reply = before;
    assert_written(&reply, u"0x00000000\nstatus\npid=1\n");
}

/* ---- reading ---- */

/* Reads a copy of its exact size, so that the sanitizer sees an access beyond it. */
static bool read_copy(const char16_t *units, size_t length, struct control_answer *answer,
                      char16_t **copy)
{
    *copy = malloc(length ? length * sizeof(*units) : 1);
    assert_non_null(*copy);
    if (length)
        memcpy(*copy, units, length * sizeof(*units));
    return control_answer_read(*copy, length, answer);
}

static void test_values_and_records_are_read_in_order(void **state)
{
    (void)state;
    static const char16_t message[] = u"0x000004e2\nstop\nleft=2\nreason=50%25 of%0Ait\n\npid=7\n";
    struct control_answer answer;
    CLEANUP_FREE char16_t *copy = NULL;
    const char16_t *key, *value;
    assert_true(read_copy(message, ARRAY_COUNT(message) - 1, &answer, &copy));
    assert_int_equal(answer.code, 0x4e2);
    assert_true(text_equal(answer.name, u"stop"));
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_VALUE);
    assert_true(text_equal(key, u"left") && text_equal(value, u"2"));
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_VALUE);
    assert_true(text_equal(key, u"reason") && text_equal(value, u"50% of\nit"));
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_RECORD);
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_VALUE);
    assert_true(text_equal(key, u"pid") && text_equal(value, u"7"));
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_END);
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_END);
}

static void test_an_empty_value_is_no_record(void **state)
{
    (void)state;
    static const char16_t message[] = u"0x00000000\nstatus\nadapter=\nconfig=\n";
    struct control_answer answer;
    CLEANUP_FREE char16_t *copy = NULL;
    const char16_t *key, *value;
    assert_true(read_copy(message, ARRAY_COUNT(message) - 1, &answer, &copy));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_VALUE);
        assert_int_equal(*value, 0);
    }
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_END);
}

static void test_what_is_no_reply_is_refused(void **state)
{
    (void)state;
#define HEAD u"0x00000000\nstatus\n"
#define ROW(name, literal)                                                                         \
    {                                                                                              \
        name, literal, ARRAY_COUNT(literal) - 1                                                    \
    }
    static const struct {
        const char *name;
        const char16_t *units;
        size_t length;
    } rows[] = {
        ROW("nothing", u""),
        ROW("no code", u"status\n"),
        ROW("a code alone", u"0x00000000\n"),
        ROW("a code without its end", u"0x00000000"),
        ROW("a short code", u"0x0000000\nstatus\n"),
        ROW("a code of capitals", u"0x0000000A\nstatus\n"),
        ROW("CR LF", u"0x00000000\r\nstatus\r\n"),
        ROW("no name", u"0x00000000\n\n"),
        ROW("a name without its end", u"0x00000000\nstatus"),
        ROW("a name of capitals", u"0x00000000\nStatus\n"),
        ROW("a line without a value", HEAD u"pid\n"),
        ROW("no key", HEAD u"=1\n"),
        ROW("a key of capitals", HEAD u"Pid=1\n"),
        ROW("a key that begins with a digit", HEAD u"1pid=1\n"),
        ROW("a line without its end", HEAD u"pid=1"),
        ROW("a blank line first", HEAD u"\npid=1\n"),
        ROW("a blank line last", HEAD u"pid=1\n\n"),
        ROW("two blank lines", HEAD u"pid=1\n\n\npid=2\n"),
        ROW("a control character", HEAD u"pid=1\t\n"),
        ROW("a zero", HEAD u"pid=1\0\n"),
        ROW("an escape without its end", HEAD u"pid=%0\n"),
        ROW("an escape at the very end", HEAD u"pid=%"),
        ROW("an escape of small letters", HEAD u"pid=%0a\n"),
        ROW("an escaped zero", HEAD u"pid=%00\n"),
        ROW("an escaped letter", HEAD u"pid=%41\n"),
        ROW("half a character", HEAD u"pid=\xD800\n"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct control_answer answer;
        CLEANUP_FREE char16_t *copy = NULL;
        if (read_copy(rows[i].units, rows[i].length, &answer, &copy))
            fail_msg("%s", rows[i].name);
    }
}

static void test_the_longest_reply_is_read_and_no_longer_one(void **state)
{
    (void)state;
    static char16_t units[CONTROL_REPLY_MAX_UNITS + 1];
    struct control_reply reply;
    struct control_answer answer;
    control_reply_begin(&reply, units, ARRAY_COUNT(units), 0, u"status");
    control_reply_number(&reply, "k", 1);
    reply.length--; /* the value goes on */
    while (reply.length < CONTROL_REPLY_MAX_UNITS - 1)
        units[reply.length++] = u'x';
    units[reply.length++] = u'\n';
    CLEANUP_FREE char16_t *copy = NULL;
    assert_true(read_copy(units, reply.length, &answer, &copy));
    units[reply.length - 1] = u'x';
    units[reply.length++] = u'\n';
    assert_false(control_answer_read(units, reply.length, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_without_values),
        cmocka_unit_test(test_a_blank_line_is_between_records),
        cmocka_unit_test(test_values_escape_what_could_forge_a_line),
        cmocka_unit_test(test_the_largest_number_is_written),
        cmocka_unit_test(test_what_does_not_fit_is_told_and_can_be_taken_back),
        cmocka_unit_test(test_values_and_records_are_read_in_order),
        cmocka_unit_test(test_an_empty_value_is_no_record),
        cmocka_unit_test(test_what_is_no_reply_is_refused),
        cmocka_unit_test(test_the_longest_reply_is_read_and_no_longer_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
