/* SPDX-License-Identifier: MIT */
#include "wire/reply.h"

#include "base/text.h"

#include <string.h>

enum {
    NUMBER_UNITS = 10, /* "0x" and eight digits */
    LINE_ENDS = 4,     /* two CR LF */
    FUNCTION_KEPT = 64 /* units that a long text leaves to a long function line */
};

static const char16_t process_id_line[] = u"Process ID";
static const char16_t ellipsis[] = u"...";

static bool reply_is_control(char16_t unit)
{
    return unit < 0x20 || (unit >= 0x7F && unit < 0xA0);
}

static void reply_append_line(struct text *reply, const char16_t *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text_append_unit(reply, reply_is_control(line[i]) ? u'?' : line[i]);
}

/* Appends `line` in at most `limit` units (more than the ellipsis has). The middle is left out
 * because the reason is at the start of a line and the name of the group to join at its end. */
static void reply_append_shortened(struct text *reply, const char16_t *line, size_t limit)
{
    size_t length = text_length(line);
    if (length <= limit) {
        reply_append_line(reply, line, length);
        return;
    }
    size_t kept = limit - text_length(ellipsis);
    size_t head = text_whole_length(line, kept - kept / 2);
    const char16_t *tail = line + length - kept / 2;
    if (text_is_low_surrogate(*tail))
        tail++;
    reply_append_line(reply, line, head);
    text_append(reply, ellipsis);
    reply_append_line(reply, tail, text_length(tail));
}

/* Copies the text without its terminator: a reply has none. */
static size_t reply_copy_out(char16_t reply[REPLY_MAX_UNITS], const struct text *text)
{
    memcpy(reply, text->units, text->length * sizeof(*reply));
    return text->length;
}

size_t reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id)
{
    char16_t units[REPLY_MAX_UNITS + 1];
    struct text text = TEXT_ON(units);
    text_append_format(&text, "0x%08x\n0x%08x\n", 0u, (unsigned)process_id);
    text_append(&text, process_id_line);
    return reply_copy_out(reply, &text);
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
        text_used = text_whole_length(text, text_limit);

    text_append_format(&out, "0x%08x\r\n", (unsigned)code);
    reply_append_shortened(&out, function, FOR_BOTH - text_used);
    text_append_ascii(&out, "\r\n");
    text_append_units(&out, text, text_used);
    return reply_copy_out(reply, &out);
}

/* A part of a reply; not terminated. */
struct span {
    const char16_t *units;
    size_t length;
};

/* Removes the first line from `rest`. Returns false if no line end is left. */
static bool reply_take_line(struct span *rest, struct span *line)
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

static bool reply_parse_number(struct span line, uint32_t *value)
{
    if (line.length != NUMBER_UNITS || line.units[0] != u'0' || line.units[1] != u'x')
        return false;
    *value = 0;
    for (size_t i = 2; i < line.length; i++) {
        unsigned digit = text_digit_value(line.units[i]);
        if (digit == TEXT_NO_DIGIT)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static void reply_copy_line(char16_t copy[REPLY_MAX_UNITS + 1], struct span line)
{
    struct text text = text_on(copy, REPLY_MAX_UNITS + 1);
    text_append_units(&text, line.units, line.length);
}

bool reply_parse(const char16_t *units, size_t length, struct reply *reply)
{
    struct span rest = {units, length}, first, second;
    *reply = (struct reply){0};
    if (!reply_take_line(&rest, &first) || !reply_take_line(&rest, &second) ||
        !reply_parse_number(first, &reply->code))
        return false;
    while (rest.length > 0 && text_find(u"\r\n", rest.units[rest.length - 1]) != NULL)
        rest.length--;
    if (reply->code != 0) {
        reply_copy_line(reply->function, second);
        reply_copy_line(reply->text, rest);
        return true;
    }
    return reply_parse_number(second, &reply->process_id) &&
           rest.length == text_length(process_id_line) &&
           memcmp(rest.units, process_id_line, rest.length * sizeof(*units)) == 0;
}
