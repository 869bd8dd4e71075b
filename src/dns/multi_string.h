/* SPDX-License-Identifier: MIT */
/* multi_string.h: builds and reads lists of texts as the registry stores them (REG_MULTI_SZ): each
 * text ends with a zero, and the list with one more. A text in a list cannot be empty.
 *
 * Format: Microsoft, "Registry value types". The registry does not enforce it, so reading does not
 * rely on any zero. */
#ifndef DNS_MULTI_STRING_H
#define DNS_MULTI_STRING_H

#include "base/text.h"

/* Builds a list in an array of the caller. The array holds a complete list at any time. */
struct multi_string {
    char16_t *units;
    size_t length;   /* units of the texts with their zeros, without the zero that ends the list */
    size_t capacity; /* units, the zero that ends the list included; at least 2 */
};

/* An empty list in the char16_t array `array`. */
#define MULTI_STRING_ON(array) multi_string_on((array), ARRAY_COUNT(array))
struct multi_string multi_string_on(char16_t *units, size_t capacity);

/* Appends a text of `length` units that contain no zero. Returns false, without a change, if the
 * text is empty or does not fit. */
bool multi_string_append(struct multi_string *list, const char16_t *text, size_t length);

/* The number of units to write to the registry, all zeros included. An empty list is two zeros. */
size_t multi_string_count(const struct multi_string *list);

/* Returns the text at `*at` and advances `*at`, which starts at 0. The `count` units come from the
 * registry and need not be terminated. Returns NULL at the end of the list: at an empty text, or at
 * the end of the units. The text has `*length` units; do not rely on a zero after them. */
const char16_t *multi_string_next(const char16_t *units, size_t count, size_t *at, size_t *length);

#endif
