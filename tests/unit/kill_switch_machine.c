/* SPDX-License-Identifier: MIT */
#include "tests/unit/kill_switch_machine.h"

#include "base/array.h"
#include "base/numeric.h"
#include "tests/unit/cmocka_test.h"

#include <string.h>

const char *const column_names[COLUMNS] = {"off", "bt", "L", "L+", "C", "T", "T+"};

struct ip ip_of(const char *text)
{
    char16_t units[NUMERIC_CAPACITY];
    struct ip ip;
    const size_t length = text_from_utf8(text, strlen(text), units, ARRAY_COUNT(units));
    if (length > ARRAY_COUNT(units) || !numeric_parse(units, length, &ip))
        fail_msg("%s is no address", text);
    return ip;
}

static void add_gateways(struct kill_switch_policy *policy)
{
    const struct gateway gateways[] = {
        {ip_of("198.51.100.7"), 1194, PROTOCOL_UDP},
        {ip_of("2001:db8:7::7"), 443, PROTOCOL_TCP},
        {ip_of("203.0.113.53"), 53, PROTOCOL_UDP},
    };
    for (size_t i = 0; i < ARRAY_COUNT(gateways); i++)
        assert_int_equal(gateways_add(&policy->gateways, &gateways[i]), 0);
}

static void add_tunnels(struct kill_switch_policy *policy)
{
    static const uint64_t tunnels[] = {TUNNEL_LUID, SECOND_TUNNEL_LUID};
    for (size_t i = 0; i < ARRAY_COUNT(tunnels); i++)
        assert_int_equal(kill_switch_add_tunnel(policy, tunnels[i]), 0);
}

struct kill_switch_policy policy_of(enum column column)
{
    const bool is_connected = column == BOOT || column >= CONNECTED;
    struct kill_switch_policy policy = {
        .is_up = column != OFF,
        .allow_lan = column == LOCKDOWN_LAN || column == CONNECTED_LAN,
    };
    if (is_connected || column == CONNECTING)
        add_gateways(&policy);
    if (is_connected)
        add_tunnels(&policy);
    return policy;
}

const struct sublayer *sublayer_of(enum column column)
{
    static struct kill_switch_plan plans[COLUMNS];
    static struct sublayer sublayers[COLUMNS];
    static bool is_made[COLUMNS];
    if (!is_made[column]) {
        const struct kill_switch_policy policy = policy_of(column);
        kill_switch_plan_make(&policy, &plans[column]);
        sublayer_of_plan(&sublayers[column], &plans[column],
                         column == BOOT ? PHASE_BOOT : PHASE_RUNNING);
        is_made[column] = true;
    }
    return &sublayers[column];
}
