/* SPDX-License-Identifier: MIT */
#include "wire/control_request.h"

#include "base/errors.h"
#include "base/text.h"

#include <string.h>

uint32_t control_request_decode(const char16_t *units, size_t size, struct control_request *request)
{
    const size_t count = size / sizeof(*units);
    *request = (struct control_request){0};
    if (!count || size % sizeof(*units) || count > CONTROL_REQUEST_MAX_UNITS ||
        units[count - 1] != 0 || units[0] == 0)
        return ERROR_INVALID_DATA;
    for (size_t at = 0; at < count;) {
        const char16_t *string = units + at;
        const size_t length = text_length(string);
        if (request->count == CONTROL_REQUEST_MAX_STRINGS || !text_is_well_formed(string, length)) {
            request->count = 0;
            return ERROR_INVALID_DATA;
        }
        request->strings[request->count++] = string;
        at += length + 1;
    }
    return 0;
}

size_t control_request_encode(const struct control_request *request, char16_t *units,
                              size_t capacity)
{
    const size_t limit =
        capacity < CONTROL_REQUEST_MAX_UNITS ? capacity : CONTROL_REQUEST_MAX_UNITS;
    size_t used = 0;
    if (!request->count || request->count > CONTROL_REQUEST_MAX_STRINGS || !*request->strings[0])
        return 0;
    for (size_t i = 0; i < request->count; i++) {
        const char16_t *string = request->strings[i];
        const size_t length = text_length(string);
        if (used + length + 1 > limit || !text_is_well_formed(string, length))
            return 0;
        memcpy(units + used, string, (length + 1) * sizeof(*units));
        used += length + 1;
    }
    return used * sizeof(*units);
}
