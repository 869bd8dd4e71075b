/* SPDX-License-Identifier: MIT */
/* Random policies, and random packets at the edges of what each of them lets out. */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/kill_switch_machine.h"
#include "tests/unit/kill_switch_oracle.h"
#include "tests/unit/random_client.h"

#include <stdio.h>
#include <string.h>

enum { SEQUENCES = 300, PACKETS = 400 };

/* ---- the policies of a seed ---- */

enum { STATES = 3 };

/* Lockdown, connecting, connected; without the LAN and with it. */
static struct kill_switch_policy policies[STATES][2];
static struct kill_switch_plan plans[STATES][2];
static struct sublayer running[STATES][2], restarted[STATES][2], booting[STATES][2];

static const char *const addresses[] = {
    "0.0.0.0",
    "9.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "127.0.0.1",
    "169.253.255.255",
    "169.254.0.1",
    "169.255.0.0",
    "172.15.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.168.1.1",
    "192.169.0.0",
    "198.51.100.7",
    "198.51.100.8",
    "203.0.113.53",
    "223.255.255.255",
    "224.0.0.251",
    "224.0.1.0",
    "238.255.255.255",
    "239.255.255.250",
    "240.0.0.0",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.1.2.3",
    "::ffff:93.184.216.34",
    "::ffff:172.32.0.0",
    "::ffff:192.168.1.50",
    "::fffe:10.1.2.3",
    "2001:db8:7::7",
    "2001:db8:99::1",
    "fbff::1",
    "fc00::1",
    "fdff::1",
    "fe00::1",
    "fe7f::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff00::1",
    "ff01::1",
    "ff02::1",
    "ff02::2",
    "ff02::16",
    "ff02::fb",
    "ff02::1:2",
    "ff02::1:3",
    "ff02::1:fe00:1",
    "ff02::1:ff00:1",
    "ff02::1:ffff:ffff",
    "ff02::2:ff00:1",
    "ff05::1:2",
    "ff05::1:3",
    "ff06::1",
    "ff12::1",
    "ff0e::1",
};

static struct ip random_address(uint16_t family)
{
    struct ip ip;
    do
        ip = ip_of(addresses[random_below(ARRAY_COUNT(addresses))]);
    while (ip.family != family);
    if (random_one_in(8)) {
        const unsigned bit = random_below(ip_bits(family));
        ip.bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
    }
    return ip;
}

static uint16_t random_port(void)
{
    static const uint16_t ports[] = {0,   1,   52,  53,  54,  67,  68,  69,  128,  130,
                                     131, 132, 133, 134, 135, 136, 137, 138, 142,  143,
                                     144, 443, 545, 546, 547, 548, 852, 853, 1194, 50000};
    return ports[random_below(ARRAY_COUNT(ports))];
}

static struct kill_switch_policy random_policy(void)
{
    static const uint8_t protocols[] = {0, PROTOCOL_TCP, PROTOCOL_UDP};
    struct kill_switch_policy policy = {.is_up = true, .program_count = random_below(4)};
    for (unsigned left = 1 + random_below(6); left > 0; left--) {
        struct gateway gateway = {.port = random_port()};
        gateway.ip = random_address(random_one_in(2) ? FAMILY_IPV4 : FAMILY_IPV6);
        if (gateway.port)
            gateway.protocol = protocols[random_below(ARRAY_COUNT(protocols))];
        gateways_add(&policy.gateways, &gateway);
    }
    for (unsigned left = 1 + random_below(3); left > 0; left--)
        kill_switch_add_tunnel(&policy, TUNNEL_LUID + random_below(3));
    return policy;
}

static void make_policies(void)
{
    const struct kill_switch_policy policy = random_policy();
    for (size_t state = 0; state < STATES; state++)
        for (size_t lan = 0; lan < 2; lan++) {
            policies[state][lan] = policy;
            policies[state][lan].allow_lan = lan;
            if (state < 2)
                policies[state][lan].tunnel_count = 0;
            if (state < 1)
                policies[state][lan].gateways.count = 0;
            kill_switch_plan_make(&policies[state][lan], &plans[state][lan]);
            sublayer_of_plan(&running[state][lan], &plans[state][lan], PHASE_RUNNING);
            sublayer_of_plan(&restarted[state][lan], &plans[state][lan], PHASE_RESTARTED);
            sublayer_of_plan(&booting[state][lan], &plans[state][lan], PHASE_BOOT);
        }
}

/* ---- packets ---- */

static struct packet any_packet(enum filter_layer layer)
{
    static const uint8_t protocols[] = {
        PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMPV6, PROTOCOL_ICMP, 2, 50};
    static const uint64_t flags[] = {0,
                                     0,
                                     0,
                                     FILTER_FLAG_LOOPBACK,
                                     FILTER_FLAG_OUTBOUND_PASS_THRU,
                                     FILTER_FLAG_INBOUND_PASS_THRU,
                                     0x4 /* the flow is authorised again */};
    /* one after the other, so that a seed gives the same packets everywhere */
    struct packet packet = {.layer = layer, .program = PROGRAM_OTHER};
    const uint16_t family = layer & 1 ? FAMILY_IPV6 : FAMILY_IPV4;
    if (!random_one_in(3))
        packet.program = random_below(PROGRAM_FURTHER + 5);
    packet.protocol = protocols[random_below(ARRAY_COUNT(protocols))];
    packet.local = random_address(family);
    packet.remote = random_address(family);
    packet.local_port = random_port();
    packet.remote_port = random_port();
    packet.interface_luid = LOOPBACK_LUID + random_below(HOTSPOT_LUID);
    packet.departure_luid = LOOPBACK_LUID + random_below(HOTSPOT_LUID);
    packet.flags = flags[random_below(ARRAY_COUNT(flags))];
    return packet;
}

