/* SPDX-License-Identifier: MIT */
#include "channel/tunnel.h"

#include "base/log.h"
#include "wire/message.h"

uint32_t tunnel_open(struct channel *channel, enum message_kind kind)
{
    const uint64_t luid = channel->asked_luid;
    if (!channel->options.keeper || !luid || luid == channel->tunnel_luid)
        return 0;
    uint32_t error = keeper_add_tunnel(channel->options.keeper, luid);
    if (!error) {
        channel->opened_luid = luid;
        return 0;
    }
    channel->outcome.is_logged = true;
    return log_error_of(LOG_REQUEST_REFUSED, error,
                        "%s of process %lu refused: the kill switch can't let traffic through its "
                        "tunnel",
                        message_name(kind), (unsigned long)channel->options.process_id);
}

void tunnel_settle(struct channel *channel, bool is_served)
{
    const uint64_t opened = channel->opened_luid, before = channel->tunnel_luid;
    channel->opened_luid = 0;
    if (!opened)
        return;
    if (is_served)
        channel->tunnel_luid = opened;
    const uint64_t closed = is_served ? before : opened;
    if (closed)
        keeper_remove_tunnel(channel->options.keeper, closed);
}

void tunnel_close(struct channel *channel)
{
    if (channel->tunnel_luid)
        keeper_remove_tunnel(channel->options.keeper, channel->tunnel_luid);
    channel->tunnel_luid = 0;
}
