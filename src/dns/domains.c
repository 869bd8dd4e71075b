/* SPDX-License-Identifier: MIT */
#include "dns/domains.h"

#include "base/errors.h"
#include "dns/split.h"

#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_LENGTH = 253 };

/* ---- one name ---- */

/* Characters beyond ASCII that a program could take for a blank or a separator, or ignore. */
static const struct {
    char16_t first, last;
} refused[] = {
    {0x0080, 0x00A0}, /* control characters, no-break space */
    {0x1680, 0x1680}, /* Ogham space */
    {0x2000, 0x200B}, /* spaces, zero-width space */
    {0x200E, 0x200F}, /* direction marks */
    {0x2028, 0x202F}, /* line ends, direction marks, narrow space */
    {0x205F, 0x206F}, /* space, invisible operators, direction marks */
    {0x3000, 0x3002}, /* ideographic space, comma, full stop */
    {0xFDD0, 0xFDEF}, /* no characters */
    {0xFEFF, 0xFEFF}, /* byte order mark */
    {0xFF0C, 0xFF0C}, /* full-width comma */
    {0xFF0E, 0xFF0E}, /* full-width full stop */
    {0xFF61, 0xFF61}, /* half-width ideographic full stop */
    {0xFFF0, 0xFFFF}, /* specials; U+FFFD stands for bytes that were not UTF-8 */
};

static bool domain_unit_is_allowed(char16_t unit)
{
    if (unit < 0x80)
        return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
               (unit >= '0' && unit <= '9') || unit == '-' || unit == '_';
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++)
        if (unit >= refused[i].first && unit <= refused[i].last)
            return false;
    return true;
}

bool domain_is_valid(const char16_t *name, size_t length)
{
    size_t label = 0, total = 0;
    const char16_t *end = name + length;
    if (!text_is_well_formed(name, length))
        return false;
    if (name < end && *name == '.')
        name++;
    for (; name < end; name++) {
        if (*name == '.') {
            if (label == 0)
                return false;
            total += name + 1 < end;
            label = 0;
        } else if (!domain_unit_is_allowed(*name)) {
            return false;
        } else if (!text_is_low_surrogate(*name)) { /* a surrogate pair is one character */
            label++;
            total++;
        }
        if (label > LABEL_MAX)
            return false;
    }
    return total > 0 && total <= NAME_MAX_LENGTH;
}

/* ---- what a part of a field is ---- */

enum sort { NOTHING, ROOT, NAME, NO_NAME };

/* Drops the dots at its start: openvpn.exe puts one before each domain of a rule, whether or not
 * the name begins with one already. */
static enum sort domain_sort(struct piece *name)
{
    if (!name->length)
        return NOTHING;
    while (name->length && name->at[0] == '.') {
        name->at++;
        name->length--;
    }
    if (!name->length)
        return ROOT;
    return domain_is_valid(name->at, name->length) ? NAME : NO_NAME;
}

static void domain_leave_out(struct domains_left_out *left_out, enum sort sort, struct piece name)
{
    struct text names = {.units = left_out->names,
                         .length = text_length(left_out->names),
                         .capacity = DOMAINS_LEFT_OUT_CAPACITY};
    if (left_out->count++)
        text_append(&names, u", ");
    left_out->roots += sort == ROOT;
    if (sort == ROOT)
        text_append(&names, u".");
    else
        text_append_units(&names, name.at, name.length);
}

/* ---- fields ---- */

/* UTF-16 never needs more units than UTF-8 bytes. Ill-formed UTF-8 becomes U+FFFD, which no name
 * has. */
static uint32_t domains_to_utf16(const char *utf8, size_t size, struct text *text)
{
    if (size > DOMAINS_FIELD_SIZE)
        return ERROR_MESSAGE_DATA;
    text->length = text_from_utf8(utf8, size, text->units, text->capacity - 1);
    text->units[text->length] = 0;
    return 0;
}

