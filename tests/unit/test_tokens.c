/* SPDX-License-Identifier: MIT */
#include "policy/tokens.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_tokens.h"

#include <stdbool.h>

enum { RANDOM_LISTS = 25000, RANDOM_LINES = 25000 };

static bool tokens_equal(const struct tokens *a, const struct tokens *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!text_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

struct splitting {
    const char *name;
    const char16_t *options;
    const char16_t *tokens[6]; /* terminated by NULL */
};

/* The examples of Microsoft's "Parsing C command-line arguments", and corner cases between them. */
static const struct splitting splittings[] = {
    {"nothing", u"", {NULL}},
    {"only blanks", u" \t ", {NULL}},
    {"blanks around", u"  a\t b ", {u"a", u"b"}},
    {"a line end does not separate", u"a\nb\r c", {u"a\nb\r", u"c"}},
    {"quoted blank", u"\"a b c\" d e", {u"a b c", u"d", u"e"}},
    {"escaped quote", u"\"ab\\\"c\" \"\\\\\" d", {u"ab\"c", u"\\", u"d"}},
    {"backslashes before no quote", u"a\\\\\\b d\"e f\"g h", {u"a\\\\\\b", u"de fg", u"h"}},
    {"three backslashes and a quote", u"a\\\\\\\"b c d", {u"a\\\"b", u"c", u"d"}},
    {"four backslashes and a quote", u"a\\\\\\\\\"b c\" d e", {u"a\\\\b c", u"d", u"e"}},
    {"two quotes in a quoted part", u"a\"b\"\" c d", {u"ab\" c d"}},
    {"two quotes after backslashes", u"\"a\\\\\"\" b\" c", {u"a\\\" b", u"c"}},
    {"empty token", u"a \"\" b", {u"a", u"", u"b"}},
    {"empty token last", u"a \"\"", {u"a", u""}},
    {"empty part of a token", u"a\"\"b", {u"ab"}},
    {"four quotes", u"\"\"\"\" a", {u"\"", u"a"}},
    {"quote never closed", u"a \"b c ", {u"a", u"b c "}},
    {"quote at the very end", u"a \"", {u"a", u""}},
    {"two quotes at the very end", u"\"a\"\"", {u"a\""}},
    {"backslashes at the very end", u"a\\\\", {u"a\\\\"}},
    {"quotes within the first token", u"--con\"fig\" x", {u"--config", u"x"}},
    {"escape in the first token", u"a\\\"b c", {u"a\"b", u"c"}},
    {"quoted first token goes on", u"\"--a\"b c", {u"--ab", u"c"}},
};

static void test_options_are_split_as_the_run_time_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(splittings); i++) {
        const struct splitting *row = &splittings[i];
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(tokens_split(row->options, &tokens), 0);
        size_t count = 0;
        for (; row->tokens[count]; count++)
            if (count >= tokens.count || !text_equal(tokens.items[count], row->tokens[count]))
                fail_msg("%s: token %zu", row->name, count);
        if (tokens.count != count)
            fail_msg("%s: %zu tokens", row->name, tokens.count);
    }
}

static void test_every_token_is_quoted_and_no_quote_is_doubled(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char16_t *program, *token, *line;
    } rows[] = {
        {"plain", u"openvpn", u"a", u"openvpn \"a\""},
        {"empty", u"openvpn", u"", u"openvpn \"\""},
        {"program with a blank", u"C:\\a b\\x.exe", u"c", u"\"C:\\a b\\x.exe\" \"c\""},
        {"quote", u"openvpn", u"a\"b", u"openvpn \"a\\\"b\""},
        {"backslash inside", u"openvpn", u"C:\\x", u"openvpn \"C:\\x\""},
        {"backslash last", u"openvpn", u"C:\\", u"openvpn \"C:\\\\\""},
        {"backslash before a quote", u"openvpn", u"\\\"", u"openvpn \"\\\\\\\"\""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(tokens_insert(&tokens, 0, rows[i].token), 0);
        CLEANUP_FREE char16_t *line = tokens_join(rows[i].program, &tokens);
        assert_non_null(line);
        if (!text_equal(line, rows[i].line))
            fail_msg("%s", rows[i].name);
    }
}

