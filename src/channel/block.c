/* SPDX-License-Identifier: MIT */
#include "channel/block.h"

#include "base/errors.h"
#include "base/log.h"
#include "channel/arguments.h"
#include "resource/filters.h"
#include "resource/metric.h"

#include <stdatomic.h>

enum {
    FLAG_DNS = 2, /* of add_wfp_block; alone it means "only DNS" */
    TUNNEL_METRIC = 3
};

static bool is_tunnel_of_older_block(const struct channel *channel, uint64_t luid)
{
    for (size_t i = 0; i + 1 < channel->block_count; i++) {
        if (channel->blocks[i].tunnel_luid == luid)
            return true;
    }
    return false;
}

/* An error for IPv6 is ignored: the interface may not have the family. */
static uint32_t block_release_metrics(struct channel *channel, uint64_t luid)
{
    metric_release(channel->ledger, &channel->session, luid, FAMILY_IPV6);
    uint32_t error = metric_release(channel->ledger, &channel->session, luid, FAMILY_IPV4);
    return error == ERROR_NOT_FOUND ? 0 : error;
}

/* An adapter may lack one of the families. Any other error for IPv6 is ignored. */
static uint32_t block_set_metrics(struct channel *channel, uint64_t luid)
{
    uint32_t error =
        metric_set(channel->ledger, &channel->session, luid, FAMILY_IPV4, TUNNEL_METRIC);
    if (error && error != ERROR_NOT_FOUND)
        return error;
    uint32_t other =
        metric_set(channel->ledger, &channel->session, luid, FAMILY_IPV6, TUNNEL_METRIC);
    return error ? other : 0;
}

/* No two blocks of the service ever have the same id. */
static uint64_t block_new_id(void)
{
    static atomic_uint last;
    return atomic_fetch_add(&last, 1) + 1u;
}

/* If the filters cannot be removed after a failure, they stay claimed, and the end of the session
 * removes them. */
static uint32_t block_add(struct channel *channel, const struct message_interface *interface,
                          enum firewall_policy_kind kind)
{
    struct firewall_policy policy = {.kind = kind};
    if (channel->block_count == CHANNEL_BLOCKS)
        return ERROR_NOT_ENOUGH_QUOTA;
    uint32_t error = argument_interface(channel->network, interface, &policy.tunnel_luid);
    if (error)
        return error;
    const struct channel_block block = {block_new_id(), policy.tunnel_luid};
    error = filters_add(channel->ledger, &channel->session, block.id, &policy);
    if (error)
        return error;
    error = block_set_metrics(channel, block.tunnel_luid);
    if (error) {
        filters_release(channel->ledger, &channel->session, block.id);
        return error;
    }
    channel->blocks[channel->block_count++] = block;
    return 0;
}

uint32_t handle_add_wfp_block(struct channel *channel, const struct message *message)
{
    const struct message_wfp_block *block = &message->wfp_block;
    return block_add(channel, &block->interface,
                     block->flags == FLAG_DNS ? POLICY_BLOCK_DNS : POLICY_BLOCK_LOCAL);
}

uint32_t handle_add_block_dns(struct channel *channel, const struct message *message)
{
    return block_add(channel, &message->block_dns.interface, POLICY_BLOCK_DNS_2_6);
}

/* Deletes the newest block. On an error it stays, and another request can delete it. */
uint32_t handle_delete_block(struct channel *channel, const struct message *message)
{
    (void)message;
    if (channel->block_count == 0) {
        log_information("No previous block filters to delete");
        return 0;
    }
    const struct channel_block block = channel->blocks[channel->block_count - 1];
    uint32_t error = 0;
    if (!is_tunnel_of_older_block(channel, block.tunnel_luid))
        error = block_release_metrics(channel, block.tunnel_luid);
    if (!error)
        error = filters_release(channel->ledger, &channel->session, block.id);
    if (!error)
        channel->block_count--;
    return error;
}
