/* SPDX-License-Identifier: MIT */
#include "installer/fields.h"

bool fields_next(const char16_t **rest, char16_t field[FIELD_UNITS])
{
    struct text text = text_on(field, FIELD_UNITS);
    if (!*rest)
        return false;
    const char16_t *end = text_find(*rest, '|');
    text_append_units(&text, *rest, end ? (size_t)(end - *rest) : text_length(*rest));
    *rest = end ? end + 1 : NULL;
    return true;
}
