/* SPDX-License-Identifier: MIT */
#include "channel/tally.h"

#include "resource/address.h"
#include "resource/filters.h"
#include "resource/nrpt_rule.h"
#include "resource/route.h"
#include "resource/value.h"

static atomic_uint *tally_count(struct channel_tally *tally, const struct kind *kind,
                                struct bytes key)
{
    if (kind == &address_kind)
        return &tally->addresses;
    if (kind == &route_kind)
        return &tally->routes;
    if (kind == &rule_kind)
        return &tally->rules;
    if (kind == &filters_kind)
        return &tally->filters;
    return kind == &value_kind && value_is_name_server(key) ? &tally->name_servers : NULL;
}

void tally_note_claim(void *context, const struct kind *kind, struct bytes key, bool begins)
{
    atomic_uint *count = tally_count(context, kind, key);
    if (count)
        *count += begins ? 1u : (unsigned)-1;
}
