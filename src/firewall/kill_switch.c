/* SPDX-License-Identifier: MIT */
#include "firewall/kill_switch.h"

#include "base/array.h"
#include "base/errors.h"

#include <string.h>

/* ---- words of the table ---- */

enum {
    C4 = 1 << LAYER_CONNECT_V4,
    C6 = 1 << LAYER_CONNECT_V6,
    A4 = 1 << LAYER_ACCEPT_V4,
    A6 = 1 << LAYER_ACCEPT_V6,
    F4 = 1 << LAYER_FORWARD_V4,
    F6 = 1 << LAYER_FORWARD_V6
};

/* In which states there is the filter. */
enum {
    CONNECTED = 1 << KILL_SWITCH_CONNECTED,
    CONNECTING = CONNECTED | 1 << KILL_SWITCH_CONNECTING,
    ALWAYS = CONNECTING | 1 << KILL_SWITCH_LOCKDOWN
};

/* Which lifetimes it has: a twin for each. */
enum { STATIC = 1 << FILTER_STATIC, PERSISTENT = 1 << FILTER_PERSISTENT, BOOT = 1 << FILTER_BOOT };

/* A gateway's filter is at the layer of its family only. */
enum repetition { ONCE, ONCE_WITH_LAN, EACH_GATEWAY, EACH_TUNNEL };

#define NUMBER(f, m, v)                                                                            \
    {                                                                                              \
        .field = (f), .match = (m), .value = (v)                                                   \
    }
#define RANGE(f, bits, family, ...)                                                                \
    {                                                                                              \
        .field = (f), .match = MATCH_EQUAL, .range = { {family, {__VA_ARGS__}}, bits }             \
    }

#define PROGRAM(program)    NUMBER(FIELD_PROGRAM, MATCH_EQUAL, program)
#define PROTOCOL(protocol)  NUMBER(FIELD_PROTOCOL, MATCH_EQUAL, protocol)
#define FROM_PORT(port)     NUMBER(FIELD_LOCAL_PORT, MATCH_EQUAL, port)
#define TO_PORT(port)       NUMBER(FIELD_REMOTE_PORT, MATCH_EQUAL, port)
#define TYPE(type)          NUMBER(FIELD_ICMP_TYPE, MATCH_EQUAL, type)
#define CODE(code)          NUMBER(FIELD_ICMP_CODE, MATCH_EQUAL, code)
#define FLAGS_SET(flags)    NUMBER(FIELD_FLAGS, MATCH_FLAGS_ALL_SET, flags)
#define FLAGS_CLEAR(flags)  NUMBER(FIELD_FLAGS, MATCH_FLAGS_NONE_SET, flags)
#define TUNNEL_AT(field)    NUMBER(field, MATCH_EQUAL, 0) /* its LUID is filled in */
#define IPV4(bits, ...)     RANGE(FIELD_REMOTE_ADDRESS, bits, FAMILY_IPV4, __VA_ARGS__)
#define IPV6(bits, ...)     RANGE(FIELD_REMOTE_ADDRESS, bits, FAMILY_IPV6, __VA_ARGS__)
#define OWN_IPV6(bits, ...) RANGE(FIELD_LOCAL_ADDRESS, bits, FAMILY_IPV6, __VA_ARGS__)
#define MULTICAST(scope)    IPV6(16, 0xFF, scope)                           /* ff0s::/16 */
#define GROUP(scope, ...)   IPV6(128, 0xFF, scope, __VA_ARGS__)             /* one of it */
#define MAPPED(bits, ...)   IPV6(96 + bits, [10] = 0xFF, 0xFF, __VA_ARGS__) /* ::ffff:a.b */

#define TCP            PROTOCOL(PROTOCOL_TCP)
#define UDP            PROTOCOL(PROTOCOL_UDP)
#define ICMPV6         PROTOCOL(PROTOCOL_ICMPV6)
#define LOOPBACK       FLAGS_SET(FILTER_FLAG_LOOPBACK)
#define LINK_LOCAL     IPV6(10, 0xFE, 0x80)
#define OWN_LINK_LOCAL OWN_IPV6(10, 0xFE, 0x80)
#define LAN_IPV4       IPV4(8, 10), IPV4(12, 172, 16), IPV4(16, 192, 168), IPV4(16, 169, 254)
/* An application may reach IPv4 through a socket for both families. */
#define LAN_IPV6                                                                                   \
    LINK_LOCAL, IPV6(7, 0xFC), MAPPED(8, 10), MAPPED(12, 172, 16), MAPPED(16, 192, 168),           \
        MAPPED(16, 169, 254)
