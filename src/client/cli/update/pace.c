/* SPDX-License-Identifier: MIT */
#include "client/cli/update/pace.h"

struct pace pace_begin(uint64_t now)
{
    return (struct pace){.since = now};
}

bool pace_add(struct pace *pace, uint64_t now, size_t bytes)
{
    pace->bytes += bytes;
    if (now - pace->since < PACE_TIME)
        return true;
    if (pace->bytes < PACE_BYTES)
        return false;
    *pace = pace_begin(now);
    return true;
}

uint32_t pace_left(const struct pace *pace, uint64_t now)
{
    const uint64_t gone = now - pace->since;
    return gone < PACE_TIME ? (uint32_t)(PACE_TIME - gone) : 0;
}
