/* SPDX-License-Identifier: MIT */
/* text.h: UTF-16 text, the encoding of Windows and of the client pipe, and its conversion to and
 * from UTF-8.
 *
 * On Windows char16_t and u"" are wchar_t and L"", so text goes to Windows' functions and comes
 * from them without a conversion. Texts are zero-terminated unless a length is passed with them.
 * Lengths are in UTF-16 units (char16_t), never in bytes, unless the comment says bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* The number of units before the terminating zero. */
size_t text_length(const char16_t *text);

/* True when both texts have the same units; case-sensitive. */
bool text_equal(const char16_t *a, const char16_t *b);

/* The same for texts of the given lengths, ignoring the case of the letters A to Z only: for GUIDs,
 * domain names and driver names. */
bool text_equal_caseless(const char16_t *a, size_t a_length, const char16_t *b, size_t b_length);

/* Position of the first `unit` in `text`, or NULL. */
const char16_t *text_find(const char16_t *text, char16_t unit);

static inline bool text_is_high_surrogate(char16_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool text_is_low_surrogate(char16_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* `limit`, or one less if the unit before it is the first half of a surrogate pair: where to cut a
 * text so that no character is split. */
size_t text_whole_length(const char16_t *text, size_t limit);

/* The value of a hexadecimal digit of either case; TEXT_NO_DIGIT for any other unit. */
enum { TEXT_NO_DIGIT = 16 };
unsigned text_digit_value(char16_t unit);

bool text_starts_with(const char16_t *text, const char16_t *prefix);

/* A copy on the heap, which the caller frees; NULL when memory is short. */
char16_t *text_copy(const char16_t *text);

/* True when every surrogate in the first `length` units has its partner. */
bool text_is_well_formed(const char16_t *text, size_t length);

/* `length` units as UTF-8, not terminated. Returns the number of bytes needed, which are written
 * only as far as `capacity` allows whole characters. A lone surrogate becomes U+FFFD. */
size_t text_to_utf8(const char16_t *text, size_t length, char *utf8, size_t capacity);

/* A whole text as one line of UTF-8 for a log or a console, zero-terminated: cut after the last
 * whole character that fits into `capacity` bytes (at least 1). Control characters (C0, DEL, C1)
 * become
 * '?': others choose such texts, and a line end or an escape sequence in one would forge a line or
 * command a terminal. Returns `line`. */
char *text_to_line(const char16_t *text, char *line, size_t capacity);

/* The same as an argument of a log line, valid until the end of the enclosing block:
 *
 *     log_information("Authorizing user '%s'", UTF8(name)); */
#define UTF8(text) text_to_line((text), (char[UTF8_SIZE]){0}, UTF8_SIZE)
enum { UTF8_SIZE = 512 };

/* `size` bytes of UTF-8 as UTF-16. Returns the number of units needed, written only as far as
 * `capacity` allows whole characters. An ill-formed sequence becomes U+FFFD. */
size_t text_from_utf8(const char *utf8, size_t size, char16_t *text, size_t capacity);

/* Builds a text in an array of the caller. Whatever does not fit is cut off and sets `truncated`.
 * The text is zero-terminated at any time. */
struct text {
    char16_t *units;
    size_t length;   /* units before the terminator */
    size_t capacity; /* units, the terminator included; at least 1 */
    bool truncated;
};

/* An empty text in the char16_t array `array`. */
#define TEXT_ON(array) text_on((array), ARRAY_COUNT(array))
struct text text_on(char16_t *units, size_t capacity);

void text_append(struct text *text, const char16_t *more);
void text_append_units(struct text *text, const char16_t *more, size_t length);
void text_append_ascii(struct text *text, const char *more);
void text_append_unit(struct text *text, char16_t unit);
/* printf() for numbers and fixed words: the result is ASCII of at most 255 characters. */
void text_append_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
