/* SPDX-License-Identifier: MIT */
#include "resource/metric.h"

#include "base/errors.h"
#include "resource/interface.h"
#include "resource/kinds.h"
#include "system/network.h"

static const struct field metric_fields[] = {
    FIELD_UP_TO(struct interface_metric, automatic, 1, 1),
    FIELD(struct interface_metric, metric, 4),
};
static const struct field_table metric_table = FIELD_TABLE(metric_fields);

static struct interface_metric metric_load(struct bytes state)
{
    struct interface_metric metric = {0};
    fields_load(&metric_table, state, &metric);
    return metric;
}

/* The state of an automatic metric does not say which one Windows has chosen. */
static bool metric_is_valid(struct bytes key, struct bytes state)
{
    if (!fields_are_valid(&interface_family_table, key))
        return false;
    if (!state.size)
        return true;
    if (!fields_are_valid(&metric_table, state))
        return false;
    const struct interface_metric metric = metric_load(state);
    return !metric.automatic || !metric.metric;
}

static uint32_t metric_probe(void *context, struct bytes key, struct state *state)
{
    struct network *network = context;
    const struct interface_family parts = interface_family_load(key);
    struct interface_metric metric;
    uint32_t error = network->get_metric(network, parts.luid, parts.family, &metric);
    if (error)
        return absent_if_gone(error, state);
    metric.automatic = metric.automatic != 0;
    if (metric.automatic)
        metric.metric = 0;
    return fields_store_state(&metric_table, &metric, state);
}

/* It exists as long as its interface does, and can be neither created nor deleted. */
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
    const struct interface_family parts = {interface_luid, family};
    const struct interface_metric chosen = {.automatic = 0, .metric = metric};
    unsigned char key[FIELDS_SIZE], state[FIELDS_SIZE];
    return ledger_set(ledger, session, &metric_kind,
                      fields_store(&interface_family_table, &parts, key),
                      fields_store(&metric_table, &chosen, state));
}

uint32_t metric_release(struct ledger *ledger, struct ledger_session *session,
                        uint64_t interface_luid, uint16_t family)
{
    const struct interface_family parts = {interface_luid, family};
    unsigned char key[FIELDS_SIZE];
    return ledger_release(ledger, session, &metric_kind,
                          fields_store(&interface_family_table, &parts, key));
}
