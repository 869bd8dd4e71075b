/* SPDX-License-Identifier: MIT */
#include "firewall/plan.h"

#include "base/array.h"

/* What a rule can match: one bit for each row of `conditions`, in the same order. */
enum { PROGRAM = 1, TUNNEL = 2, LOOPBACK = 4, NOT_LOOPBACK = 8, DNS = 16 };

static const struct filter_condition conditions[] = {
    {FIELD_PROGRAM, MATCH_EQUAL, {PROGRAM_OPENVPN}},
    {FIELD_LOCAL_INTERFACE, MATCH_EQUAL, {0}}, /* value: the LUID of the tunnel */
    {FIELD_FLAGS, MATCH_FLAGS_ALL_SET, {FILTER_FLAG_LOOPBACK}},
    {FIELD_FLAGS, MATCH_FLAGS_NONE_SET, {FILTER_FLAG_LOOPBACK}},
    {FIELD_REMOTE_PORT, MATCH_EQUAL, {PORT_DNS}},
};
enum { CONDITION_COUNT = ARRAY_COUNT(conditions) };

/* A rule becomes one filter for IPv4 and one for IPv6. */
struct rule {
    enum filter_action action;
    int weight;
    unsigned conditions;
};
enum { RULES = PLAN_FILTERS / 2 };

static const struct {
    size_t count;
    struct rule rules[RULES];
} policies[] = {
    [POLICY_BLOCK_DNS_2_6] = {3,
                              {{ACTION_PERMIT, 0xF, PROGRAM | DNS},
                               {ACTION_BLOCK, WEIGHT_AUTOMATIC, DNS},
                               {ACTION_PERMIT, 0xE, TUNNEL | DNS}}},
    [POLICY_BLOCK_DNS] = {4,
                          {{ACTION_PERMIT, 0xF, PROGRAM | DNS},
                           {ACTION_BLOCK, WEIGHT_AUTOMATIC, NOT_LOOPBACK | DNS},
                           {ACTION_PERMIT, 0xE, TUNNEL | DNS},
                           {ACTION_BLOCK, WEIGHT_AUTOMATIC, LOOPBACK | DNS}}},
    [POLICY_BLOCK_LOCAL] = {4,
                            {{ACTION_PERMIT, 0xF, PROGRAM},
                             {ACTION_BLOCK, WEIGHT_AUTOMATIC, NOT_LOOPBACK},
                             {ACTION_PERMIT, 0xE, TUNNEL},
                             {ACTION_BLOCK, WEIGHT_AUTOMATIC, LOOPBACK | DNS}}},
};

static void plan_add_filter(struct plan *plan, const struct rule *rule, enum filter_layer layer,
                            uint64_t tunnel_luid)
{
    struct filter *filter = &plan->filters[plan->count++];
    *filter = (struct filter){.layer = layer, .action = rule->action, .weight = rule->weight};
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        if (!(rule->conditions >> i & 1))
            continue;
        struct filter_condition *condition = &filter->conditions[filter->condition_count++];
        *condition = conditions[i];
        if (condition->field == FIELD_LOCAL_INTERFACE)
            condition->value = tunnel_luid;
    }
}

void plan_make(const struct firewall_policy *policy, struct plan *plan)
{
    *plan = (struct plan){0};
    for (size_t i = 0; i < policies[policy->kind].count; i++) {
        const struct rule *rule = &policies[policy->kind].rules[i];
        plan_add_filter(plan, rule, LAYER_CONNECT_V4, policy->tunnel_luid);
        plan_add_filter(plan, rule, LAYER_CONNECT_V6, policy->tunnel_luid);
    }
}