/* What the machine sends itself through an interface that has not its address is not forwarded. */
#define FORWARDED FLAGS_CLEAR(FILTER_FLAG_OUTBOUND_PASS_THRU | FILTER_FLAG_INBOUND_PASS_THRU)

#define NO_CONDITIONS .condition_count = 0
#define CONDITIONS(...)                                                                            \
    .conditions = {__VA_ARGS__},                                                                   \
    .condition_count = ARRAY_COUNT(((struct filter_condition[]){__VA_ARGS__}))

/* ---- the table ---- */

struct kill_switch_rule {
    enum filter_role role;
    enum repetition repetition;
    unsigned layers;
    enum filter_action action;
    int weight;
    unsigned states;
    unsigned lifetimes;
    size_t condition_count;
    struct filter_condition conditions[FILTER_CONDITIONS];
};

/* What is dangerous to lose outlives a restart of Windows, what is dangerous to keep does not:
 * after a crash or a loss of power there is less than before, never more. From the start of TCP/IP
 * on, when the filtering platform does not run yet, only the twins for that phase decide.
 *
 * The gateways stand above the block of DNS, because one may have port 53; the tunnels, because
 * through them any name server may be asked; the LAN below it, because its router is none. */
static const struct kill_switch_rule rules[] = {
    {ROLE_GATEWAY, EACH_GATEWAY, C4 | C6, ACTION_PERMIT, 15, CONNECTING, STATIC, NO_CONDITIONS},
    {ROLE_LOOPBACK, ONCE, C4 | C6 | A4 | A6, ACTION_PERMIT, 14, ALWAYS, BOOT | PERSISTENT,
     CONDITIONS(LOOPBACK)},
    {ROLE_TUNNEL, EACH_TUNNEL, C4 | C6 | A4 | A6, ACTION_PERMIT, 13, CONNECTED, STATIC,
     CONDITIONS(TUNNEL_AT(FIELD_LOCAL_INTERFACE))},

    /* DNS, over TLS and QUIC too */
    {ROLE_DNS, ONCE, C4 | C6, ACTION_BLOCK, 12, ALWAYS, PERSISTENT,
     CONDITIONS(TCP, UDP, TO_PORT(PORT_DNS), TO_PORT(PORT_DNS_OVER_TLS))},

    /* DHCP (RFC 2131, 4.1 and 4.4.5; RFC 8415, 7). An answer may come through any relay. */
    {ROLE_DHCPV4_OUT, ONCE, C4, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(UDP, FROM_PORT(68), TO_PORT(67), IPV4(32, 255, 255, 255, 255))},
    {ROLE_DHCPV4_RENEWAL, ONCE, C4, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(PROGRAM(PROGRAM_SVCHOST), UDP, FROM_PORT(68), TO_PORT(67), LAN_IPV4)},
    {ROLE_DHCPV4_IN, ONCE, A4, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(UDP, FROM_PORT(68), TO_PORT(67))},
    {ROLE_DHCPV6_OUT, ONCE, C6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(UDP, OWN_LINK_LOCAL, FROM_PORT(546), TO_PORT(547), GROUP(2, [13] = 1, 0, 2),
                GROUP(5, [13] = 1, 0, 3))},
    {ROLE_DHCPV6_IN, ONCE, A6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(UDP, OWN_LINK_LOCAL, LINK_LOCAL, FROM_PORT(546), TO_PORT(547))},

    /* Neighbour discovery (RFC 4861), also to defend an address (RFC 4862, 5.4) */
    {ROLE_ROUTER_SOLICITATION, ONCE, C6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(133), CODE(0), GROUP(2, [15] = 2))},
    {ROLE_NEIGHBOUR_SOLICITATION, ONCE, C6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(135), CODE(0), IPV6(104, 0xFF, 2, [11] = 1, 0xFF), LINK_LOCAL)},
    {ROLE_NEIGHBOUR_ADVERTISEMENT, ONCE, C6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(136), CODE(0), LINK_LOCAL, GROUP(2, [15] = 1))},
    {ROLE_ROUTER_ADVERTISEMENT, ONCE, A6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(134), TYPE(137), CODE(0), LINK_LOCAL)},
    {ROLE_NEIGHBOUR_IN, ONCE, A6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(135), TYPE(136), CODE(0))},

    /* Multicast listener discovery (RFC 2710, RFC 3810): without it switches drop the above. */
    {ROLE_MULTICAST_LISTENER, ONCE, C6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(131), TYPE(132), TYPE(143), CODE(0), MULTICAST(2))},
    {ROLE_MULTICAST_QUERY, ONCE, A6, ACTION_PERMIT, 10, ALWAYS, PERSISTENT,
     CONDITIONS(ICMPV6, TYPE(130), CODE(0), LINK_LOCAL)},

    {ROLE_LAN_V4_OUT, ONCE_WITH_LAN, C4, ACTION_PERMIT, 9, ALWAYS, PERSISTENT,
     CONDITIONS(LAN_IPV4, IPV4(24, 224, 0, 0), IPV4(8, 239), IPV4(32, 255, 255, 255, 255))},
    {ROLE_LAN_V4_IN, ONCE_WITH_LAN, A4, ACTION_PERMIT, 9, ALWAYS, PERSISTENT, CONDITIONS(LAN_IPV4)},
    {ROLE_LAN_V6_OUT, ONCE_WITH_LAN, C6, ACTION_PERMIT, 9, ALWAYS, PERSISTENT,
     CONDITIONS(LAN_IPV6, MULTICAST(1), MULTICAST(2), MULTICAST(3), MULTICAST(4), MULTICAST(5))},
    {ROLE_LAN_V6_IN, ONCE_WITH_LAN, A6, ACTION_PERMIT, 9, ALWAYS, PERSISTENT, CONDITIONS(LAN_IPV6)},

    {ROLE_BLOCK, ONCE, C4 | C6 | A4 | A6, ACTION_BLOCK, 0, ALWAYS, BOOT | PERSISTENT,
     NO_CONDITIONS},

    /* Guests of this machine (hotspot, virtual machines behind NAT), through the tunnel and back */
    {ROLE_FORWARD_OUT, EACH_TUNNEL, F4 | F6, ACTION_PERMIT, 13, CONNECTED, STATIC,
     CONDITIONS(TUNNEL_AT(FIELD_FORWARD_INTERFACE), FORWARDED)},
    {ROLE_FORWARD_BACK, EACH_TUNNEL, F4 | F6, ACTION_PERMIT, 13, CONNECTED, STATIC,
     CONDITIONS(TUNNEL_AT(FIELD_LOCAL_INTERFACE), FORWARDED)},
    {ROLE_FORWARD_BLOCK, ONCE, F4 | F6, ACTION_BLOCK, 0, ALWAYS, BOOT | PERSISTENT, NO_CONDITIONS},
};

