/* SPDX-License-Identifier: MIT */
#include "policy/vpn_adapters.h"

#include "base/text.h"

bool vpn_adapters_are_all(const char16_t *list)
{
    return text_equal(list, u"*");
}

/* The length of the component at the beginning of a list. */
static size_t component_length(const char16_t *list)
{
    const char16_t *end = text_find(list, ',');
    return end ? (size_t)(end - list) : text_length(list);
}

static bool list_has_component(const char16_t *list, const char16_t *component, size_t length)
{
    for (;;) {
        size_t found = component_length(list);
        if (found && text_equal_caseless(list, found, component, length))
            return true;
        if (!list[found])
            return false;
        list += found + 1;
    }
}

bool vpn_adapters_include(const char16_t *list, const char16_t *component)
{
    return list_has_component(list, component, text_length(component));
}

bool vpn_adapters_are_among(const char16_t *list, const char16_t *others)
{
    if (vpn_adapters_are_all(others))
        return true;
    if (vpn_adapters_are_all(list))
        return false;
    for (;;) {
        size_t length = component_length(list);
        if (length && !list_has_component(others, list, length))
            return false;
        if (!list[length])
            return true;
        list += length + 1;
    }
}
