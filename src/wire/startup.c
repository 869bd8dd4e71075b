/* SPDX-License-Identifier: MIT */
#include "wire/startup.h"

#include "base/errors.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* Returns the next string of a block whose last unit is zero, and advances `*at` past its
 * terminator. NULL: the block has no more strings, or the string is not well-formed. */
static const char16_t *startup_next_string(const char16_t *units, size_t count, size_t *at)
{
    if (*at == count)
        return NULL;
    const char16_t *string = units + *at;
    size_t length = text_length(string);
    *at += length + 1;
    return text_is_well_formed(string, length) ? string : NULL;
}

uint32_t startup_decode(const char16_t *units, size_t size, size_t most, struct startup *startup)
{
    size_t count = size / sizeof(*units);
    *startup = (struct startup){0};
    if (count == 0 || count > most || units[count - 1] != 0)
        return ERROR_STARTUP_DATA;
    const char16_t *strings[3];
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_COUNT(strings); i++) {
        strings[i] = startup_next_string(units, count, &at);
        if (!strings[i])
            return ERROR_STARTUP_DATA;
    }
    *startup =
        (struct startup){.directory = strings[0], .options = strings[1], .input = strings[2]};
    return 0;
}

size_t startup_encode(const struct startup *startup, char16_t *units, size_t capacity)
{
    const char16_t *const strings[] = {startup->directory, startup->options, startup->input};
    size_t limit = capacity < STARTUP_MAX_UNITS ? capacity : STARTUP_MAX_UNITS;
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_COUNT(strings); i++) {
        size_t count = text_length(strings[i]) + 1;
        if (used + count > limit)
            return 0;
        memcpy(units + used, strings[i], count * sizeof(*units));
        used += count;
    }
    return used * sizeof(*units);
}
