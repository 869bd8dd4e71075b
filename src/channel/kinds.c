/* SPDX-License-Identifier: MIT */
/* All kinds of changes that can be found in a journal. */
#include "channel/handlers.h"

#include <stdio.h>

const struct kind *const channel_kinds[CHANNEL_KINDS] = {
    &address_kind,        &route_kind, &metric_kind,    &mtu_kind,  &value_kind,
    &search_domains_kind, &rule_kind,  &rules_key_kind, &wins_kind, &dhcp_kind,
};

static const struct kind *find_kind(uint32_t number)
{
    for (size_t i = 0; i < CHANNEL_KINDS; i++)
        if (channel_kinds[i]->number == number)
            return channel_kinds[i];
    return NULL;
}

/* Keys do not depend on the states. */
void channel_describe(const struct journal_entry *entry, char *text, size_t size)
{
    const struct kind *kind = find_kind(entry->kind);
    if (!kind)
        snprintf(text, size, "change of unknown kind %u", (unsigned)entry->kind);
    else if (!kind->is_valid(entry->key, (struct bytes){NULL, 0}))
        snprintf(text, size, "%s with a damaged name", kind->name);
    else
        kind->describe(entry->key, text, size);
}
