/* SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "dns/domains.h"
#include "tests/unit/cmocka_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define LABEL_61 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61

/* ---- single names: a valid name is also a search domain, without dots at its start ---- */

static const char *const good_names[] = {
    "example",
    "corp.example",
    "Corp.EXAMPLE",
    "a-b.c_d.e0",
    "_ldap._tcp.example",
    "-a-.example",
    "10.in-addr.arpa",
    ".corp.example",
    "corp.example.",
    ".corp.example.",
    "b\xC3\xBC"
    "cher.example",
    "\xE4\xBE\x8B\xE5\xAD\x90.example",
    "\xF0\x9F\x94\x91.example",
    LABEL_63 ".example",
    NAME_253,
    "." NAME_253 ".",
    "..corp.example",
    "...corp",
};

static const char *const bad_names[] = {
    "a..b",
    "..a..b",
    "a..",
    "a b",
    " a",
    "a ",
    "a\tb",
    "a\nb",
    "a\rb",
    "a\x01"
    "b",
    "a\x7F"
    "b",
    "a;b",
    "a/b",
    "a\\b",
    "a:b",
    "a|b",
    "a\"b",
    "a'b",
    "a*b",
    "*.example",
    "a$b",
    "a&b",
    "a`b",
    "a@b",
    "a(b)",
    "a=b",
    "a%b",
    "a#b",
    "a!b",
    "a?b",
    "a+b",
    "a~b",
    "a^b",
    "a<b>",
    "a[b]",
    "a{b}",
    "a\xC2\x85"
    "b", /* next line */
    "a\xC2\xA0"
    "b", /* no-break space */
    "a\xE2\x80\x8B"
    "b", /* zero-width space */
    "a\xE2\x80\xAE"
    "b", /* right to left */
    "a\xE1\x9A\x80"
    "b", /* Ogham space */
    "a\xE2\x80\x8E"
    "b", /* left to right mark */
    "a\xE2\x80\xA8"
    "b", /* line separator */
    "a\xE2\x81\x9F"
    "b", /* mathematical space */
    "a\xEF\xB7\x90"
    "b", /* not a character */
    "a\xEF\xBC\x8E"
    "b", /* full-width full stop */
    "a\xEF\xBD\xA1"
    "b", /* half-width full stop */
    "a\xE3\x80\x80"
    "b", /* ideographic space */
    "a\xE3\x80\x82"
    "b", /* ideographic full stop */
    "a\xEF\xBC\x8C"
    "b", /* full-width comma */
    "\xEF\xBB\xBF"
    "a", /* byte order mark */
    "a\xEF\xBF\xBD"
    "b", /* U+FFFD */
    "a\xFF"
    "b", /* not UTF-8 */
    "a\xC0\xAE"
    "b",             /* an overlong dot */
    "a\xED\xA0\x80", /* a surrogate */
    "a\xE2\x82",     /* cut off */
    LABEL_63 "x",
    LABEL_63 "x.example",
    NAME_253 "x",
};

static void assert_utf8(const char *name, const char16_t *found, size_t length,
                        const char *expected)
{
    char text[4096];
    size_t size = text_to_utf8(found, length, text, sizeof(text) - 1);
    text[size] = 0;
    if (size != strlen(expected) || memcmp(text, expected, size) != 0)
        fail_msg("%s: \"%s\"", name, text);
}

static void test_a_good_name_loses_only_dots_at_its_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good_names); i++) {
        struct domains_left_out left_out = {0};
        char16_t list[DOMAINS_CAPACITY], suffix[DOMAINS_CAPACITY];
        const char *expected = good_names[i] + strspn(good_names[i], ".");
        assert_int_equal(domains_search(good_names[i], list, &left_out), 0);
        assert_int_equal(domains_suffix(good_names[i], suffix, &left_out), 0);
        assert_utf8(good_names[i], list, text_length(list), expected);
        assert_utf8(good_names[i], suffix, text_length(suffix), expected);
        if (left_out.count || left_out.names[0])
            fail_msg("%s: left out", good_names[i]);
    }
}

static void check_left_out(const char *field, const struct domains_left_out *left_out)
{
    if (left_out->count != 1 || left_out->roots || !left_out->names[0])
        fail_msg("%s: %zu left out", field, left_out->count);
}

