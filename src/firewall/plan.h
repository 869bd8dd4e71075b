/* SPDX-License-Identifier: MIT */
/* plan.h: which packet filters make a policy.
 *
 * A plan names Windows' layers and conditions by constants of ours; win32/ knows their GUIDs.
 * Facts: docs/protocol.md, "Packet filters". */
#ifndef FIREWALL_PLAN_H
#define FIREWALL_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* What openvpn.exe can ask for. In each, openvpn.exe itself and the tunnel stay open; nothing
 * filters what comes in. */
enum firewall_policy_kind {
    POLICY_BLOCK_DNS_2_6, /* up to 2.6: DNS outside the tunnel, not told from loopback */
    POLICY_BLOCK_DNS,     /* DNS outside the tunnel, over loopback too */
    POLICY_BLOCK_LOCAL    /* everything outside the tunnel but loopback; DNS there too */
};

struct firewall_policy {
    enum firewall_policy_kind kind;
    uint64_t tunnel_luid;
};

enum filter_layer {
    LAYER_CONNECT_V4, /* FWPM_LAYER_ALE_AUTH_CONNECT_V4: outgoing, when a flow begins */
    LAYER_CONNECT_V6
};

enum filter_action { ACTION_PERMIT, ACTION_BLOCK };

/* 0 to 15 choose one of Windows' ranges of weights; otherwise Windows weighs the filter by its
 * conditions, below all these ranges but the lowest. */
enum { WEIGHT_AUTOMATIC = -1 };

enum filter_field {
    FIELD_PROGRAM, /* FWPM_CONDITION_ALE_APP_ID; the value is 0: the program is openvpn.exe */
    FIELD_REMOTE_PORT,
    FIELD_LOCAL_INTERFACE, /* a LUID */
    FIELD_FLAGS            /* FWP_CONDITION_FLAG_* */
};

enum filter_match { MATCH_EQUAL, MATCH_FLAGS_ALL_SET, MATCH_FLAGS_NONE_SET };

struct filter_condition {
    enum filter_field field;
    enum filter_match match;
    uint64_t value;
};

enum { FILTER_FLAG_LOOPBACK = 1 /* FWP_CONDITION_FLAG_IS_LOOPBACK */, PORT_DNS = 53 };

enum { FILTER_CONDITIONS = 2, PLAN_FILTERS = 8 };

/* All conditions must hold. */
struct filter {
    enum filter_layer layer;
    enum filter_action action;
    int weight;
    size_t condition_count;
    struct filter_condition conditions[FILTER_CONDITIONS];
};

struct plan {
    size_t count;
    struct filter filters[PLAN_FILTERS];
};

void plan_make(const struct firewall_policy *policy, struct plan *plan);

#endif
