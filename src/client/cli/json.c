/* SPDX-License-Identifier: MIT */
#include "client/cli/json.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TAIL = 3 }; /* bytes reserved for "}", the line end and the terminator */

struct json json_begin(char *bytes, size_t capacity)
{
    bytes[0] = '{';
    return (struct json){.bytes = bytes, .length = 1, .capacity = capacity};
}

static bool json_put(struct json *json, const char *bytes, size_t size)
{
    if (size > json->capacity - TAIL - json->open - json->length)
        return false;
    memcpy(json->bytes + json->length, bytes, size);
    json->length += size;
    return true;
}

/* How many bytes at `utf8` are a control character, which a terminal would obey: one, or two of
 * U+0080 to U+009F, which begin escape sequences as well. 0: none. `*code` is its number. */
static size_t json_control(const char *utf8, size_t size, unsigned *code)
{
    const unsigned char first = (unsigned char)utf8[0];
    const unsigned char second = size > 1 ? (unsigned char)utf8[1] : 0;
    const bool is_pair = first == 0xc2 && second >= 0x80 && second < 0xa0;
    *code = is_pair ? second : first;
    if (is_pair)
        return 2;
    return first < 0x20 || first == 0x7f;
}

static bool json_put_escaped(struct json *json, const char *utf8, size_t size)
{
    for (size_t i = 0; i < size;) {
        unsigned code;
        size_t control = json_control(utf8 + i, size - i, &code);
        char escape[8] = {utf8[i]};
        int length = 1;
        if (control)
            length = snprintf(escape, sizeof(escape), "\\u%04x", code);
        else if (code == '"' || code == '\\')
            length = snprintf(escape, sizeof(escape), "\\%c", (int)code);
        if (!json_put(json, escape, (size_t)length))
            return false;
        i += control ? control : 1;
    }
    return true;
}

/* Nothing that has been written ends like the beginning of an object or array. */
static bool json_put_comma(struct json *json)
{
    const char last = json->bytes[json->length - 1];
    return last == '{' || last == '[' || json_put(json, ",", 1);
}

static bool json_put_key(struct json *json, const char *key)
{
    return json_put_comma(json) && json_put(json, "\"", 1) && json_put(json, key, strlen(key)) &&
           json_put(json, "\":", 2);
}

static void json_leave_out(struct json *json, size_t from)
{
    json->length = from;
    json->truncated = true;
}

/* Appends a member, or nothing if it does not fit. `value` is well-formed UTF-8 of `size` bytes. */
static void json_put_member(struct json *json, const char *key, const char *value, size_t size,
                            bool quoted)
{
    const size_t before = json->length;
    const bool fits = !json->skipped && json_put_key(json, key) &&
                      (quoted ? json_put(json, "\"", 1) && json_put_escaped(json, value, size) &&
                                    json_put(json, "\"", 1)
                              : json_put(json, value, size));
    if (!fits)
        json_leave_out(json, before);
}

static void json_put_units(struct json *json, const char *key, const char16_t *units, size_t length)
{
    size_t size = text_to_utf8(units, length, NULL, 0);
    CLEANUP_FREE char *utf8 = malloc(size + 1);
    if (!utf8) {
        json->truncated = true;
        return;
    }
    text_to_utf8(units, length, utf8, size);
    json_put_member(json, key, utf8, size, true);
}

void json_text(struct json *json, const char *key, const char16_t *text)
{
    json_put_units(json, key, text, text_length(text));
}

/* The conversion to UTF-16 and back replaces ill-formed sequences. */
void json_string(struct json *json, const char *key, const char *utf8)
{
    size_t size = strlen(utf8);
    size_t length = text_from_utf8(utf8, size, NULL, 0);
    CLEANUP_FREE char16_t *units = malloc((length + 1) * sizeof(*units));
    if (!units) {
        json->truncated = true;
        return;
    }
    text_from_utf8(utf8, size, units, length);
    json_put_units(json, key, units, length);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
    json_put_member(json, key, digits, (size_t)length, false);
}

void json_boolean(struct json *json, const char *key, bool value)
{
    json_put_member(json, key, value ? "true" : "false", value ? 4 : 5, false);
}

void json_seconds(struct json *json, const char *key, uint64_t milliseconds)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64 ".%03u", milliseconds / 1000,
                          (unsigned)(milliseconds % 1000));
    json_put_member(json, key, digits, (size_t)length, false);
}

/* `first` is the bracket that begins something. It needs room for the one that ends it. */
static void json_begin_nested(struct json *json, const char *key, const char *first)
{
    const size_t before = json->length;
    const bool fits = !json->skipped && (key ? json_put_key(json, key) : json_put_comma(json)) &&
                      json->capacity - TAIL - json->open - json->length >= 2;
    if (!fits) {
        json_leave_out(json, before);
        json->skipped++;
        return;
    }
    json_put(json, first, 1);
    json->open++;
}

static void json_end_nested(struct json *json, const char *last)
{
    if (json->skipped) {
        json->skipped--;
        return;
    }
    json->open--;
    json_put(json, last, 1);
}

void json_begin_array(struct json *json, const char *key)
{
    json_begin_nested(json, key, "[");
}

void json_begin_item(struct json *json)
{
    json_begin_nested(json, NULL, "{");
}

void json_end_item(struct json *json)
{
    json_end_nested(json, "}");
}

void json_end_array(struct json *json)
{
    json_end_nested(json, "]");
}

size_t json_end(struct json *json)
{
    memcpy(json->bytes + json->length, "}\n", TAIL);
    json->length += 2;
    return json->length;
}
