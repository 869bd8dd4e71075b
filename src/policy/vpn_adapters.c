/* SPDX-License-Identifier: MIT */
#include "policy/vpn_adapters.h"

#include "base/text.h"

bool vpn_adapters_are_all(const char16_t *list)
{
    return text_equal(list, u"*");
}

bool vpn_adapters_include(const char16_t *list, const char16_t *component)
{
    for (const char16_t *start = list, *end;; start = end + 1) {
        end = text_find(start, ',');
        size_t length = end ? (size_t)(end - start) : text_length(start);
        if (length && text_equal_caseless(start, length, component, text_length(component)))
            return true;
        if (!end)
            return false;
    }
}
