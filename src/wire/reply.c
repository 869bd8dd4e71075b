/* SPDX-License-Identifier: MIT */
#include "wire/reply.h"

#include "base/text.h"

#include <string.h>

enum {
    NUMBER_UNITS = 10, /* "0x" and eight digits */
    LINE_ENDS = 4,     /* two CR LF */
    FUNCTION_KEPT = 64 /* of a long function line, when it has to share with a long text */
};

static const char16_t PROCESS_ID_LINE[] = u"Process ID";
static const char16_t ELLIPSIS[] = u"...";

static bool is_control(char16_t unit)
{
    return unit < 0x20 || (unit >= 0x7F && unit < 0xA0);
}

static bool is_high_surrogate(char16_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(char16_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The most of the first `limit` units of `text` that ends with a whole character. */
static size_t whole_head(const char16_t *text, size_t limit)
{
    return limit > 0 && is_high_surrogate(text[limit - 1]) ? limit - 1 : limit;
}

static void append_line(struct text *reply, const char16_t *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text_append_unit(reply, is_control(line[i]) ? u'?' : line[i]);
}

/* `line` in at most `limit` units (more than the ellipsis has): its two ends are what tells most,
 * the reason in front and the group to join at the back. */
static void append_shortened(struct text *reply, const char16_t *line, size_t limit)
{
    size_t length = text_length(line);
    if (length <= limit) {
        append_line(reply, line, length);
        return;
    }
    size_t kept = limit - text_length(ELLIPSIS);
    size_t head = whole_head(line, kept - kept / 2);
    const char16_t *tail = line + length - kept / 2;
    if (is_low_surrogate(*tail))
        tail++;
    append_line(reply, line, head);
    text_append(reply, ELLIPSIS);
    append_line(reply, tail, text_length(tail));
}

/* Without its terminator: a reply has none, and its buffer no place for one. */
static size_t copy_out(char16_t reply[REPLY_MAX_UNITS], const struct text *text)
{
    memcpy(reply, text->units, text->length * sizeof(*reply));
    return text->length;
}

size_t reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id)
{
    char16_t units[REPLY_MAX_UNITS + 1];
    struct text text = TEXT_ON(units);

    text_append_format(&text, "0x%08x\n0x%08x\n", 0u, (unsigned)process_id);
    text_append(&text, PROCESS_ID_LINE);
    return copy_out(reply, &text);
}

size_t reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                   const char16_t *text)
{
    enum { FOR_BOTH = REPLY_MAX_UNITS - NUMBER_UNITS - LINE_ENDS };
    char16_t units[REPLY_MAX_UNITS + 1];
    struct text out = TEXT_ON(units);

    if (!text)
        text = u"(null)";
    size_t function_length = text_length(function);
    size_t text_limit =
        FOR_BOTH - (function_length < FUNCTION_KEPT ? function_length : FUNCTION_KEPT);
    size_t text_used = text_length(text);
    if (text_used > text_limit)
        text_used = whole_head(text, text_limit);

    text_append_format(&out, "0x%08x\r\n", (unsigned)code);
    append_shortened(&out, function, FOR_BOTH - text_used);
    text_append_ascii(&out, "\r\n");
    text_append_units(&out, text, text_used);
    return copy_out(reply, &out);
}

/* Some of a reply. */
struct span {
    const char16_t *units;
    size_t length;
};

/* Takes the first line off `rest`. False when no line end is left. */
static bool take_line(struct span *rest, struct span *line)
{
    for (size_t i = 0; i < rest->length; i++) {
        if (rest->units[i] != u'\n')
            continue;
        *line = (struct span){rest->units, i};
        if (i > 0 && rest->units[i - 1] == u'\r')
            line->length--;
        *rest = (struct span){rest->units + i + 1, rest->length - i - 1};
        return true;
    }
    return false;
}

static int digit_value(char16_t unit)
{
    static const char16_t lower[] = u"0123456789abcdef", upper[] = u"0123456789ABCDEF";
    const char16_t *in_lower = text_find(lower, unit);
    const char16_t *in_upper = text_find(upper, unit);
    return in_lower ? (int)(in_lower - lower) : in_upper ? (int)(in_upper - upper) : -1;
}

static bool parse_number(struct span line, uint32_t *value)
{
    if (line.length != NUMBER_UNITS || line.units[0] != u'0' || line.units[1] != u'x')
        return false;
    *value = 0;
    for (size_t i = 2; i < line.length; i++) {
        int digit = digit_value(line.units[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

static void copy_line(char16_t copy[REPLY_MAX_UNITS + 1], struct span line)
{
    struct text text = text_on(copy, REPLY_MAX_UNITS + 1);
    text_append_units(&text, line.units, line.length);
}

bool reply_parse(const char16_t *units, size_t length, struct reply *reply)
{
    struct span rest = {units, length}, first, second;

    *reply = (struct reply){0};
    if (!take_line(&rest, &first) || !take_line(&rest, &second) ||
        !parse_number(first, &reply->code))
        return false;
    while (rest.length > 0 && text_find(u"\r\n", rest.units[rest.length - 1]) != NULL)
        rest.length--;
    if (reply->code != 0) {
        copy_line(reply->function, second);
        copy_line(reply->text, rest);
        return true;
    }
    return parse_number(second, &reply->process_id) &&
           rest.length == text_length(PROCESS_ID_LINE) &&
           memcmp(rest.units, PROCESS_ID_LINE, rest.length * sizeof(*units)) == 0;
}
