/* SPDX-License-Identifier: MIT */
#include "channel/left_out.h"

#include "base/errors.h"
#include "channel/outcome.h"

void leave_out_names(struct channel *channel, const struct domains_left_out *left_out)
{
    if (left_out->count)
        outcome_note(channel, left_out->count > left_out->roots ? ERROR_MESSAGE_DATA : 0,
                     "left out of its domains (%u): %s", (unsigned)left_out->count,
                     UTF8(left_out->names));
}

/* A family of an adapter has a key in the registry as long as it is bound to the adapter. */
bool leave_out_name_servers(struct channel *channel, uint16_t family, uint32_t error)
{
    if (error != ERROR_FILE_NOT_FOUND)
        return false;
    outcome_note(channel, error, "name servers left out: the adapter has no IPv%d",
                 family == FAMILY_IPV6 ? 6 : 4);
    return true;
}

bool leave_out_search_domains(struct channel *channel, uint32_t error)
{
    if (error != ERROR_OUTOFMEMORY)
        return false;
    outcome_note(channel, error, "search domains left out: the list would be too long");
    return true;
}
