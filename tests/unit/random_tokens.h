/* SPDX-License-Identifier: MIT */
/* random_tokens.h: lists of tokens that are hard to quote, the same for the same seed on every
 * platform. */
#ifndef TESTS_UNIT_RANDOM_TOKENS_H
#define TESTS_UNIT_RANDOM_TOKENS_H

#include "base/text.h"
#include "policy/tokens.h"

/* xorshift64*: small, and the same on every platform. */
static inline uint32_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545F4914F6CDD1Du) >> 32);
}

static inline uint64_t random_start(uint32_t seed)
{
    return 0x9E3779B97F4A7C15u * (seed + 1u);
}

/* A string of fewer than `limit` pieces, most of them one character that quoting rules treat
 * specially. */
static inline void random_text(uint64_t *state, uint32_t limit, struct text *text)
{
    static const char16_t *const pieces[] = {
        u" ", u"\t", u"\"", u"\"", u"\"\"", u"\\",   u"\\",         u"\\\\",
        u"a", u"--", u"*",  u"'",  u"\n",   u"\xE9", u"\U0001F511", u"\\\"",
    };
    text->length = 0;
    text->units[0] = 0;
    for (uint32_t left = random_next(state) % limit; left; left--)
        text_append(text, pieces[random_next(state) % ARRAY_COUNT(pieces)]);
}

static inline uint32_t random_tokens(uint64_t *state, uint32_t limit, struct tokens *tokens)
{
    *tokens = (struct tokens){0};
    char16_t units[64];
    struct text text = TEXT_ON(units);
    uint32_t error = 0;
    for (uint32_t left = random_next(state) % limit; left && !error; left--) {
        random_text(state, 12, &text);
        error = tokens_insert(tokens, tokens->count, units);
    }
    return error;
}

#endif
