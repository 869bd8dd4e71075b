/* SPDX-License-Identifier: MIT */
#include "flows.h"

#include <fwptypes.h>
#include <string.h>

/* A number that changes with the filters in force at the layer: their ids are never reused. */
static uint64_t policy_of(const struct wfp_tables *tables, enum wfp_layer layer)
{
    uint64_t sum = tables->phase;
    for (uint32_t i = 0; i < tables->filter_count; i++) {
        const struct wfp_filter *filter = &tables->filters[i];
        if (filter->layer == (uint32_t)layer && wfp_filter_is_in_force(tables, filter))
            sum += (filter->id + 1) * 0x9E3779B97F4A7C15u;
    }
    return sum;
}

static struct wfp_flow *find_flow(struct wfp *wfp, const char *name)
{
    for (size_t i = 0; i < WFP_FLOWS; i++)
        if (strcmp(wfp->image->flows[i].name, name) == 0)
            return &wfp->image->flows[i];
    return NULL;
}

static void judge_flow(const struct wfp_tables *tables, struct wfp_flow *flow,
                       struct wfp_verdict *verdict)
{
    *verdict = wfp_decide(tables, &flow->packet);
    flow->policy = policy_of(tables, wfp_layer_of(&flow->packet));
    flow->passes = verdict->permitted;
}

bool wfp_flow_open(struct wfp *wfp, const struct wfp_tables *tables, const char *name,
                   const struct wfp_packet *packet, struct wfp_verdict *verdict)
{
    struct wfp_flow *flow = find_flow(wfp, name);
    if (!flow)
        flow = find_flow(wfp, "");
    if (!flow || !name[0] || strlen(name) >= sizeof(flow->name))
        return false;
    strcpy(flow->name, name);
    flow->packet = *packet;
    judge_flow(tables, flow, verdict);
    return true;
}

bool wfp_flow_packet(struct wfp *wfp, const struct wfp_tables *tables, const char *name,
                     struct wfp_verdict *verdict, bool *is_judged_again)
{
    struct wfp_flow *flow = name[0] ? find_flow(wfp, name) : NULL;
    if (!flow)
        return false;
    *verdict = (struct wfp_verdict){.permitted = flow->passes};
    *is_judged_again =
        flow->passes && (flow->packet.way == WFP_FORWARD ||
                         flow->policy != policy_of(tables, wfp_layer_of(&flow->packet)));
    if (!*is_judged_again)
        return true;
    if (flow->packet.way != WFP_FORWARD)
        flow->packet.flags |= FWP_CONDITION_FLAG_IS_REAUTHORIZE;
    judge_flow(tables, flow, verdict);
    return true;
}

void wfp_flows_end(struct wfp *wfp)
{
    memset(wfp->image->flows, 0, sizeof(wfp->image->flows));
}