static void test_a_bad_name_is_left_out_wherever_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *before, *behind, *list;
    } places[] = {{"", "", ""}, {"good.a,", "", "good.a"}, {"", ",good.a", "good.a"}};
    for (size_t i = 0; i < ARRAY_COUNT(bad_names); i++) {
        for (size_t place = 0; place < ARRAY_COUNT(places); place++) {
            char field[DOMAINS_FIELD_SIZE] = "";
            char16_t list[DOMAINS_CAPACITY], units[DOMAINS_CAPACITY];
            struct multi_string names = MULTI_STRING_ON(units);
            struct domains_left_out search = {0}, suffix = {0}, resolve = {0};
            snprintf(field, sizeof(field), "%s%s%s", places[place].before, bad_names[i],
                     places[place].behind);
            assert_int_equal(domains_search(field, list, &search), 0);
            assert_utf8(field, list, text_length(list), places[place].list);
            check_left_out(field, &search);
            assert_int_equal(domains_suffix(field, list, &suffix), 0);
            assert_int_equal(list[0], 0);
            check_left_out(field, &suffix);
            assert_int_equal(domains_resolve(field, sizeof(field), &names, &resolve),
                             *places[place].list ? 0 : ERROR_MESSAGE_DATA);
            check_left_out(field, &resolve);
            if (*places[place].list)
                assert_utf8(field, units, text_length(units), ".good.a");
        }
    }
}

static void test_names_left_out_are_listed_as_far_as_there_is_room(void **state)
{
    (void)state;
    struct domains_left_out left_out = {0};
    char16_t list[DOMAINS_CAPACITY];
    assert_int_equal(domains_search("a b,c,.,d..e", list, &left_out), 0);
    assert_int_equal(left_out.count, 3);
    assert_int_equal(left_out.roots, 1);
    assert_utf8("left out", left_out.names, text_length(left_out.names), "a b, ., d..e");
    assert_int_equal(domains_search(NAME_253 "x,a b", list, &left_out), 0);
    assert_int_equal(left_out.count, 5);
    assert_int_equal(text_length(left_out.names), DOMAINS_LEFT_OUT_CAPACITY - 1);
}

static void test_a_surrogate_pair_is_one_character(void **state)
{
    (void)state;
    char16_t name[2 * 64];
    for (size_t i = 0; i < ARRAY_COUNT(name); i++)
        name[i] = i % 2 ? 0xDD11 : 0xD83D;
    assert_true(domain_is_valid(name, 2 * 63));
    assert_false(domain_is_valid(name, 2 * 64));
    assert_false(domain_is_valid(name, 3));
}

/* ---- lists ---- */

static const struct {
    const char *sent, *list;
} lists[] = {
    {"", ""},       {",", ""},         {"a", "a"}, {"a,b.c", "a,b.c"},
    {"a,a", "a,a"}, {",a,,b,", "a,b"}, {".", ""},  {"a,..,.b", "a,b"},
};

static void test_search_domains_lose_empty_names_and_the_root(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        char16_t list[DOMAINS_CAPACITY];
        struct domains_left_out left_out = {0};
        assert_int_equal(domains_search(lists[i].sent, list, &left_out), 0);
        assert_int_equal(left_out.count, left_out.roots);
        assert_utf8(lists[i].sent, list, text_length(list), lists[i].list);
    }
}

static void test_a_text_longer_than_a_field_is_refused(void **state)
{
    (void)state;
    char field[DOMAINS_FIELD_SIZE + 2];
    char16_t list[DOMAINS_CAPACITY];
    struct domains_left_out left_out = {0};
    for (size_t i = 0; i < sizeof(field); i++)
        field[i] = i % 2 ? ',' : 'a';
    field[DOMAINS_FIELD_SIZE] = 0;
    assert_int_equal(domains_search(field, list, &left_out), 0);
    field[DOMAINS_FIELD_SIZE] = 'a';
    field[DOMAINS_FIELD_SIZE + 1] = 0;
    assert_int_equal(domains_search(field, list, &left_out), ERROR_MESSAGE_DATA);
    assert_int_equal(domains_suffix(field, list, &left_out), ERROR_MESSAGE_DATA);
}

static void test_a_suffix_is_one_name(void **state)
{
    (void)state;
    static const char *const several[] = {"a,b", "a,", ",a"};
    struct domains_left_out left_out = {0};
    char16_t suffix[DOMAINS_CAPACITY];
    assert_int_equal(domains_suffix("", suffix, &left_out), 0);
    assert_int_equal(suffix[0], 0);
    assert_int_equal(left_out.count, 0);
    for (size_t i = 0; i < ARRAY_COUNT(several); i++) {
        assert_int_equal(domains_suffix(several[i], suffix, &left_out), 0);
        assert_int_equal(suffix[0], 0);
        assert_int_equal(left_out.count, i + 1);
    }
}

/* ---- domains of a rule ---- */

