/* SPDX-License-Identifier: MIT */
#include "policy/exit_event.h"

#include "base/text.h"
#include "policy/options.h"

static const char16_t global[] = u"Global\\", local[] = u"Local\\";

const char16_t *options_value(const struct tokens *tokens, const char16_t *name)
{
    const char16_t *value = NULL;
    for (size_t i = 0; i + 1 < tokens->count; i++)
        if (option_is(tokens->items[i]) && text_equal(tokens->items[i] + 2, name) &&
            !option_is(tokens->items[i + 1]))
            value = tokens->items[i + 1];
    return value;
}

bool exit_event_name(const char16_t *name, uint32_t session, char16_t full[EXIT_EVENT_UNITS])
{
    struct text text = text_on(full, EXIT_EVENT_UNITS);
    if (text_starts_with(name, global)) {
        text_append(&text, global);
        name += ARRAY_COUNT(global) - 1;
    } else {
        text_append_format(&text, "Session\\%u\\", (unsigned)session);
        if (text_starts_with(name, local))
            name += ARRAY_COUNT(local) - 1;
    }
    text_append(&text, name);
    return *name && !text_find(name, u'\\') && !text.truncated;
}
