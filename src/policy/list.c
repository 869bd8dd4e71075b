/* SPDX-License-Identifier: MIT */
#include "policy/list.h"

#include "base/text.h"

#include <string.h>

static bool is_blank(char16_t unit)
{
    return unit == u' ' || unit == u'\t';
}

bool list_next(const char16_t **rest, struct list_item *item)
{
    const char16_t *start = *rest;
    if (!start || !*start)
        return false;
    const char16_t *end = text_find(start, u'|');
    *rest = end ? end + 1 : NULL;
    size_t length = end ? (size_t)(end - start) : text_length(start);
    while (length && is_blank(*start)) {
        start++;
        length--;
    }
    while (length && is_blank(start[length - 1]))
        length--;
    *item = (struct list_item){start, length};
    return true;
}

bool list_is_whole(const char16_t *list)
{
    struct list_item item;
    while (list_next(&list, &item))
        if (item.length == 0)
            return false;
    return true;
}

bool list_has(const char16_t *list, const char16_t *text)
{
    const size_t length = text_length(text);
    struct list_item item;
    while (list_next(&list, &item))
        if (item.length && item.length == length &&
            memcmp(item.text, text, length * sizeof(*text)) == 0)
            return true;
    return false;
}