#define FIELD(text) text, sizeof(text) /* one zero more than is written */

static const struct {
    const char *name, *field;
    size_t size;
    const char *names; /* each followed by '|'; NULL: refused */
} fields[] = {
    {"nothing", FIELD(""), ".|"},
    {"nothing, zero-filled", FIELD("\0\0\0\0"), ".|"},
    {"zeros before a text", FIELD("\0a\0"), ".|"},
    {"the root", FIELD(".\0"), ".|"},
    {"the root among others", FIELD("a,.,b\0"), ".|"},
    {"commas only", FIELD(",,\0"), ".|"},
    {"the root with a dot before it", FIELD("..\0"), ".|"},
    {"the root and what is none", FIELD(".a b,.\0"), ".|"},
    {"with two dots", FIELD("..a.example,...b\0"), ".a.example|.b|"},
    {"one that is none", FIELD(".a,.b c,.d..e,.f\0"), ".a|.f|"},
    {"none that is one", FIELD(".a b\0.d..e\0"), NULL},
    {"none but one that is empty", FIELD(",.a b,\0"), NULL},
    {"with a dot", FIELD(".a.example\0"), ".a.example|"},
    {"without a dot", FIELD("a.example\0"), ".a.example|"},
    {"with a dot behind", FIELD("a.example.\0"), ".a.example|"},
    {"between commas", FIELD(".a,b,,.c\0"), ".a|.b|.c|"},
    {"between zeros", FIELD(".a\0b\0.c\0"), ".a|.b|.c|"},
    {"between both", FIELD(".a,b\0.c,d\0"), ".a|.b|.c|.d|"},
    {"other scripts", FIELD("b\xC3\xBC.example\0x\0"), ".b\xC3\xBC.example|.x|"},
    {"zero-filled", FIELD(".a\0\0\0\0\0"), ".a|"},
    {"rubbish behind the end", FIELD(".a\0\0 ; \xFF"), ".a|"},
    {"one zero", FIELD(".a"), NULL},
    {"one zero behind each", FIELD(".a\0b"), NULL},
    {"no zero", "abc", 3, NULL},
    {"no bytes", "", 0, NULL},
};

static void test_the_domains_of_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        char16_t units[DOMAINS_CAPACITY];
        struct multi_string names = MULTI_STRING_ON(units);
        char *field = malloc(fields[i].size + 1);
        assert_non_null(field);
        /* at the end of its block, so that the sanitizer sees a read beyond it */
        memcpy(field + 1, fields[i].field, fields[i].size);
        struct domains_left_out left_out = {0};
        uint32_t error = domains_resolve(field + 1, fields[i].size, &names, &left_out);
        free(field);
        if (error != (fields[i].names ? 0 : (uint32_t)ERROR_MESSAGE_DATA))
            fail_msg("%s: %#x", fields[i].name, (unsigned)error);
        if (error)
            continue;
        for (size_t unit = 0; unit < names.length; unit++)
            units[unit] = units[unit] ? units[unit] : '|';
        assert_utf8(fields[i].name, units, names.length, fields[i].names);
    }
}

static void test_the_two_zeros_may_be_the_last_of_the_field(void **state)
{
    (void)state;
    char field[DOMAINS_FIELD_SIZE];
    char16_t units[DOMAINS_CAPACITY];
    struct domains_left_out left_out = {0};
    for (size_t i = 0; i < sizeof(field); i++)
        field[i] = i % 2 ? ',' : 'a';
    struct multi_string names = MULTI_STRING_ON(units);
    field[DOMAINS_FIELD_SIZE - 1] = 0;
    assert_int_equal(domains_resolve(field, sizeof(field), &names, &left_out), ERROR_MESSAGE_DATA);

    names = MULTI_STRING_ON(units);
    field[DOMAINS_FIELD_SIZE - 2] = 0;
    assert_int_equal(domains_resolve(field, sizeof(field), &names, &left_out), 0);
    assert_int_equal(names.length, 255 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_name_loses_only_dots_at_its_start),
        cmocka_unit_test(test_a_bad_name_is_left_out_wherever_it_stands),
        cmocka_unit_test(test_names_left_out_are_listed_as_far_as_there_is_room),
        cmocka_unit_test(test_a_surrogate_pair_is_one_character),
        cmocka_unit_test(test_search_domains_lose_empty_names_and_the_root),
        cmocka_unit_test(test_a_text_longer_than_a_field_is_refused),
        cmocka_unit_test(test_a_suffix_is_one_name),
        cmocka_unit_test(test_the_domains_of_a_rule),
        cmocka_unit_test(test_the_two_zeros_may_be_the_last_of_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
