/* SPDX-License-Identifier: MIT */
#include "dns/search_list.h"

#include "base/errors.h"
#include "dns/split.h"

#include <string.h>

enum { UNITS_LOOKED_AT = 63 };

/* ---- tokens ---- */

static bool search_list_has_empty_token(const char16_t *list)
{
    struct piece token;
    for (const char16_t *rest = list; split_next(&rest, u",", &token);)
        if (token.length == 0)
            return true;
    return false;
}

static size_t search_list_count_token(const char16_t *list, struct piece wanted)
{
    size_t count = 0;
    struct piece token;
    for (const char16_t *rest = list; split_next(&rest, u",", &token);)
        count += piece_equal(token, wanted);
    return count;
}

/* Returns the position of the last token that equals `wanted`, or NULL. */
static char16_t *search_list_find_last(char16_t *list, struct piece wanted)
{
    char16_t *last = NULL;
    struct piece token;
    for (const char16_t *rest = list; split_next(&rest, u",", &token);)
        if (piece_equal(token, wanted))
            last = list + (token.at - list);
    return last;
}

/* Removes a token and the comma before it, which search_list_add() has written; at the start of the
 * list, the comma after it. */
static void search_list_cut(char16_t *list, char16_t *token, size_t length)
{
    char16_t *from = token > list ? token - 1 : token;
    char16_t *to = token + length;
    if (token == list && *to)
        to++;
    memmove(from, to, (text_length(to) + 1) * sizeof(*to));
}

/* ---- lists ---- */

uint32_t search_list_add(char16_t list[SEARCH_LIST_CAPACITY], const char16_t *additions)
{
    if (!additions[0])
        return 0;
    if (search_list_has_empty_token(additions))
        return ERROR_INVALID_PARAMETER;
    size_t length = text_length(list);
    size_t more = text_length(additions);
    if (length + (length > 0) + more >= SEARCH_LIST_CAPACITY)
        return ERROR_INSUFFICIENT_BUFFER;
    if (length)
        list[length++] = ',';
    memcpy(list + length, additions, (more + 1) * sizeof(*additions));
    return 0;
}

size_t search_list_remove(char16_t *list, const char16_t *removals)
{
    size_t missing = 0;
    struct piece token;
    for (const char16_t *rest = removals; split_next(&rest, u",", &token);) {
        if (token.length == 0)
            continue;
        char16_t *last = search_list_find_last(list, token);
        if (last)
            search_list_cut(list, last, token.length);
        else
            missing++;
    }
    return missing;
}

size_t search_list_count(const char16_t *list, const char16_t *tokens, uint16_t *counts,
                         size_t capacity)
{
    size_t looked_for = 0;
    struct piece token;
    for (const char16_t *rest = tokens; looked_for < capacity && split_next(&rest, u",", &token);) {
        size_t count = search_list_count_token(list, token);
        counts[looked_for++] = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
    }
    return looked_for;
}

size_t search_list_pick(const char16_t *list, const char16_t *tokens, uint16_t *before,
                        struct text *picked)
{
    size_t count = 0, at = 0;
    struct piece token;
    for (const char16_t *rest = tokens; split_next(&rest, u",", &token); at++) {
        if (search_list_count_token(list, token) <=
            before[at] + search_list_count_token(picked->units, token))
            continue;
        if (count)
            text_append_unit(picked, ',');
        text_append_units(picked, token.at, token.length);
        before[count++] = before[at];
    }
    return count;
}

/* Every unit beyond ASCII counts as a letter: names may be in any script. */
static bool search_list_is_name_unit(char16_t unit)
{
    return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
           (unit >= '0' && unit <= '9') || unit == '-' || unit == '.' || unit > 0x7F;
}

bool search_list_is_usable(const char16_t *list)
{
    for (size_t i = 0; i < UNITS_LOOKED_AT && list[i]; i++)
        if (search_list_is_name_unit(list[i]))
            return true;
    return false;
}
