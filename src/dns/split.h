/* SPDX-License-Identifier: MIT */
/* split.h: splits a text at separators. Used within src/dns only. */
#ifndef DNS_SPLIT_H
#define DNS_SPLIT_H

#include "base/text.h"

#include <string.h>

/* A part of a text; points into the text and is not terminated. */
struct piece {
    const char16_t *at;
    size_t length;
};

/* Gets the next piece, empty ones included: "a,,b" has three pieces, "" has one. `*rest` starts as
 * the text and becomes NULL after the last piece; the next call then returns false. */
static inline bool split_next(const char16_t **rest, const char16_t *separators,
                              struct piece *piece)
{
    if (!*rest)
        return false;
    const char16_t *end = *rest;
    while (*end && !text_find(separators, *end))
        end++;
    *piece = (struct piece){*rest, (size_t)(end - *rest)};
    *rest = *end ? end + 1 : NULL;
    return true;
}

/* True if both pieces have the same units; case-sensitive. */
static inline bool piece_equal(struct piece a, struct piece b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length * sizeof(*a.at)) == 0;
}

#endif