/* Appends a search domain, unless it is none. */
static void domains_append_search(struct text *list, struct piece name,
                                  struct domains_left_out *left_out)
{
    enum sort sort = domain_sort(&name);
    if (sort == ROOT || sort == NO_NAME)
        domain_leave_out(left_out, sort, name);
    if (sort != NAME)
        return;
    if (list->length)
        text_append_unit(list, ',');
    text_append_units(list, name.at, name.length);
}

uint32_t domains_search(const char *utf8, char16_t list[DOMAINS_CAPACITY],
                        struct domains_left_out *left_out)
{
    char16_t units[DOMAINS_CAPACITY];
    struct text sent = TEXT_ON(units);
    struct text text = text_on(list, DOMAINS_CAPACITY);
    struct piece name;
    uint32_t error = domains_to_utf16(utf8, strlen(utf8), &sent);
    for (const char16_t *rest = units; !error && split_next(&rest, u",", &name);)
        domains_append_search(&text, name, left_out);
    return error;
}

bool domains_are_valid(const char16_t *list)
{
    struct piece name;
    for (const char16_t *rest = list; split_next(&rest, u",", &name);)
        if (!domain_is_valid(name.at, name.length))
            return false;
    return true;
}

uint32_t domains_suffix(const char *utf8, char16_t suffix[DOMAINS_CAPACITY],
                        struct domains_left_out *left_out)
{
    char16_t units[DOMAINS_CAPACITY];
    struct text sent = TEXT_ON(units);
    struct text text = text_on(suffix, DOMAINS_CAPACITY);
    uint32_t error = domains_to_utf16(utf8, strlen(utf8), &sent);
    if (!error)
        domains_append_search(&text, (struct piece){units, sent.length}, left_out);
    return error;
}

/* The number of bytes before the two zeros that end a list, or `size` if there are none. */
static size_t domains_list_length(const char *field, size_t size)
{
    if (size && !field[0])
        return 0;
    for (size_t at = 0; at + 1 < size; at++)
        if (!field[at] && !field[at + 1])
            return at;
    return size;
}

static uint32_t domains_append_name(struct multi_string *names, struct piece name)
{
    char16_t units[DOMAINS_CAPACITY];
    struct text dotted = TEXT_ON(units);
    text_append_unit(&dotted, '.');
    if (name.at[name.length - 1] == '.')
        name.length--; /* names of a rule do not end with the dot of the root */
    text_append_units(&dotted, name.at, name.length);
    return multi_string_append(names, units, dotted.length) ? 0 : ERROR_MESSAGE_DATA;
}

/* Appends the names between the commas of a text. The root domain stands for all names: it is not
 * appended, but sets `*is_for_all`. */
static uint32_t domains_append_names(struct multi_string *names, const char16_t *text,
                                     bool *is_for_all, struct domains_left_out *left_out)
{
    struct piece name;
    uint32_t error = 0;
    for (const char16_t *rest = text; !error && split_next(&rest, u",", &name);) {
        enum sort sort = domain_sort(&name);
        if (sort == ROOT)
            *is_for_all = true;
        else if (sort == NAME)
            error = domains_append_name(names, name);
        else if (sort == NO_NAME)
            domain_leave_out(left_out, sort, name);
    }
    return error;
}

uint32_t domains_resolve(const char *field, size_t size, struct multi_string *names,
                         struct domains_left_out *left_out)
{
    char16_t units[DOMAINS_CAPACITY];
    struct text sent = TEXT_ON(units);
    size_t length = domains_list_length(field, size), before = left_out->count;
    bool is_for_all = false;
    if (length == size)
        return ERROR_MESSAGE_DATA;
    uint32_t error = domains_to_utf16(field, length, &sent);
    /* the zeros between the texts are converted too, and a zero follows the last */
    for (size_t at = 0; !error && at < sent.length; at += text_length(units + at) + 1)
        error = domains_append_names(names, units + at, &is_for_all, left_out);
    if (error || (names->length && !is_for_all))
        return error;
    /* that all names are left out does not mean that none was sent */
    if (!is_for_all && left_out->count > before)
        return ERROR_MESSAGE_DATA;
    *names = multi_string_on(names->units, names->capacity);
    multi_string_append(names, u".", 1);
    return 0;
}
