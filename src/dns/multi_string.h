/* SPDX-License-Identifier: MIT */
/* multi_string.h: lists of texts as the registry stores them (REG_MULTI_SZ): each text with its
 * zero, and one more zero at the end. No text of a list can be empty.
 *
 * The format: Microsoft, "Registry value types". Nothing in the registry makes sure that a value
 * keeps to it, so reading never trusts a zero to be there. */
#ifndef DNS_MULTI_STRING_H
#define DNS_MULTI_STRING_H

#include "base/text.h"

/* A bounded builder over the caller's array; what it holds is a whole list at any time. */
struct multi_string {
    char16_t *units;
    size_t length;   /* units of the texts with their zeros; the list's own zero comes behind */
    size_t capacity; /* units, the list's own zero included; at least 2 */
};

#define MULTI_STRING_ON(array) multi_string_on((array), ARRAY_COUNT(array))
struct multi_string multi_string_on(char16_t *units, size_t capacity);

/* Appends `length` units, which hold no zero. False, and nothing is appended, when there are none
 * or when they do not fit. */
bool multi_string_append(struct multi_string *list, const char16_t *text, size_t length);

/* Units to write to the registry, all zeros included. An empty list is two zeros. */
size_t multi_string_count(const struct multi_string *list);

/* The text at `*at` of `count` units that came from the registry, which need not be terminated in
 * any way; `*at` starts at 0 and moves on. Returns NULL at the end of the list: at an empty text,
 * or where the units end. The text is `*length` units long, and a zero follows only if there is
 * one. */
const char16_t *multi_string_next(const char16_t *units, size_t count, size_t *at, size_t *length);

#endif
