/* SPDX-License-Identifier: MIT */
#include "client/cli/update/range.h"

#include "base/text.h"

/* Reads a number and the `end` behind it, and moves *text behind that. 18 digits fit into it. */
static bool range_read_number(const char16_t **text, char16_t end, uint64_t *number)
{
    enum { DIGITS_MAX = 18 };
    const char16_t *digit = *text;
    for (*number = 0; *digit >= u'0' && *digit <= u'9' && digit - *text < DIGITS_MAX; digit++)
        *number = *number * 10 + (uint64_t)(*digit - u'0');
    if (digit == *text || *digit != end)
        return false;
    *text = digit + (end != 0);
    return true;
}

bool range_read(const char16_t *text, struct range *range)
{
    static const char16_t begin[] = u"bytes ";
    *range = (struct range){0};
    if (!text_starts_with(text, begin))
        return false;
    text += ARRAY_COUNT(begin) - 1;
    return range_read_number(&text, u'-', &range->first) &&
           range_read_number(&text, u'/', &range->last) &&
           range_read_number(&text, 0, &range->size) && range->first <= range->last &&
           range->last < range->size;
}

bool etag_is_strong(const char16_t *etag)
{
    const size_t length = text_length(etag);
    if (length < 3 || length >= ETAG_UNITS || etag[0] != u'"' || etag[length - 1] != u'"')
        return false;
    for (size_t i = 1; i < length - 1; i++)
        if (etag[i] <= u' ' || etag[i] > u'~' || etag[i] == u'"')
            return false;
    return true;
}
