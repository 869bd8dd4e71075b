/* SPDX-License-Identifier: MIT */
/* plan.h: translates a firewall policy into the packet filters that implement it.
 *
 * A plan is portable: it names layers and conditions of the Windows Filtering Platform by
 * constants; src/system/win32/wfp.c knows their GUIDs. See docs/protocol.md, "Packet filters". */
#ifndef FIREWALL_PLAN_H
#define FIREWALL_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* The policies that openvpn.exe can ask for. All of them permit traffic of openvpn.exe itself and
 * traffic through the tunnel. Only outgoing connections are filtered. */
enum firewall_policy_kind {
    POLICY_BLOCK_DNS_2_6, /* up to 2.6: blocks DNS outside the tunnel, without rules for loopback */
    POLICY_BLOCK_DNS,     /* blocks DNS outside the tunnel, DNS over loopback too */
    POLICY_BLOCK_LOCAL    /* blocks all but tunnel and loopback, and DNS over loopback */
};

struct firewall_policy {
    enum firewall_policy_kind kind;
    uint64_t tunnel_luid;
};

enum filter_layer {
    LAYER_CONNECT_V4, /* FWPM_LAYER_ALE_AUTH_CONNECT_V4: start of an outgoing flow */
    LAYER_CONNECT_V6  /* FWPM_LAYER_ALE_AUTH_CONNECT_V6 */
};

enum filter_action { ACTION_PERMIT, ACTION_BLOCK };

/* A weight of 0 to 15 chooses one of the weight ranges of Windows. With WEIGHT_AUTOMATIC Windows
 * weighs the filter by its conditions, in the lowest range. */
enum { WEIGHT_AUTOMATIC = -1 };

enum filter_field {
    FIELD_PROGRAM, /* FWPM_CONDITION_ALE_APP_ID; the program is openvpn.exe, the value 0 */
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

/* A filter matches a flow for which all its conditions are true. */
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

/* Writes the filters of the policy: each of its rules for IPv4 and for IPv6. */
void plan_make(const struct firewall_policy *policy, struct plan *plan);

#endif
