/* SPDX-License-Identifier: MIT */
#include "update/lines.h"

#include <string.h>

/* ---- values ---- */

/* The next value; NULL: there is none. */
static const char *line_next(struct update_line *line, size_t *length)
{
    const char *word = line->at;
    if (word == line->end)
        return NULL;
    const char *blank = memchr(word, ' ', (size_t)(line->end - word));
    const char *end = blank ? blank : line->end;
    *length = (size_t)(end - word);
    line->at = blank ? blank + 1 : end;
    const bool ends_in_blank = blank && line->at == line->end;
    return *length && !ends_in_blank ? word : NULL;
}

bool update_line_word(struct update_line *line, char *word, size_t capacity)
{
    size_t length;
    const char *at = line_next(line, &length);
    if (!at || length >= capacity)
        return false;
    memcpy(word, at, length);
    word[length] = 0;
    return true;
}

bool update_line_rest(struct update_line *line, char *text, size_t capacity)
{
    const size_t length = (size_t)(line->end - line->at);
    if (!length || length >= capacity || line->at[0] == ' ' || line->end[-1] == ' ')
        return false;
    memcpy(text, line->at, length);
    text[length] = 0;
    line->at = line->end;
    return true;
}

/* Reads all of the digits. */
static bool line_decimal(const char *digits, size_t length, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        const unsigned digit = (unsigned)((unsigned char)digits[i] - '0');
        if (digit > 9 || digit > most || value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return length != 0;
}

bool update_line_number(struct update_line *line, uint64_t least, uint64_t most, uint64_t *number)
{
    size_t length;
    const char *at = line_next(line, &length);
    return at && (*at != '0' || length == 1) && line_decimal(at, length, most, number) &&
           *number >= least;
}

static unsigned line_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    return digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a' + 10) : 16;
}

bool update_line_hex(struct update_line *line, uint8_t *bytes, size_t size)
{
    size_t length;
    const char *at = line_next(line, &length);
    if (!at || length != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const unsigned high = line_digit(at[2 * i]), low = line_digit(at[2 * i + 1]);
        if (high > 15 || low > 15)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool update_line_version(struct update_line *line, struct update_version *version)
{
    size_t length;
    const char *at = line_next(line, &length);
    return at && update_version_parse(at, length, version);
}

bool update_line_ends(const struct update_line *line)
{
    return line->at == line->end;
}

/* ---- times ---- */

static bool is_leap_year(uint64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t days_in_month(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1U : 0U);
}

static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t days = day - 1;
    for (uint64_t before = 1970; before < year; before++)
        days += is_leap_year(before) ? 366 : 365;
    for (uint64_t before = 1; before < month; before++)
        days += days_in_month(year, before);
    return days;
}

bool update_line_time(struct update_line *line, uint64_t *seconds)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ"; /* d: a digit */
    size_t length;
    const char *at = line_next(line, &length);
    if (!at || length != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < length; i++)
        if (form[i] != 'd' && at[i] != form[i])
            return false;
    uint64_t year, month, day, hour, minute, second;
    if (!line_decimal(at, 4, 9999, &year) || !line_decimal(at + 5, 2, 12, &month) ||
        !line_decimal(at + 8, 2, 31, &day) || !line_decimal(at + 11, 2, 23, &hour) ||
        !line_decimal(at + 14, 2, 59, &minute) || !line_decimal(at + 17, 2, 59, &second))
        return false;
    if (year < 1970 || !month || !day || day > days_in_month(year, month))
        return false;
    *seconds = (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    return true;
}

/* ---- lines ---- */

/* Whether the line is `key` and values, which go to `line`. */
static bool line_has_key(const char *text, size_t length, const char *key, struct update_line *line)
{
    const size_t key_length = strlen(key);
    if (length <= key_length || memcmp(text, key, key_length) != 0 || text[key_length] != ' ')
        return false;
    *line = (struct update_line){text + key_length + 1, text + length};
    return true;
}

uint32_t update_lines_read(const char *text, size_t size, const struct update_line_rule *rules,
                           size_t rule_count, void *target, struct update_refusal *refusal)
{
    const char *const end = text + size;
    size_t rule = 0, count = 0, number = 1;
    for (const char *at = text; at < end; number++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((line_end ? line_end : end) - at);
        struct update_line line;
        while (rule < rule_count && !line_has_key(at, length, rules[rule].key, &line)) {
            if (count < rules[rule].least)
                return update_refuse_line(refusal, UPDATE_BAD_LINE, number);
            rule++;
            count = 0;
        }
        if (!line_end || rule == rule_count || count == rules[rule].most ||
            !rules[rule].read(&line, target) || !update_line_ends(&line))
            return update_refuse_line(refusal, UPDATE_BAD_LINE, number);
        count++;
        at += length + 1;
    }
    for (; rule < rule_count; rule++, count = 0)
        if (count < rules[rule].least)
            return update_refuse_line(refusal, UPDATE_BAD_LINE, number);
    return 0;
}
