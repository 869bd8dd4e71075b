/* SPDX-License-Identifier: MIT */
#include "update/files.h"

#include "base/array.h"
#include "base/text.h"

bool update_file_ends_in(const char16_t *name, const char16_t *end)
{
    const size_t length = text_length(name), end_length = text_length(end);
    return length > end_length &&
           text_equal_caseless(name + length - end_length, end_length, end, end_length);
}

bool update_file_is_ours(const char16_t *name)
{
    static const char16_t *const names[] = {UPDATE_RECORD_FILE, UPDATE_ATTEMPT_FILE,
                                            UPDATE_LOG_FILE, UPDATE_RESCUE_FILE, UPDATE_TURN_FILE};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (text_equal_caseless(name, text_length(name), names[i], text_length(names[i])))
            return true;
    return update_file_ends_in(name, UPDATE_PACKAGE_END) ||
           update_file_ends_in(name, UPDATE_NEXT_END);
}