/* ---- from the table to filters ---- */

_Static_assert(28 + 10 + GATEWAYS_MAX + 8 * KILL_SWITCH_TUNNELS <= KILL_SWITCH_FILTERS,
               "persistent ones, their twins for the boot, the gateways' and the tunnels'");

static void filter_add_condition(struct filter *filter, const struct filter_condition *condition)
{
    filter->conditions[filter->condition_count++] = *condition;
}

/* openvpn.exe and what was named besides it may reach the address; if there is a port, that one.
 * Types of ICMP lie where ports do, so a port needs a protocol. */
static void filter_fill_gateway(struct filter *filter, const struct kill_switch_policy *policy,
                                const struct gateway *gateway)
{
    static const struct filter_condition tcp = TCP, udp = UDP;
    const struct filter_condition port = TO_PORT(gateway->port);
    const struct filter_condition address = {
        .field = FIELD_REMOTE_ADDRESS,
        .range = {gateway->ip, ip_bits(gateway->ip.family)},
    };
    for (size_t i = 0; i <= policy->program_count; i++) {
        const struct filter_condition program =
            PROGRAM(i ? PROGRAM_FURTHER + i - 1 : (size_t)PROGRAM_OPENVPN);
        filter_add_condition(filter, &program);
    }
    if (gateway->port && gateway->protocol != PROTOCOL_UDP)
        filter_add_condition(filter, &tcp);
    if (gateway->port && gateway->protocol != PROTOCOL_TCP)
        filter_add_condition(filter, &udp);
    filter_add_condition(filter, &address);
    if (gateway->port)
        filter_add_condition(filter, &port);
}
_Static_assert(1 + KILL_SWITCH_PROGRAMS + 2 + 1 + 1 <= FILTER_CONDITIONS,
               "programs, protocols, address and port of a gateway");

