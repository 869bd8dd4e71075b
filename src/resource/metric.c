/* SPDX-License-Identifier: MIT */
#include "resource/metric.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "system/network.h"

enum { STATE_SIZE = 5 };

/* ---- canonical bytes: what Windows has chosen is no part of the state ---- */

static void metric_store(unsigned char at[STATE_SIZE], const struct interface_metric *metric)
{
    at[0] = metric->automatic ? 1 : 0;
    store_u32(at + 1, metric->automatic ? 0 : metric->metric);
}

static struct interface_metric metric_load(struct bytes state)
{
    const unsigned char *at = state.at;
    return (struct interface_metric){.automatic = at[0], .metric = load_u32(at + 1)};
}

/* ---- the kind ---- */

static bool metric_is_valid(struct bytes key, struct bytes state)
{
    if (!interface_family_is_valid(key) || (state.size && state.size != STATE_SIZE))
        return false;
    const unsigned char *at = state.at;
    return !state.size || at[0] == 0 || (at[0] == 1 && load_u32(at + 1) == 0);
}

static uint32_t metric_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    struct interface_metric metric;
    uint32_t error = network->get_metric(network, parts.luid, parts.family, &metric);
    if (error)
        return absent_if_gone(error, state);
    state->size = STATE_SIZE;
    metric_store(state->bytes, &metric);
    return 0;
}

/* It comes and goes with its interface, not by our doing. */
static uint32_t metric_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    if (!from.size || !to.size)
        return ERROR_NOT_FOUND;
    const struct interface_metric metric = metric_load(to);
    return network->set_metric(network, parts.luid, parts.family, &metric);
}

static void metric_describe(struct bytes key, char *text, size_t size)
{
    interface_family_describe("metric", key, text, size);
}

const struct kind metric_kind = {
    .name = "metric",
    .number = KIND_METRIC,
    .lifetime = LIFETIME_DISK,
    .is_valid = metric_is_valid,
    .identify = interface_identify,
    .is_away = interface_is_away,
    .probe = metric_probe,
    .change = metric_change,
    .satisfies = bytes_equal,
    .describe = metric_describe,
};

uint32_t metric_set(struct ledger *ledger, struct ledger_session *session, uint64_t interface_luid,
                    uint16_t family, uint32_t metric)
{
    const struct interface_metric wanted = {.automatic = 0, .metric = metric};
    unsigned char key[INTERFACE_FAMILY_SIZE], state[STATE_SIZE];
    interface_family_store(key, &(struct interface_family){interface_luid, family});
    metric_store(state, &wanted);
    return ledger_set(ledger, session, &metric_kind, (struct bytes){key, sizeof(key)},
                      (struct bytes){state, sizeof(state)});
}

uint32_t metric_release(struct ledger *ledger, struct ledger_session *session,
                        uint64_t interface_luid, uint16_t family)
{
    unsigned char key[INTERFACE_FAMILY_SIZE];
    interface_family_store(key, &(struct interface_family){interface_luid, family});
    return ledger_release(ledger, session, &metric_kind, (struct bytes){key, sizeof(key)});
}
