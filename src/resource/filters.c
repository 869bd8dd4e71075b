/* SPDX-License-Identifier: MIT */
#include "resource/filters.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "system/network.h"

#include <stdio.h>

enum {
    KEY_SIZE = 8,  /* the block's id */
    STATE_SIZE = 9 /* its policy */
};

/* ---- canonical bytes ---- */

static void filters_store_policy(unsigned char at[STATE_SIZE], const struct firewall_policy *policy)
{
    at[0] = (unsigned char)policy->kind;
    store_u64(at + 1, policy->tunnel_luid);
}

static struct firewall_policy filters_load_policy(struct bytes state)
{
    const unsigned char *at = state.at;
    return (struct firewall_policy){.kind = (enum firewall_policy_kind)at[0],
                                    .tunnel_luid = load_u64(at + 1)};
}

/* ---- the kind ---- */

static uint32_t filters_probe(void *context, struct bytes key, struct state *state)
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
    filters_store_policy(state->bytes, &policy);
    return 0;
}

/* A block never becomes another one: its id is new. */
static uint32_t filters_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct firewall *firewall = ((struct network *)context)->firewall;
    if (!to.size)
        return firewall->unblock(firewall, load_u64(key.at));
    if (from.size)
        return ERROR_OBJECT_ALREADY_EXISTS;
    const struct firewall_policy policy = filters_load_policy(to);
    return firewall->block(firewall, load_u64(key.at), &policy);
}

static void filters_describe(struct bytes key, char *text, size_t size)
{
    snprintf(text, size, "packet filters of block %llu", (unsigned long long)load_u64(key.at));
}

const struct kind filters_kind = {
    .name = "filters",
    .lifetime = LIFETIME_PROCESS,
    .probe = filters_probe,
    .change = filters_change,
    .satisfies = bytes_equal,
    .describe = filters_describe,
};

uint32_t filters_add(struct ledger *ledger, struct ledger_session *session, uint64_t id,
                     const struct firewall_policy *policy)
{
    unsigned char key[KEY_SIZE], state[STATE_SIZE];
    store_u64(key, id);
    filters_store_policy(state, policy);
    return ledger_add(ledger, session, &filters_kind, (struct bytes){key, sizeof(key)},
                      (struct bytes){state, sizeof(state)});
}

uint32_t filters_release(struct ledger *ledger, struct ledger_session *session, uint64_t id)
{
    unsigned char key[KEY_SIZE];
    store_u64(key, id);
    return ledger_release(ledger, session, &filters_kind, (struct bytes){key, sizeof(key)});
}