static void filter_fill_tunnel(struct filter *filter, uint64_t luid)
{
    for (size_t i = 0; i < filter->condition_count; i++)
        if (filter->conditions[i].field == FIELD_LOCAL_INTERFACE ||
            filter->conditions[i].field == FIELD_FORWARD_INTERFACE)
            filter->conditions[i].value = luid;
}

/* The layers of the nth filter of the rule: a gateway has one family. */
static unsigned rule_layers(const struct kill_switch_rule *rule,
                            const struct kill_switch_policy *policy, size_t nth)
{
    if (rule->repetition != EACH_GATEWAY)
        return rule->layers;
    const bool is_ipv4 = policy->gateways.items[nth].ip.family == FAMILY_IPV4;
    return rule->layers & (is_ipv4 ? C4 | A4 | F4 : C6 | A6 | F6);
}

static size_t rule_repetitions(const struct kill_switch_rule *rule,
                               const struct kill_switch_policy *policy)
{
    const size_t repetitions[] = {
        [ONCE] = 1,
        [ONCE_WITH_LAN] = policy->allow_lan,
        [EACH_GATEWAY] = policy->gateways.count,
        [EACH_TUNNEL] = policy->tunnel_count,
    };
    return rule->states >> kill_switch_state_of(policy) & 1 ? repetitions[rule->repetition] : 0;
}

/* The filter that the rule makes of the nth gateway, or tunnel. */
static struct filter rule_filter(const struct kill_switch_rule *rule,
                                 const struct kill_switch_policy *policy, size_t nth)
{
    struct filter filter = {
        .action = rule->action,
        .weight = rule->weight,
        .condition_count = rule->condition_count,
    };
    memcpy(filter.conditions, rule->conditions, sizeof(filter.conditions));
    if (rule->repetition == EACH_GATEWAY)
        filter_fill_gateway(&filter, policy, &policy->gateways.items[nth]);
    if (rule->repetition == EACH_TUNNEL)
        filter_fill_tunnel(&filter, policy->tunnels[nth]);
    return filter;
}

/* Adds the filter at each of the layers, for each lifetime. `index` counts within the role. */
static void plan_add_twins(struct kill_switch_plan *plan, const struct kill_switch_rule *rule,
                           const struct filter *filter, unsigned layers, uint32_t *index)
{
    for (unsigned layer = 0; layer < LAYER_COUNT; layer++)
        for (unsigned lifetime = 0; lifetime < FILTER_LIFETIMES; lifetime++) {
            if (!(layers >> layer & 1) || !(rule->lifetimes >> lifetime & 1))
                continue;
            struct kill_switch_filter *added = &plan->filters[plan->count++];
            *added = (struct kill_switch_filter){rule->role, (*index)++, lifetime, *filter};
            added->filter.layer = layer;
        }
}

void kill_switch_plan_make(const struct kill_switch_policy *policy, struct kill_switch_plan *plan)
{
    plan->count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        const struct kill_switch_rule *rule = &rules[i];
        const size_t repetitions = rule_repetitions(rule, policy);
        uint32_t index = 0;
        for (size_t nth = 0; nth < repetitions; nth++) {
            const struct filter filter = rule_filter(rule, policy, nth);
            plan_add_twins(plan, rule, &filter, rule_layers(rule, policy, nth), &index);
        }
    }
}

/* ---- the policy ---- */

enum kill_switch_state kill_switch_state_of(const struct kill_switch_policy *policy)
{
    if (!policy->is_up)
        return KILL_SWITCH_OFF;
    if (!policy->gateways.count)
        return KILL_SWITCH_LOCKDOWN;
    return policy->tunnel_count ? KILL_SWITCH_CONNECTED : KILL_SWITCH_CONNECTING;
}

/* Where the tunnel is in the list, or its end. */
static size_t policy_find_tunnel(const struct kill_switch_policy *policy, uint64_t luid)
{
    size_t at = 0;
    while (at < policy->tunnel_count && policy->tunnels[at] != luid)
        at++;
    return at;
}

uint32_t kill_switch_add_tunnel(struct kill_switch_policy *policy, uint64_t luid)
{
    const size_t at = policy_find_tunnel(policy, luid);
    if (at == KILL_SWITCH_TUNNELS)
        return ERROR_NOT_ENOUGH_QUOTA;
    policy->tunnels[at] = luid;
    policy->tunnel_count += at == policy->tunnel_count;
    return 0;
}
