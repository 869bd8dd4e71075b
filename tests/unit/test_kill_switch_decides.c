/* SPDX-License-Identifier: MIT */
/* No filter of the kill switch is there for nothing. For each of them, and each alternative in it,
 * there is a packet whose verdict would be another one without it; for each field that it asks for,
 * one whose verdict would be another one if it did not ask. */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/kill_switch_machine.h"

#include <stdio.h>
#include <string.h>

/* ---- packets ---- */

/* What a packet is where the filter does not say: none of these is special to any filter, but that
 * the addresses may be of the LAN. */
enum { ORDINARY = 2 };
static struct packet ordinary(enum filter_layer layer, size_t nth)
{
    static const char *const remote[][ORDINARY] = {{"93.184.216.34", "192.168.1.50"},
                                                   {"2001:db8:99::1", "fe80::1"}};
    static const char *const local[] = {"192.168.1.20", "2001:db8:1::20"};
    const bool is_ipv6 = layer & 1;
    return (struct packet){
        .layer = layer,
        .program = PROGRAM_OTHER,
        .protocol = PROTOCOL_TCP,
        .local = ip_of(local[is_ipv6]),
        .remote = ip_of(remote[is_ipv6][nth]),
        .local_port = 50000,
        .remote_port = 443,
        .interface_luid = ETHERNET_LUID,
        .departure_luid = ETHERNET_LUID,
    };
}

/* In each field a value that no filter asks for; other flags than the packet has. */
static struct packet strange(enum filter_layer layer, const struct packet *packet)
{
    struct packet other = ordinary(layer, 0);
    other.protocol = PROTOCOL_ICMP;
    other.remote_port = 7;
    other.flags = ~packet->flags & (FILTER_FLAG_LOOPBACK | FILTER_FLAG_OUTBOUND_PASS_THRU);
    return other;
}

/* ---- plans ---- */

enum { PLANS = 8 };
static struct kill_switch_plan plans[PLANS];
static size_t plan_count;

static void add_plan(enum column column, bool allow_lan)
{
    struct kill_switch_policy policy = policy_of(column);
    policy.allow_lan = allow_lan;
    policy.program_count = 2;
    if (policy.gateways.count) {
        const struct gateway any_port = {ip_of("198.51.100.20"), 0, 0};
        const struct gateway any_protocol = {ip_of("2001:db8:7::20"), 1194, 0};
        assert_int_equal(gateways_add(&policy.gateways, &any_port), 0);
        assert_int_equal(gateways_add(&policy.gateways, &any_protocol), 0);
    }
    assert_true(plan_count < PLANS);
    kill_switch_plan_make(&policy, &plans[plan_count++]);
}

static void make_plans(void)
{
    static const enum column columns[] = {CONNECTED, CONNECTING, LOCKDOWN};
    plan_count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        add_plan(columns[i], true); /* the first plan has all filters */
        add_plan(columns[i], false);
    }
}

static const struct kill_switch_filter *find_filter(const struct kill_switch_plan *plan,
                                                    const struct kill_switch_filter *like)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->filters[i].role == like->role && plan->filters[i].index == like->index)
            return &plan->filters[i];
    return NULL;
}

/* ---- the two questions ---- */

static size_t chosen_alternative;
static enum filter_field chosen_field;

static size_t choose(enum filter_field field, size_t count)
{
    return field == chosen_field && chosen_alternative < count ? chosen_alternative : 0;
}

/* Whether the verdict changes when the filter is replaced; NULL: when it is taken out. */
static bool matters(const struct kill_switch_plan *plan, const struct kill_switch_filter *filter,
                    const struct filter *replacement, const struct packet *packet)
{
    static struct sublayer with, without;
    sublayer_of_plan(&with, plan, filter->lifetime == FILTER_BOOT ? PHASE_BOOT : PHASE_RUNNING);
    without.count = 0;
    for (size_t i = 0; i < with.count; i++) {
        const struct filter *kept =
            with.filters[i] == &filter->filter ? replacement : with.filters[i];
        if (kept)
            without.filters[without.count++] = kept;
    }
    return sublayer_passes(&with, packet) != sublayer_passes(&without, packet);
}

static bool decides(const struct kill_switch_filter *like)
{
    for (size_t i = 0; i < plan_count; i++) {
        const struct kill_switch_filter *filter = find_filter(&plans[i], like);
        for (size_t nth = 0; filter && nth < ORDINARY; nth++) {
            const struct packet packet =
                packet_matching(&filter->filter, ordinary(filter->filter.layer, nth), choose);
            if (matters(&plans[i], filter, NULL, &packet))
                return true;
        }
    }
    return false;
}

static struct filter filter_without(const struct filter *filter, enum filter_field field)
{
    struct filter wider = *filter;
    wider.condition_count = 0;
    for (size_t i = 0; i < filter->condition_count; i++)
        if (filter->conditions[i].field != field)
            wider.conditions[wider.condition_count++] = filter->conditions[i];
    return wider;
}

static bool needs_field(const struct kill_switch_filter *like, enum filter_field field)
{
    const struct filter wider = filter_without(&like->filter, field);
    for (size_t i = 0; i < plan_count; i++) {
        const struct kill_switch_filter *filter = find_filter(&plans[i], like);
        for (size_t nth = 0; filter && nth < ORDINARY; nth++) {
            struct packet packet =
                packet_matching(&filter->filter, ordinary(filter->filter.layer, nth), choose);
            const struct packet other = strange(filter->filter.layer, &packet);
            packet_copy_field(&packet, field, &other);
            if (matters(&plans[i], filter, &wider, &packet))
                return true;
        }
    }
    return false;
}

/* ---- the tests ---- */

static void fail_filter(const char *what, const struct kill_switch_filter *filter, size_t condition)
{
    fail_msg("role %u, filter %u, condition %zu: %s", (unsigned)filter->role,
             (unsigned)filter->index, condition, what);
}

/* The nth condition of the filter is chosen among its alternatives. */
static void choose_condition(const struct filter *filter, size_t condition)
{
    size_t first = condition;
    chosen_field = filter->conditions[condition].field;
    while (first > 0 && filter->conditions[first - 1].field == chosen_field)
        first--;
    chosen_alternative = condition - first;
}

static void test_each_filter_and_each_alternative_decides_about_a_packet(void **state)
{
    (void)state;
    make_plans();
    for (size_t i = 0; i < plans[0].count; i++) {
        const struct kill_switch_filter *filter = &plans[0].filters[i];
        for (size_t condition = 0; condition < filter->filter.condition_count; condition++) {
            choose_condition(&filter->filter, condition);
            if (!decides(filter))
                fail_filter("decides about nothing", filter, condition);
        }
        if (!filter->filter.condition_count && !decides(filter))
            fail_filter("decides about nothing", filter, 0);
    }
}

static void test_each_field_that_is_asked_for_decides_about_a_packet(void **state)
{
    (void)state;
    make_plans();
    for (size_t i = 0; i < plans[0].count; i++) {
        const struct kill_switch_filter *filter = &plans[0].filters[i];
        for (size_t condition = 0; condition < filter->filter.condition_count; condition++) {
            choose_condition(&filter->filter, condition);
            if (!needs_field(filter, chosen_field))
                fail_filter("need not ask for its field", filter, condition);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_filter_and_each_alternative_decides_about_a_packet),
        cmocka_unit_test(test_each_field_that_is_asked_for_decides_about_a_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
