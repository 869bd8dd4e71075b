/* SPDX-License-Identifier: MIT */
#include "policy/tokens.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

static bool tokens_is_blank(char16_t unit)
{
    return unit == u' ' || unit == u'\t';
}

/* Reads the token at `at`, which is not a blank, into `out`, zero-terminated. Returns its end.
 * `out` gets no more units than were read, and the terminator. */
static const char16_t *tokens_read_one(const char16_t *at, char16_t *out)
{
    bool quoted = false;
    for (;;) {
        size_t backslashes = 0;
        for (; *at == u'\\'; at++)
            backslashes++;
        bool literal = *at != u'"' || backslashes % 2 == 1;
        if (*at == u'"')
            backslashes /= 2;
        for (; backslashes; backslashes--)
            *out++ = u'\\';

        if (!literal && quoted && at[1] == u'"') {
            literal = true; /* two quotes inside a quoted part stand for one */
            at++;
        }
        if (!literal) {
            quoted = !quoted;
            at++;
            continue;
        }
        if (!*at || (tokens_is_blank(*at) && !quoted))
            break;
        *out++ = *at++;
    }
    *out = 0;
    return at;
}

uint32_t tokens_split(const char16_t *options, struct tokens *tokens)
{
    *tokens = (struct tokens){0};
    CLEANUP_FREE char16_t *token = malloc((text_length(options) + 1) * sizeof(*token));
    if (!token)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (;;) {
        while (tokens_is_blank(*options))
            options++;
        if (!*options)
            return 0;
        options = tokens_read_one(options, token);
        uint32_t error = tokens_insert(tokens, tokens->count, token);
        if (error)
            return error;
    }
}

/* Always quotes the token, and writes a quote inside as backslash and quote, never doubled: all
 * versions of the run-time read this form in the same way. */
static void tokens_append_quoted(struct text *line, const char16_t *token)
{
    text_append_unit(line, u'"');
    for (;; token++) {
        size_t backslashes = 0;
        for (; *token == u'\\'; token++)
            backslashes++;
        if (!*token || *token == u'"')
            backslashes *= 2; /* before any quote, the closing one too, two stand for one */
        for (; backslashes; backslashes--)
            text_append_unit(line, u'\\');
        if (!*token)
            break;
        if (*token == u'"')
            text_append_unit(line, u'\\');
        text_append_unit(line, *token);
    }
    text_append_unit(line, u'"');
}

char16_t *tokens_join(const char16_t *program, const struct tokens *tokens)
{
    size_t capacity = text_length(program) + 3; /* two quotes and the terminator */
    for (size_t i = 0; i < tokens->count; i++)
        capacity += 2 * text_length(tokens->items[i]) + 3; /* every unit escaped, quotes, blank */
    char16_t *units = malloc(capacity * sizeof(*units));
    if (!units)
        return NULL;

    struct text line = text_on(units, capacity);
    bool needs_quotes = !*program || text_find(program, u' ') || text_find(program, u'\t');
    text_append(&line, needs_quotes ? u"\"" : u"");
    text_append(&line, program);
    text_append(&line, needs_quotes ? u"\"" : u"");
    for (size_t i = 0; i < tokens->count; i++) {
        text_append_unit(&line, u' ');
        tokens_append_quoted(&line, tokens->items[i]);
    }
    return units;
}

uint32_t tokens_insert(struct tokens *tokens, size_t at, const char16_t *item)
{
    CLEANUP_FREE char16_t *copy = text_copy(item);
    char16_t **items = realloc(tokens->items, (tokens->count + 1) * sizeof(*items));
    if (items)
        tokens->items = items;
    if (!items || !copy)
        return ERROR_NOT_ENOUGH_MEMORY;
    memmove(items + at + 1, items + at, (tokens->count - at) * sizeof(*items));
    items[at] = TAKE(copy);
    tokens->count++;
    return 0;
}

uint32_t tokens_replace(struct tokens *tokens, size_t at, const char16_t *item)
{
    char16_t *copy = text_copy(item); /* before the free(): `item` may be the replaced item */
    if (!copy)
        return ERROR_NOT_ENOUGH_MEMORY;
    free(tokens->items[at]);
    tokens->items[at] = copy;
    return 0;
}

void tokens_free(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->items[i]);
    free(tokens->items);
    *tokens = (struct tokens){0};
}
