/* SPDX-License-Identifier: MIT */
#include "resource/filters.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/fields.h"
#include "system/network.h"

#include <stdio.h>

enum { KEY_SIZE = 8 }; /* the id of the block */

static const struct field firewall_policy_fields[] = {
    FIELD(struct firewall_policy, kind, 1),
    FIELD(struct firewall_policy, tunnel_luid, 8),
};
static const struct field_table firewall_policy_table = FIELD_TABLE(firewall_policy_fields);

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
    return fields_store_state(&firewall_policy_table, &policy, state);
}

/* A block never becomes another one: its id is new. */
static uint32_t filters_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct firewall *firewall = ((struct network *)context)->firewall;
    if (!to.size)
        return firewall->unblock(firewall, load_u64(key.at));
    if (from.size)
        return ERROR_OBJECT_ALREADY_EXISTS;
    struct firewall_policy policy;
    fields_load(&firewall_policy_table, to, &policy);
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
    unsigned char key[KEY_SIZE], state[FIELDS_SIZE];
    store_u64(key, id);
    return ledger_add(ledger, session, &filters_kind, (struct bytes){key, sizeof(key)},
                      fields_store(&firewall_policy_table, policy, state));
}

uint32_t filters_release(struct ledger *ledger, struct ledger_session *session, uint64_t id)
{
    unsigned char key[KEY_SIZE];
    store_u64(key, id);
    return ledger_release(ledger, session, &filters_kind, (struct bytes){key, sizeof(key)});
}
