/* SPDX-License-Identifier: MIT */
/* add_wfp_block, add_block_dns and their deletion: packet filters that leave only the tunnel open,
 * and an interface metric that makes Windows ask the tunnel's name servers first.
 *
 * Each addition makes a block of its own, on top of those before; a deletion takes the newest. */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "base/log.h"
#include "system/firewall.h"

#include <stdatomic.h>
#include <stdio.h>

enum {
    KEY_SIZE = 8,   /* the block's id */
    STATE_SIZE = 9, /* its policy */
    FLAG_DNS = 2,   /* of add_wfp_block; alone it means "only DNS" */
    TUNNEL_METRIC = 3
};

/* ---- canonical bytes ---- */

static void store_policy(unsigned char at[STATE_SIZE], const struct firewall_policy *policy)
{
    at[0] = (unsigned char)policy->kind;
    store_u64(at + 1, policy->tunnel_luid);
}

static struct firewall_policy load_policy(struct bytes state)
{
    const unsigned char *at = state.at;
    return (struct firewall_policy){.kind = (enum firewall_policy_kind)at[0],
                                    .tunnel_luid = load_u64(at + 1)};
}

/* ---- the kind ---- */

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    struct firewall *firewall = ((struct network *)context)->firewall;
    struct firewall_policy policy;
    uint32_t error = firewall->get_block(firewall, load_u64(key.at), &policy);
    if (error == ERROR_NOT_FOUND) {
        state->size = 0;
        return 0;
    }
    if (error)
        return error;
    state->size = STATE_SIZE;
    store_policy(state->bytes, &policy);
    return 0;
}

/* A block never becomes another one: its id is new. */
static uint32_t change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct firewall *firewall = ((struct network *)context)->firewall;
    if (!to.size)
        return firewall->unblock(firewall, load_u64(key.at));
    if (from.size)
        return ERROR_OBJECT_ALREADY_EXISTS;
    const struct firewall_policy policy = load_policy(to);
    return firewall->block(firewall, load_u64(key.at), &policy);
}

static void describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "packet filters of block %llu", (unsigned long long)load_u64(key.at));
}

const struct kind filters_kind = {
    .name = "filters",
    .lifetime = LIFETIME_PROCESS,
    .probe = probe,
    .change = change,
    .satisfies = bytes_equal,
    .describe = describe,
};

/* ---- the steps ---- */

static uint32_t filters_add(struct channel *channel, uint64_t id,
                            const struct firewall_policy *policy)
{
    unsigned char key[KEY_SIZE], state[STATE_SIZE];
    store_u64(key, id);
    store_policy(state, policy);
    return ledger_add(channel->ledger, &channel->changes, &filters_kind,
                      (struct bytes){key, sizeof(key)}, (struct bytes){state, sizeof(state)});
}

static uint32_t filters_release(struct channel *channel, uint64_t id)
{
    unsigned char key[KEY_SIZE];
    store_u64(key, id);
    return ledger_release(channel->ledger, &channel->changes, &filters_kind,
                          (struct bytes){key, sizeof(key)});
}

static bool is_tunnel_of_older_block(const struct channel *channel, uint64_t luid)
{
    for (size_t i = 0; i + 1 < channel->block_count; i++) {
        if (channel->blocks[i].tunnel_luid == luid)
            return true;
    }
    return false;
}

/* The metric of IPv6 is a courtesy: an interface may not have the family. */
static uint32_t metrics_release(struct channel *channel, uint64_t luid)
{
    metric_release(channel, luid, FAMILY_IPV6);
    uint32_t error = metric_release(channel, luid, FAMILY_IPV4);
    return error == ERROR_NOT_FOUND ? 0 : error;
}

/* ---- the messages ---- */

/* No two blocks of the service ever have the same id. */
static uint64_t new_id(void)
{
    static atomic_uint last;
    return atomic_fetch_add(&last, 1) + 1u;
}

/* If the filters cannot be taken back after a failure, the end of the session tries again. */
static uint32_t add(struct channel *channel, const struct message_interface *interface,
                    enum firewall_policy_kind kind)
{
    struct firewall_policy policy = {.kind = kind};
    if (channel->block_count == CHANNEL_BLOCKS)
        return ERROR_NOT_ENOUGH_QUOTA;
    uint32_t error = interface_luid(channel->network, interface, &policy.tunnel_luid);
    if (error)
        return error;
    const struct channel_block block = {new_id(), policy.tunnel_luid};
    error = filters_add(channel, block.id, &policy);
    if (error)
        return error;
    error = metric_set(channel, block.tunnel_luid, FAMILY_IPV4, TUNNEL_METRIC);
    if (error) {
        filters_release(channel, block.id);
        return error;
    }
    metric_set(channel, block.tunnel_luid, FAMILY_IPV6, TUNNEL_METRIC);
    channel->blocks[channel->block_count++] = block;
    return 0;
}

uint32_t wfp_block_add(struct channel *channel, const struct message *message)
{
    const struct message_wfp_block *block = &message->wfp_block;
    return add(channel, &block->interface,
               block->flags == FLAG_DNS ? POLICY_BLOCK_DNS : POLICY_BLOCK_LOCAL);
}

uint32_t block_dns_add(struct channel *channel, const struct message *message)
{
    return add(channel, &message->block_dns.interface, POLICY_BLOCK_DNS_2_6);
}

/* Newest first, as at the end of the session. What fails can be asked for again. */
uint32_t block_delete(struct channel *channel, const struct message *message)
{
    (void)message;
    if (channel->block_count == 0) {
        log_information("No previous block filters to delete");
        return 0;
    }
    const struct channel_block block = channel->blocks[channel->block_count - 1];
    uint32_t error = 0;
    if (!is_tunnel_of_older_block(channel, block.tunnel_luid))
        error = metrics_release(channel, block.tunnel_luid);
    if (!error)
        error = filters_release(channel, block.id);
    if (!error)
        channel->block_count--;
    return error;
}
