/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLACEMENT_CHARACTER = 0xFFFD };

size_t text_length(const char16_t *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_equal(const char16_t *a, const char16_t *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static char16_t text_fold(char16_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? (char16_t)(unit + 'a' - 'A') : unit;
}

bool text_equal_caseless(const char16_t *a, size_t a_length, const char16_t *b, size_t b_length)
{
    if (a_length != b_length)
        return false;
    for (size_t i = 0; i < a_length; i++)
        if (text_fold(a[i]) != text_fold(b[i]))
            return false;
    return true;
}

unsigned text_digit_value(char16_t unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - (unsigned)'0';
    if (unit >= 'a' && unit <= 'f')
        return unit - (unsigned)'a' + 10;
    if (unit >= 'A' && unit <= 'F')
        return unit - (unsigned)'A' + 10;
    return TEXT_NO_DIGIT;
}

size_t text_whole_length(const char16_t *text, size_t limit)
{
    return limit > 0 && text_is_high_surrogate(text[limit - 1]) ? limit - 1 : limit;
}

const char16_t *text_find(const char16_t *text, char16_t unit)
{
    for (; *text; text++)
        if (*text == unit)
            return text;
    return NULL;
}

bool text_starts_with(const char16_t *text, const char16_t *prefix)
{
    for (; *prefix; text++, prefix++)
        if (*text != *prefix)
            return false;
    return true;
}

char16_t *text_copy(const char16_t *text)
{
    size_t size = (text_length(text) + 1) * sizeof(*text);
    char16_t *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

/* Reads the code point at `*at` and advances `*at`. Returns -1 for a lone surrogate. */
static int32_t next_code_point(const char16_t *text, size_t length, size_t *at)
{
    char16_t unit = text[(*at)++];
    if (text_is_low_surrogate(unit))
        return -1;
    if (!text_is_high_surrogate(unit))
        return (int32_t)unit;
    if (*at == length || !text_is_low_surrogate(text[*at]))
        return -1;
    uint32_t low = text[(*at)++];
    return (int32_t)(0x10000u + ((unit - 0xD800u) << 10) + (low - 0xDC00u));
}

bool text_is_well_formed(const char16_t *text, size_t length)
{
    for (size_t at = 0; at < length;)
        if (next_code_point(text, length, &at) < 0)
            return false;
    return true;
}

static size_t encode_utf8(uint32_t point, unsigned char out[4])
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (unsigned char)(lead[length] | point);
    return length;
}

size_t text_to_utf8(const char16_t *text, size_t length, char *utf8, size_t capacity)
{
    size_t needed = 0;
    bool full = false;
    for (size_t at = 0; at < length;) {
        unsigned char sequence[4];
        int32_t point = next_code_point(text, length, &at);
        size_t size = encode_utf8(point < 0 ? REPLACEMENT_CHARACTER : (uint32_t)point, sequence);
        full = full || needed + size > capacity;
        if (!full)
            memcpy(utf8 + needed, sequence, size);
        needed += size;
    }
    return needed;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

char *text_to_line(const char16_t *text, char *line, size_t capacity)
{
    size_t length = text_length(text);
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        unsigned char sequence[4];
        int32_t next = next_code_point(text, length, &at);
        uint32_t point = next < 0 ? REPLACEMENT_CHARACTER : (uint32_t)next;
        size_t size = encode_utf8(is_control(point) ? '?' : point, sequence);
        if (used + size >= capacity)
            break;
        memcpy(line + used, sequence, size);
        used += size;
    }
    line[used] = 0;
    return line;
}

/* Reads the code point at `*at` and advances `*at` by its bytes. Returns -1 for an ill-formed
 * sequence (Unicode 3.9, table 3-7) and then advances by one byte only. */
static int32_t next_utf8(const unsigned char *utf8, size_t size, size_t *at)
{
    unsigned char lead = utf8[(*at)++];
    if (lead < 0x80)
        return lead;
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || size - *at < more)
        return -1;
    uint32_t point = lead & (0x3Fu >> more);
    for (size_t i = 0; i < more; i++) {
        unsigned char next = utf8[*at + i];
        if ((next & 0xC0) != 0x80)
            return -1;
        point = point << 6 | (next & 0x3F);
    }
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    if (point < smallest[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return -1;
    *at += more;
    return (int32_t)point;
}

size_t text_from_utf8(const char *utf8, size_t size, char16_t *text, size_t capacity)
{
    size_t needed = 0;
    bool full = false;
    for (size_t at = 0; at < size;) {
        int32_t next = next_utf8((const unsigned char *)utf8, size, &at);
        uint32_t point = next < 0 ? REPLACEMENT_CHARACTER : (uint32_t)next;
        size_t units = point >= 0x10000 ? 2 : 1;
        full = full || needed + units > capacity;
        if (!full && units == 1)
            text[needed] = (char16_t)point;
        if (!full && units == 2) {
            text[needed] = (char16_t)(0xD800 + ((point - 0x10000) >> 10));
            text[needed + 1] = (char16_t)(0xDC00 + ((point - 0x10000) & 0x3FF));
        }
        needed += units;
    }
    return needed;
}

struct text text_on(char16_t *units, size_t capacity)
{
    units[0] = 0;
    return (struct text){.units = units, .capacity = capacity};
}

void text_append_units(struct text *text, const char16_t *more, size_t length)
{
    size_t room = text->capacity - 1 - text->length;
    if (length > room) {
        length = room;
        text->truncated = true;
    }
    memcpy(text->units + text->length, more, length * sizeof(*more));
    text->length += length;
    text->units[text->length] = 0;
}

void text_append(struct text *text, const char16_t *more)
{
    text_append_units(text, more, text_length(more));
}

void text_append_unit(struct text *text, char16_t unit)
{
    text_append_units(text, &unit, 1);
}

void text_append_ascii(struct text *text, const char *more)
{
    for (; *more; more++)
        text_append_unit(text, (unsigned char)*more);
}

void text_append_format(struct text *text, const char *format, ...)
{
    char buffer[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof(buffer), format, arguments);
    va_end(arguments);
    text_append_ascii(text, buffer);
}
