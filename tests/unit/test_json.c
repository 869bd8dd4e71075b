/* SPDX-License-Identifier: MIT */
#include "client/cli/json.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

static void test_object_holds_every_kind_of_member(void **state)
{
    (void)state;
    char bytes[200];
    struct json json = json_begin(bytes, sizeof(bytes));
    json_seconds(&json, "time", 12034);
    json_string(&json, "state", "CONNECTED");
    json_text(&json, "log", u"C:\\b\u00FCcher \U0001F511");
    json_number(&json, "pid", UINT64_MAX);
    json_boolean(&json, "again", true);
    json_boolean(&json, "last", false);
    size_t length = json_end(&json);
    assert_string_equal(bytes, "{\"time\":12.034,\"state\":\"CONNECTED\","
                               "\"log\":\"C:\\\\b\xC3\xBC"
                               "cher \xF0\x9F\x94\x91\",\"pid\":18446744073709551615,"
                               "\"again\":true,\"last\":false}\n");
    assert_int_equal(length, strlen(bytes));
    assert_false(json.truncated);
}

static void test_empty_object(void **state)
{
    (void)state;
    char bytes[JSON_MIN_CAPACITY];
    struct json json = json_begin(bytes, sizeof(bytes));
    json_number(&json, "a", 1);
    assert_int_equal(json_end(&json), 3);
    assert_string_equal(bytes, "{}\n");
    assert_true(json.truncated);
}

static void test_strings_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *written;
    } rows[] = {
        {"quotes and backslashes", "\"\\", "\\\"\\\\"},
        {"line end", "a\r\nb", "a\\u000d\\u000ab"},
        {"escape sequence", "\x1b[2J\x7f", "\\u001b[2J\\u007f"},
        {"escape sequences of one character",
         "\xC2\x9B"
         "2J\xC2\x80\xC2\xA0",
         "\\u009b2J\\u0080\xC2\xA0"},
        {"ill-formed", "a\xff\xc0z", "a\xEF\xBF\xBD\xEF\xBF\xBDz"},
        {"cut off", "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"empty", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[100], expected[100] = "{\"k\":\"";
        struct json json = json_begin(bytes, sizeof(bytes));
        json_string(&json, "k", rows[i].value);
        json_end(&json);
        strcat(strcat(expected, rows[i].written), "\"}\n");
        if (strcmp(bytes, expected) != 0)
            fail_msg("%s: %s", rows[i].name, bytes);
    }
}

static void test_lone_surrogate_is_replaced(void **state)
{
    (void)state;
    char bytes[40];
    const char16_t lone[] = {u'a', 0xD800, 0};
    struct json json = json_begin(bytes, sizeof(bytes));
    json_text(&json, "k", lone);
    json_end(&json);
    assert_string_equal(bytes, "{\"k\":\"a\xEF\xBF\xBD\"}\n");
}

static void test_member_that_does_not_fit_is_left_out_completely(void **state)
{
    (void)state;
    char whole[64];
    struct json json = json_begin(whole, sizeof(whole));
    json_string(&json, "a", "1");
    json_string(&json, "b", "\x01");
    const size_t needed = json_end(&json) + 1;
    for (size_t capacity = JSON_MIN_CAPACITY; capacity <= needed; capacity++) {
        char bytes[64];
        memset(bytes, '#', sizeof(bytes));
        json = json_begin(bytes, capacity);
        json_string(&json, "a", "1");
        json_string(&json, "b", "\x01");
        json_end(&json);
        assert_true(bytes[capacity] == '#');
        assert_int_equal(json.truncated, capacity < needed);
        if (strcmp(bytes, whole) != 0 && strcmp(bytes, "{\"a\":\"1\"}\n") != 0 &&
            strcmp(bytes, "{}\n") != 0)
            fail_msg("capacity %zu: %s", capacity, bytes);
    }
}

static void test_later_member_may_fit_where_an_earlier_did_not(void **state)
{
    (void)state;
    char bytes[16];
    struct json json = json_begin(bytes, sizeof(bytes));
    json_string(&json, "long", "does not fit here");
    json_number(&json, "n", 7);
    json_end(&json);
    assert_string_equal(bytes, "{\"n\":7}\n");
}

static struct json write_nested(char *bytes, size_t capacity)
{
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_begin_array(&json, "checks");
    for (uint64_t i = 0; i < 2; i++) {
        json_begin_item(&json);
        json_number(&json, "i", i);
        json_begin_array(&json, "of");
        json_begin_item(&json);
        json_end_item(&json);
        json_end_array(&json);
        json_boolean(&json, "last", i == 1);
        json_end_item(&json);
    }
    json_end_array(&json);
    json_begin_array(&json, "none");
    json_end_array(&json);
    json_end(&json);
    return json;
}

static void test_arrays_hold_objects(void **state)
{
    (void)state;
    char bytes[200];
    assert_false(write_nested(bytes, sizeof(bytes)).truncated);
    assert_string_equal(bytes, "{\"schema\":1,\"checks\":[{\"i\":0,\"of\":[{}],\"last\":false},"
                               "{\"i\":1,\"of\":[{}],\"last\":true}],\"none\":[]}\n");
}

/* Whether each bracket that begins has the one that ends it, in its place. No text here has one. */
static bool has_matching_brackets(const char *text)
{
    char open[16];
    size_t depth = 0;
    for (; *text; text++) {
        if (*text == '{' || *text == '[')
            open[depth++] = *text == '{' ? '}' : ']';
        else if ((*text == '}' || *text == ']') && (!depth || open[--depth] != *text))
            return false;
    }
    return depth == 0;
}

static void test_nested_item_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    char whole[200];
    write_nested(whole, sizeof(whole));
    const size_t needed = strlen(whole) + 1;
    for (size_t capacity = JSON_MIN_CAPACITY; capacity <= needed; capacity++) {
        char bytes[200];
        memset(bytes, '#', sizeof(bytes));
        assert_int_equal(write_nested(bytes, capacity).truncated, capacity < needed);
        assert_true(bytes[capacity] == '#');
        if (!has_matching_brackets(bytes) || strstr(bytes, ",}") || strstr(bytes, ",]") ||
            strstr(bytes, "{,") || strstr(bytes, "[,"))
            fail_msg("capacity %zu: %s", capacity, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object_holds_every_kind_of_member),
        cmocka_unit_test(test_empty_object),
        cmocka_unit_test(test_strings_are_escaped),
        cmocka_unit_test(test_lone_surrogate_is_replaced),
        cmocka_unit_test(test_member_that_does_not_fit_is_left_out_completely),
        cmocka_unit_test(test_later_member_may_fit_where_an_earlier_did_not),
        cmocka_unit_test(test_arrays_hold_objects),
        cmocka_unit_test(test_nested_item_that_does_not_fit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
