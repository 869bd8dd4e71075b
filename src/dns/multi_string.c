/* SPDX-License-Identifier: MIT */
#include "dns/multi_string.h"

#include <string.h>

struct multi_string multi_string_on(char16_t *units, size_t capacity)
{
    units[0] = units[1] = 0;
    return (struct multi_string){.units = units, .capacity = capacity};
}

bool multi_string_append(struct multi_string *list, const char16_t *text, size_t length)
{
    size_t room = list->capacity - list->length;
    if (length == 0 || room < 2 || length > room - 2)
        return false;
    char16_t *at = list->units + list->length;
    memcpy(at, text, length * sizeof(*text));
    at[length] = at[length + 1] = 0;
    list->length += length + 1;
    return true;
}

size_t multi_string_count(const struct multi_string *list)
{
    return list->length ? list->length + 1 : 2;
}

const char16_t *multi_string_next(const char16_t *units, size_t count, size_t *at, size_t *length)
{
    size_t end = *at;
    while (end < count && units[end])
        end++;
    *length = end - *at;
    if (*length == 0)
        return NULL;
    const char16_t *text = units + *at;
    *at = end < count ? end + 1 : end;
    return text;
}
