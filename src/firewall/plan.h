/* SPDX-License-Identifier: MIT */
/* plan.h: translates a firewall policy of openvpn.exe into the packet filters that implement it.
 * See docs/protocol.md, "Packet filters". */
#ifndef FIREWALL_PLAN_H
#define FIREWALL_PLAN_H

#include "firewall/filter.h"

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

enum { PLAN_FILTERS = 8 };

struct plan {
    size_t count;
    struct filter filters[PLAN_FILTERS];
};

/* Writes the filters of the policy: each of its rules for IPv4 and for IPv6. */
void plan_make(const struct firewall_policy *policy, struct plan *plan);

#endif
