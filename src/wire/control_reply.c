/* SPDX-License-Identifier: MIT */
#include "wire/control_reply.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CODE_UNITS = 10 /* "0x" and eight digits */, REPLACEMENT = 0xFFFD };

static const char hex_upper[] = "0123456789ABCDEF";

/* Control characters could forge lines or command a terminal; '%' begins what stands for them. */
static bool control_is_escaped(char16_t unit)
{
    return unit < 0x20 || unit == u'%' || (unit >= 0x7F && unit < 0xA0);
}

/* ---- writing ---- */

static void control_append_unit(struct control_reply *reply, char16_t unit)
{
    if (reply->length < reply->capacity)
        reply->units[reply->length++] = unit;
    else
        reply->is_full = true;
}

static void control_append_ascii(struct control_reply *reply, const char *text)
{
    for (; *text; text++)
        control_append_unit(reply, (char16_t)*text);
}

/* Appends one unit of a value, or what stands for it; `next` is the unit behind it. Returns how
 * many units of the value this was. */
static size_t control_append_character(struct control_reply *reply, char16_t unit, char16_t next)
{
    if (control_is_escaped(unit)) {
        control_append_unit(reply, u'%');
        control_append_unit(reply, (char16_t)hex_upper[unit >> 4]);
        control_append_unit(reply, (char16_t)hex_upper[unit & 0xF]);
        return 1;
    }
    if (text_is_high_surrogate(unit) && text_is_low_surrogate(next)) {
        control_append_unit(reply, unit);
        control_append_unit(reply, next);
        return 2;
    }
    bool is_lone = text_is_high_surrogate(unit) || text_is_low_surrogate(unit);
    control_append_unit(reply, is_lone ? REPLACEMENT : unit);
    return 1;
}

void control_reply_begin(struct control_reply *reply, char16_t *units, size_t capacity,
                         uint32_t code, const char16_t *name)
{
    char number[CODE_UNITS + 1];
    snprintf(number, sizeof(number), "0x%08" PRIx32, code);
    *reply = (struct control_reply){.units = units, .capacity = capacity};
    control_append_ascii(reply, number);
    control_append_unit(reply, u'\n');
    for (; *name; name++)
        control_append_unit(reply, *name);
    control_append_unit(reply, u'\n');
}

void control_reply_record(struct control_reply *reply)
{
    if (reply->has_record)
        control_append_unit(reply, u'\n');
    reply->has_record = true;
}

void control_reply_text(struct control_reply *reply, const char *key, const char16_t *text)
{
    control_append_ascii(reply, key);
    control_append_unit(reply, u'=');
    while (*text)
        text += control_append_character(reply, text[0], text[1]);
    control_append_unit(reply, u'\n');
}

void control_reply_number(struct control_reply *reply, const char *key, uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    control_append_ascii(reply, key);
    control_append_unit(reply, u'=');
    control_append_ascii(reply, digits);
    control_append_unit(reply, u'\n');
}

/* ---- reading ---- */

/* The message, read at `at` and written anew at `out`, which is never ahead. */
struct control_reader {
    const char16_t *at, *end;
    char16_t *out;
};

static bool control_is_lower(char16_t unit)
{
    return unit >= u'a' && unit <= u'z';
}

static bool control_is_digit(char16_t unit)
{
    return unit >= u'0' && unit <= u'9';
}

static bool control_is_of_name(char16_t unit)
{
    return control_is_lower(unit) || unit == u'-';
}

static bool control_is_of_key(char16_t unit)
{
    return control_is_lower(unit) || control_is_digit(unit) || unit == u'_';
}

/* Takes `1*part` and the unit `end` behind it, which becomes a terminator. */
static bool control_read_word(struct control_reader *reader, bool (*is_part)(char16_t),
                              char16_t end)
{
    const char16_t *begin = reader->at;
    while (reader->at < reader->end && is_part(*reader->at))
        *reader->out++ = *reader->at++;
    if (reader->at == begin || reader->at == reader->end || *reader->at != end)
        return false;
    reader->at++;
    *reader->out++ = 0;
    return true;
}

static bool control_read_code(struct control_reader *reader, uint32_t *code)
{
    *code = 0;
    if (reader->end - reader->at <= CODE_UNITS || reader->at[0] != u'0' || reader->at[1] != u'x' ||
        reader->at[CODE_UNITS] != u'\n')
        return false;
    for (size_t i = 2; i < CODE_UNITS; i++) {
        char16_t unit = reader->at[i];
        if (!control_is_digit(unit) && (unit < u'a' || unit > u'f'))
            return false;
        *code = *code << 4 | text_digit_value(unit);
    }
    reader->at += CODE_UNITS + 1;
    return true;
}

static bool control_is_upper_hex(char16_t unit)
{
    return control_is_digit(unit) || (unit >= u'A' && unit <= u'F');
}

/* Takes what stands behind a '%'. Only what must be escaped is, and never the terminator. */
static bool control_read_escape(struct control_reader *reader)
{
    if (reader->end - reader->at < 2 || !control_is_upper_hex(reader->at[0]) ||
        !control_is_upper_hex(reader->at[1]))
        return false;
    char16_t unit =
        (char16_t)(text_digit_value(reader->at[0]) << 4 | text_digit_value(reader->at[1]));
    if (!unit || !control_is_escaped(unit))
        return false;
    reader->at += 2;
    *reader->out++ = unit;
    return true;
}

/* Takes a value and the line end behind it. */
static bool control_read_value(struct control_reader *reader)
{
    const char16_t *begin = reader->out;
    while (reader->at < reader->end && *reader->at != u'\n') {
        char16_t unit = *reader->at++;
        if (unit == u'%') {
            if (!control_read_escape(reader))
                return false;
        } else if (control_is_escaped(unit)) {
            return false;
        } else {
            *reader->out++ = unit;
        }
    }
    if (reader->at == reader->end || !text_is_well_formed(begin, (size_t)(reader->out - begin)))
        return false;
    reader->at++;
    *reader->out++ = 0;
    return true;
}

/* Takes a line of a record, and the blank line behind the record, which becomes an empty key. */
static bool control_read_line(struct control_reader *reader)
{
    if (!control_is_lower(*reader->at) || !control_read_word(reader, control_is_of_key, u'=') ||
        !control_read_value(reader))
        return false;
    if (reader->at == reader->end || *reader->at != u'\n')
        return true;
    reader->at++;
    *reader->out++ = 0;
    return reader->at < reader->end; /* another record must follow */
}

bool control_answer_read(char16_t *units, size_t length, struct control_answer *answer)
{
    struct control_reader reader = {units, units + length, units};
    *answer = (struct control_answer){.name = units};
    if (length > CONTROL_REPLY_MAX_UNITS || !control_read_code(&reader, &answer->code) ||
        !control_read_word(&reader, control_is_of_name, u'\n'))
        return false;
    answer->next = reader.out;
    while (reader.at < reader.end)
        if (!control_read_line(&reader))
            return false;
    answer->end = reader.out;
    return true;
}

enum control_item control_answer_next(struct control_answer *answer, const char16_t **key,
                                      const char16_t **value)
{
    if (answer->next == answer->end)
        return CONTROL_END;
    if (!*answer->next) {
        answer->next++;
        return CONTROL_RECORD;
    }
    *key = answer->next;
    *value = *key + text_length(*key) + 1;
    answer->next = (char16_t *)*value + text_length(*value) + 1;
    return CONTROL_VALUE;
}