static size_t choose_at_random(enum filter_field field, size_t count)
{
    (void)field;
    return random_below((unsigned)count);
}

/* To another address of the range, or to one just outside of it. */
static void move_to_edge(struct packet *packet, const struct filter_condition *condition)
{
    const bool is_local = condition->field == FIELD_LOCAL_ADDRESS;
    struct ip *ip = is_local ? &packet->local : &packet->remote;
    if ((!is_local && condition->field != FIELD_REMOTE_ADDRESS) ||
        !condition_matches(condition, packet) || random_one_in(2))
        return;
    for (unsigned bit = condition->range.length; bit < ip_bits(ip->family); bit++)
        if (random_one_in(2))
            ip->bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
    if (random_one_in(3)) {
        const unsigned last = condition->range.length - 1 - random_below(2);
        ip->bytes[last / 8] ^= (uint8_t)(0x80u >> last % 8);
    }
}

/* What a filter of the largest policy matches, sometimes but for one field; or anything. */
static struct packet random_packet(void)
{
    const struct kill_switch_plan *plan = &plans[STATES - 1][1];
    const struct filter *filter = &plan->filters[random_below((unsigned)plan->count)].filter;
    const struct packet other = any_packet(filter->layer);
    if (random_one_in(5))
        return other;
    struct packet packet = packet_matching(filter, any_packet(filter->layer), choose_at_random);
    for (size_t i = 0; i < filter->condition_count; i++)
        move_to_edge(&packet, &filter->conditions[i]);
    if (random_one_in(2))
        packet_copy_field(&packet, random_below(FIELD_COUNT), &other);
    return packet;
}

/* ---- the properties ---- */

static bool report(const char *what, size_t state, size_t lan, const struct packet *packet)
{
    char local[IP_LINE_SIZE], remote[IP_LINE_SIZE];
    ip_to_line(&packet->local, local);
    ip_to_line(&packet->remote, remote);
    fprintf(stderr,
            "%s: state %zu, LAN %zu, layer %u, program %u, protocol %u, %s %u, %s %u, over %u > "
            "%u, flags 0x%x\n",
            what, state, lan, (unsigned)packet->layer, packet->program, packet->protocol, local,
            packet->local_port, remote, packet->remote_port, (unsigned)packet->interface_luid,
            (unsigned)packet->departure_luid, (unsigned)packet->flags);
    return false;
}

/* Nothing passes but what the policy is for, and all of that does; after a restart of Windows, the
 * lockdown's; while it starts, loopback only. */
static bool check_verdict(size_t state, size_t lan, const struct packet *packet)
{
    const struct kill_switch_policy *policy = &policies[state][lan];
    if (sublayer_passes(&running[state][lan], packet) != oracle_passes(policy, packet))
        return report("wrong verdict", state, lan, packet);
    if (sublayer_passes(&restarted[state][lan], packet) != oracle_passes(&policies[0][lan], packet))
        return report("wrong verdict after a restart", state, lan, packet);
    if (sublayer_passes(&booting[state][lan], packet) != oracle_passes_boot(policy, packet))
        return report("wrong verdict while Windows starts", state, lan, packet);
    return true;
}

/* Each state lets out what the one below it does, the LAN only adds, and no death adds anything. */
static bool check_order(size_t state, size_t lan, const struct packet *packet)
{
    if (sublayer_passes(&running[state][lan], packet))
        return true;
    if (state > 0 && sublayer_passes(&running[state - 1][lan], packet))
        return report("less than the state below it", state, lan, packet);
    if (lan && sublayer_passes(&running[state][0], packet))
        return report("less with the LAN", state, lan, packet);
    if (sublayer_passes(&restarted[state][lan], packet) ||
        sublayer_passes(&booting[state][lan], packet))
        return report("more after a restart", state, lan, packet);
    return true;
}

static bool run_seed(uint64_t seed)
{
    bool holds = true;
    random_begin(seed);
    make_policies();
    for (unsigned left = PACKETS; left > 0 && holds; left--) {
        const struct packet packet = random_packet();
        for (size_t state = 0; state < STATES; state++)
            for (size_t lan = 0; lan < 2; lan++)
                holds =
                    holds && check_verdict(state, lan, &packet) && check_order(state, lan, &packet);
    }
    return holds;
}

static void test_exactly_what_the_policy_is_for_passes(void **state)
{
    const struct random_seeds seeds = random_seeds(SEQUENCES);
    (void)state;
    for (uint64_t i = 0; i < seeds.count; i++)
        if (!run_seed(seeds.first + i))
            fail_msg("GATEHOUSE_SEED=%llu", (unsigned long long)(seeds.first + i));
}

static void test_when_it_is_off_everything_passes(void **state)
{
    static struct kill_switch_plan plan;
    const struct kill_switch_policy policy = policy_of(OFF);
    (void)state;
    kill_switch_plan_make(&policy, &plan);
    assert_int_equal(plan.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exactly_what_the_policy_is_for_passes),
        cmocka_unit_test(test_when_it_is_off_everything_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
