/* SPDX-License-Identifier: MIT */
/* kill_switch.h: what the kill switch lets out, and the packet filters that see to it.
 *
 * The policy is small and is kept for long; the plan is made of it whenever the filters are to be
 * put in place or compared with what is there. Which filters there are is one table
 * (kill_switch.c). Making a plan cannot fail and needs no memory. */
#ifndef FIREWALL_KILL_SWITCH_H
#define FIREWALL_KILL_SWITCH_H

#include "firewall/filter.h"
#include "firewall/gateway.h"
#include "firewall/roles.h"

#include <stdbool.h>

/* Each lets out what the one before it does, but for the first: that lets out everything. */
enum kill_switch_state {
    KILL_SWITCH_OFF,        /* no filter at all */
    KILL_SWITCH_LOCKDOWN,   /* loopback, DHCP, neighbour discovery; the LAN if allowed */
    KILL_SWITCH_CONNECTING, /* and openvpn.exe to the gateways */
    KILL_SWITCH_CONNECTED   /* and everything through the tunnels; DNS only there */
};

enum {
    KILL_SWITCH_TUNNELS = 16,
    KILL_SWITCH_PROGRAMS = 8, /* besides openvpn.exe */
    /* Every filter that there can be at once, with room. */
    KILL_SWITCH_FILTERS = 256
};

/* Zero-initialised it is off, and no tunnel is known. */
struct kill_switch_policy {
    bool is_up;
    bool allow_lan;
    struct gateways gateways;              /* none: lockdown */
    size_t program_count;                  /* how many of `firewall_programs` may reach them, too */
    size_t tunnel_count;                   /* known whether or not it is up */
    uint64_t tunnels[KILL_SWITCH_TUNNELS]; /* LUIDs */
};

/* Without gateways a tunnel opens nothing: who asked for a lockdown wants none used. */
enum kill_switch_state kill_switch_state_of(const struct kill_switch_policy *policy);

/* A session has a tunnel now; nothing changes if it is known. ERROR_NOT_ENOUGH_QUOTA:
 * KILL_SWITCH_TUNNELS others are. */
uint32_t kill_switch_add_tunnel(struct kill_switch_policy *policy, uint64_t luid);

/* How long Windows keeps a filter. */
enum filter_lifetime {
    FILTER_STATIC,     /* until the filtering platform ends: it is not to outlive a restart */
    FILTER_PERSISTENT, /* until it is removed; in force from when the filtering platform runs */
    FILTER_BOOT,       /* the same, in force from the start of TCP/IP until that moment */
    FILTER_LIFETIMES
};

/* Role and index name the filter: its key is made of them (roles.h). */
struct kill_switch_filter {
    enum filter_role role;
    uint32_t index; /* counts within the role, from 0 */
    enum filter_lifetime lifetime;
    struct filter filter;
};

/* In the order of the table. More than 100 KiB: belongs into static memory. */
struct kill_switch_plan {
    size_t count;
    struct kill_switch_filter filters[KILL_SWITCH_FILTERS];
};

void kill_switch_plan_make(const struct kill_switch_policy *policy, struct kill_switch_plan *plan);

#endif