static void test_without_tokens_the_line_is_the_program(void **state)
{
    (void)state;
    const struct tokens none = {0};
    CLEANUP_FREE char16_t *plain = tokens_join(u"openvpn", &none);
    CLEANUP_FREE char16_t *empty = tokens_join(u"", &none);
    assert_true(text_equal(plain, u"openvpn"));
    assert_true(text_equal(empty, u"\"\""));
}

static void test_any_list_survives_quoting(void **state)
{
    (void)state;
    uint64_t random = random_start(0);
    for (unsigned i = 0; i < RANDOM_LISTS; i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0}, again = {0};
        assert_int_equal(random_tokens(&random, 8, &tokens), 0);
        CLEANUP_FREE char16_t *line = tokens_join(u"openvpn", &tokens);
        assert_non_null(line);
        assert_int_equal(tokens_split(line + text_length(u"openvpn"), &again), 0);
        if (!tokens_equal(&tokens, &again))
            fail_msg("list %u", i);
    }
}

static void test_any_line_is_read_again_as_it_was_read_first(void **state)
{
    (void)state;
    uint64_t random = random_start(1);
    for (unsigned i = 0; i < RANDOM_LINES; i++) {
        char16_t units[128];
        struct text text = TEXT_ON(units);
        CLEANUP(tokens_free) struct tokens tokens = {0}, again = {0};
        random_text(&random, 40, &text);
        assert_int_equal(tokens_split(units, &tokens), 0);
        CLEANUP_FREE char16_t *line = tokens_join(u"openvpn", &tokens);
        assert_non_null(line);
        assert_int_equal(tokens_split(line + text_length(u"openvpn"), &again), 0);
        if (!tokens_equal(&tokens, &again))
            fail_msg("line %u", i);
    }
}

/* Run-times disagree on two quotes inside a quoted part, so a rebuilt line must never have them. */
static void test_no_rebuilt_line_has_two_quotes_inside_a_quoted_part(void **state)
{
    (void)state;
    uint64_t random = random_start(2);
    for (unsigned i = 0; i < RANDOM_LISTS; i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(random_tokens(&random, 8, &tokens), 0);
        CLEANUP_FREE char16_t *line = tokens_join(u"openvpn", &tokens);
        assert_non_null(line);
        bool quoted = false;
        size_t backslashes = 0;
        for (const char16_t *at = line; *at; at++) {
            bool delimiter = *at == u'"' && backslashes % 2 == 0;
            if (delimiter && quoted && at[1] && at[1] != u' ')
                fail_msg("list %u: a token goes on after its closing quote", i);
            quoted = quoted != delimiter;
            backslashes = *at == u'\\' ? backslashes + 1 : 0;
        }
        if (quoted)
            fail_msg("list %u: the last quote is not closed", i);
    }
}

static void test_tokens_are_inserted_and_replaced_in_place(void **state)
{
    (void)state;
    CLEANUP(tokens_free) struct tokens tokens = {0};
    assert_int_equal(tokens_insert(&tokens, 0, u"c"), 0);
    assert_int_equal(tokens_insert(&tokens, 0, u"a"), 0);
    assert_int_equal(tokens_insert(&tokens, 1, u"b"), 0);
    assert_int_equal(tokens_insert(&tokens, 3, u"d"), 0);
    assert_int_equal(tokens_replace(&tokens, 2, u"x"), 0);
    assert_int_equal(tokens_replace(&tokens, 0, tokens.items[0]), 0);
    CLEANUP_FREE char16_t *line = tokens_join(u"p", &tokens);
    assert_true(text_equal(line, u"p \"a\" \"b\" \"x\" \"d\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_split_as_the_run_time_does),
        cmocka_unit_test(test_every_token_is_quoted_and_no_quote_is_doubled),
        cmocka_unit_test(test_without_tokens_the_line_is_the_program),
        cmocka_unit_test(test_any_list_survives_quoting),
        cmocka_unit_test(test_any_line_is_read_again_as_it_was_read_first),
        cmocka_unit_test(test_no_rebuilt_line_has_two_quotes_inside_a_quoted_part),
        cmocka_unit_test(test_tokens_are_inserted_and_replaced_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
