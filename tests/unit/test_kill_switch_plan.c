/* SPDX-License-Identifier: MIT */
/* Which filters there are, and that Windows accepts them. What they do to packets is in
 * test_kill_switch_verdicts.c, test_kill_switch_decides.c and test_kill_switch_property.c. */
#include "base/array.h"
#include "base/errors.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/kill_switch_machine.h"

#include <string.h>

static struct kill_switch_plan plan;

static void make_plan(const struct kill_switch_policy *policy)
{
    memset(&plan, 0xA5, sizeof(plan)); /* what was there is of no account */
    kill_switch_plan_make(policy, &plan);
}

static size_t count_lifetime(enum filter_lifetime lifetime)
{
    size_t count = 0;
    for (size_t i = 0; i < plan.count; i++)
        count += plan.filters[i].lifetime == lifetime;
    return count;
}

/* As many of everything as there may be. */
static struct kill_switch_policy largest(void)
{
    struct kill_switch_policy policy = {
        .is_up = true, .allow_lan = true, .program_count = KILL_SWITCH_PROGRAMS};
    for (unsigned i = 0; i < GATEWAYS_MAX; i++) {
        const struct gateway gateway = {
            .ip = {i % 2 ? FAMILY_IPV6 : FAMILY_IPV4, {0x20, 1, 2, (uint8_t)i}}, .port = 1194};
        assert_int_equal(gateways_add(&policy.gateways, &gateway), 0);
    }
    for (unsigned i = 0; i < KILL_SWITCH_TUNNELS; i++)
        assert_int_equal(kill_switch_add_tunnel(&policy, 100 + i), 0);
    return policy;
}

/* ---- how many ---- */

static const struct {
    const char *name;
    enum column column;
    size_t statics, persistent, boot;
} counts[] = {
    {"off", OFF, 0, 0, 0},
    {"lockdown", LOCKDOWN, 0, 24, 10},
    {"lockdown with LAN", LOCKDOWN_LAN, 0, 28, 10},
    {"connecting to three gateways", CONNECTING, 3, 24, 10},
    {"connected through two tunnels", CONNECTED, 3 + 2 * 8, 24, 10},
    {"the same with LAN", CONNECTED_LAN, 3 + 2 * 8, 28, 10},
};

static void test_each_state_has_its_filters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        const struct kill_switch_policy policy = policy_of(counts[i].column);
        make_plan(&policy);
        if (count_lifetime(FILTER_STATIC) != counts[i].statics ||
            count_lifetime(FILTER_PERSISTENT) != counts[i].persistent ||
            count_lifetime(FILTER_BOOT) != counts[i].boot)
            fail_msg("%s", counts[i].name);
        assert_int_equal(plan.count, counts[i].statics + counts[i].persistent + counts[i].boot);
    }
}

static void test_the_largest_policy_has_room(void **state)
{
    const struct kill_switch_policy policy = largest();
    (void)state;
    make_plan(&policy);
    assert_int_equal(plan.count, 28 + 10 + GATEWAYS_MAX + 8 * KILL_SWITCH_TUNNELS);
    assert_in_range(plan.count, 0, KILL_SWITCH_FILTERS);
}

/* ---- what Windows accepts ---- */

static bool is_address(enum filter_field field)
{
    return field == FIELD_LOCAL_ADDRESS || field == FIELD_REMOTE_ADDRESS;
}

static bool same_condition(const struct filter_condition *a, const struct filter_condition *b)
{
    if (a->field != b->field || a->match != b->match)
        return false;
    if (!is_address(a->field))
        return a->value == b->value;
    return a->range.length == b->range.length &&
           memcmp(&a->range.ip, &b->range.ip, sizeof(a->range.ip)) == 0;
}

static void check_range(const struct filter *filter, const struct ip_range *range)
{
    const bool is_ipv6 = filter->layer & 1;
    struct ip cut = range->ip;
    assert_int_equal(range->ip.family, is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4);
    assert_true(ip_is_valid(&range->ip));
    assert_in_range(range->length, 1, ip_bits(range->ip.family));
    ip_cut(&cut, range->length);
    assert_memory_equal(&cut, &range->ip, sizeof(cut));
}

/* What fits into the type that Windows has for the field, and into the layer. */
static void check_condition(const struct filter *filter, const struct filter_condition *condition)
{
    static const uint64_t largest_value[FIELD_COUNT] = {
        [FIELD_PROGRAM] = PROGRAM_FURTHER + KILL_SWITCH_PROGRAMS - 1,
        [FIELD_PROTOCOL] = UINT8_MAX,
        [FIELD_LOCAL_PORT] = UINT16_MAX,
        [FIELD_REMOTE_PORT] = UINT16_MAX,
        [FIELD_FLAGS] = UINT32_MAX,
        [FIELD_LOCAL_INTERFACE] = UINT64_MAX,
        [FIELD_FORWARD_INTERFACE] = UINT64_MAX,
    };
    const bool is_forwarded = filter->layer >= LAYER_FORWARD_V4;
    if (is_address(condition->field))
        check_range(filter, &condition->range);
    else
        assert_true(condition->value <= largest_value[condition->field]);
    assert_true((condition->match == MATCH_EQUAL) == (condition->field != FIELD_FLAGS));
    if (condition->field != FIELD_FLAGS && condition->field != FIELD_LOCAL_INTERFACE)
        assert_int_equal(is_forwarded, condition->field == FIELD_FORWARD_INTERFACE);
}

/* No condition twice (FWP_E_DUPLICATE_CONDITION), and those on one field stand together. */
static void check_filter(const struct filter *filter)
{
    assert_in_range(filter->layer, 0, LAYER_COUNT - 1);
    assert_in_range(filter->weight, 0, 15);
    assert_in_range(filter->condition_count, 0, FILTER_CONDITIONS);
    for (size_t i = 0; i < filter->condition_count; i++) {
        const struct filter_condition *condition = &filter->conditions[i];
        check_condition(filter, condition);
        for (size_t other = 0; other < i; other++) {
            assert_false(same_condition(condition, &filter->conditions[other]));
            if (filter->conditions[other].field == condition->field)
                assert_int_equal(filter->conditions[i - 1].field, condition->field);
        }
    }
}

/* Ports and types of ICMP are one field: only the protocol tells them apart. */
static void check_protocol(const struct filter *filter)
{
    bool has_port = false, has_protocol = false;
    for (size_t i = 0; i < filter->condition_count; i++) {
        has_port |= filter->conditions[i].field == FIELD_LOCAL_PORT ||
                    filter->conditions[i].field == FIELD_REMOTE_PORT;
        has_protocol |= filter->conditions[i].field == FIELD_PROTOCOL;
    }
    assert_true(has_protocol || !has_port);
}

static void test_every_filter_is_well_formed(void **state)
{
    const struct kill_switch_policy policy = largest();
    (void)state;
    make_plan(&policy);
    for (size_t i = 0; i < plan.count; i++) {
        check_filter(&plan.filters[i].filter);
        check_protocol(&plan.filters[i].filter);
    }
}

/* Each filter has a name of its own, which role_known_filter() knows. */
static void test_every_filter_can_be_found_again(void **state)
{
    enum { ROLES = 64, MOST = 64 };
    bool is_known[ROLES][MOST] = {{false}};
    const struct kill_switch_policy policy = largest();
    enum filter_role role;
    uint32_t index;
    (void)state;
    for (size_t nth = 0; role_known_filter(nth, &role, &index); nth++)
        is_known[role][index] = true;
    make_plan(&policy);
    for (size_t i = 0; i < plan.count; i++) {
        const struct kill_switch_filter *filter = &plan.filters[i];
        if (filter->index >= MOST || !is_known[filter->role][filter->index])
            fail_msg("role %u, filter %u", (unsigned)filter->role, (unsigned)filter->index);
        is_known[filter->role][filter->index] = false;
    }
}

/* ---- what outlives what ---- */

/* A restart of Windows forgets the gateways and the tunnels: what is left is the lockdown. */
static void test_after_a_restart_there_is_the_lockdown(void **state)
{
    static const enum column columns[][2] = {
        {CONNECTING, LOCKDOWN}, {CONNECTED, LOCKDOWN}, {CONNECTED_LAN, LOCKDOWN_LAN}};
    static struct kill_switch_plan lockdown;
    (void)state;
    for (size_t row = 0; row < ARRAY_COUNT(columns); row++) {
        const struct kill_switch_policy before = policy_of(columns[row][0]);
        const struct kill_switch_policy after = policy_of(columns[row][1]);
        size_t left = 0;
        make_plan(&before);
        memset(&lockdown, 0xA5, sizeof(lockdown));
        kill_switch_plan_make(&after, &lockdown);
        for (size_t i = 0; i < plan.count; i++) {
            const struct kill_switch_filter *filter = &plan.filters[i];
            if (filter->lifetime == FILTER_STATIC)
                continue;
            assert_int_equal(filter->role, lockdown.filters[left].role);
            assert_int_equal(filter->index, lockdown.filters[left].index);
            assert_int_equal(filter->lifetime, lockdown.filters[left].lifetime);
            assert_int_equal(filter->filter.layer, lockdown.filters[left].filter.layer);
            left++;
        }
        assert_int_equal(left, lockdown.count);
    }
}

/* What Windows gives a number at each start (volumes, interfaces) is in no filter that outlives it,
 * but for svchost.exe, which is on the volume of Windows. */
static void test_what_persists_names_nothing_that_changes(void **state)
{
    const struct kill_switch_policy policy = largest();
    (void)state;
    make_plan(&policy);
    for (size_t i = 0; i < plan.count; i++) {
        const struct kill_switch_filter *filter = &plan.filters[i];
        for (size_t c = 0; c < filter->filter.condition_count; c++) {
            const struct filter_condition *condition = &filter->filter.conditions[c];
            const bool is_lasting =
                condition->field != FIELD_LOCAL_INTERFACE &&
                condition->field != FIELD_FORWARD_INTERFACE &&
                (condition->field != FIELD_PROGRAM || condition->value == PROGRAM_SVCHOST);
            if (filter->lifetime != FILTER_STATIC)
                assert_true(is_lasting);
            if (filter->lifetime == FILTER_BOOT)
                assert_int_equal(condition->field, FIELD_FLAGS);
        }
    }
}

/* ---- gateways ---- */

static const struct {
    struct gateway gateway;
    size_t programs;
    struct filter filter;
} gateways[] = {
    {{{FAMILY_IPV4, {198, 51, 100, 7}}, 0, 0},
     0,
     {LAYER_CONNECT_V4,
      ACTION_PERMIT,
      15,
      2,
      {{.field = FIELD_PROGRAM, .value = PROGRAM_OPENVPN},
       {.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV4, {198, 51, 100, 7}}, 32}}}}},
    {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, PROTOCOL_UDP},
     2,
     {LAYER_CONNECT_V4,
      ACTION_PERMIT,
      15,
      6,
      {{.field = FIELD_PROGRAM, .value = PROGRAM_OPENVPN},
       {.field = FIELD_PROGRAM, .value = PROGRAM_FURTHER},
       {.field = FIELD_PROGRAM, .value = PROGRAM_FURTHER + 1},
       {.field = FIELD_PROTOCOL, .value = PROTOCOL_UDP},
       {.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV4, {198, 51, 100, 7}}, 32}},
       {.field = FIELD_REMOTE_PORT, .value = 1194}}}},
    {{{FAMILY_IPV6, {0x20, 1, [15] = 7}}, 443, PROTOCOL_TCP},
     0,
     {LAYER_CONNECT_V6,
      ACTION_PERMIT,
      15,
      4,
      {{.field = FIELD_PROGRAM, .value = PROGRAM_OPENVPN},
       {.field = FIELD_PROTOCOL, .value = PROTOCOL_TCP},
       {.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV6, {0x20, 1, [15] = 7}}, 128}},
       {.field = FIELD_REMOTE_PORT, .value = 443}}}},
    {{{FAMILY_IPV6, {0x20, 1, [15] = 7}}, 443, 0},
     0,
     {LAYER_CONNECT_V6,
      ACTION_PERMIT,
      15,
      5,
      {{.field = FIELD_PROGRAM, .value = PROGRAM_OPENVPN},
       {.field = FIELD_PROTOCOL, .value = PROTOCOL_TCP},
       {.field = FIELD_PROTOCOL, .value = PROTOCOL_UDP},
       {.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV6, {0x20, 1, [15] = 7}}, 128}},
       {.field = FIELD_REMOTE_PORT, .value = 443}}}},
};

static void test_a_gateway_is_one_filter_with_all_that_is_known_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(gateways); i++) {
        struct kill_switch_policy policy = {.is_up = true, .program_count = gateways[i].programs};
        const struct filter *expected = &gateways[i].filter, *made = &plan.filters[0].filter;
        gateways_add(&policy.gateways, &gateways[i].gateway);
        make_plan(&policy);
        assert_int_equal(plan.filters[0].role, ROLE_GATEWAY);
        assert_int_equal(count_lifetime(FILTER_STATIC), 1);
        if (made->layer != expected->layer || made->action != expected->action ||
            made->weight != expected->weight || made->condition_count != expected->condition_count)
            fail_msg("gateway %zu", i);
        for (size_t c = 0; c < expected->condition_count; c++)
            if (!same_condition(&made->conditions[c], &expected->conditions[c]))
                fail_msg("gateway %zu, condition %zu", i, c);
    }
}

/* ---- the policy ---- */

static void test_gateways_and_tunnels_make_the_state(void **state)
{
    struct kill_switch_policy policy = {0};
    const struct gateway gateway = {.ip = {FAMILY_IPV4, {198, 51, 100, 7}}};
    (void)state;
    assert_int_equal(kill_switch_state_of(&policy), KILL_SWITCH_OFF);
    assert_int_equal(kill_switch_add_tunnel(&policy, 5), 0);
    assert_int_equal(kill_switch_state_of(&policy), KILL_SWITCH_OFF);
    policy.is_up = true;
    assert_int_equal(kill_switch_state_of(&policy), KILL_SWITCH_LOCKDOWN);
    gateways_add(&policy.gateways, &gateway);
    assert_int_equal(kill_switch_state_of(&policy), KILL_SWITCH_CONNECTED);
    policy.tunnel_count = 0;
    assert_int_equal(kill_switch_state_of(&policy), KILL_SWITCH_CONNECTING);
}

static void test_a_lockdown_permits_no_tunnel(void **state)
{
    struct kill_switch_policy policy = {.is_up = true};
    (void)state;
    kill_switch_add_tunnel(&policy, 5);
    make_plan(&policy);
    assert_int_equal(count_lifetime(FILTER_STATIC), 0);
}

static void test_a_tunnel_is_known_once(void **state)
{
    struct kill_switch_policy policy = {0};
    (void)state;
    for (uint64_t luid = 1; luid <= 3; luid++) {
        assert_int_equal(kill_switch_add_tunnel(&policy, luid), 0);
        assert_int_equal(kill_switch_add_tunnel(&policy, luid), 0);
    }
    assert_int_equal(policy.tunnel_count, 3);
    for (uint64_t luid = 1; luid <= 3; luid++)
        assert_int_equal(policy.tunnels[luid - 1], luid);
}

static void test_there_are_at_most_16_tunnels(void **state)
{
    struct kill_switch_policy policy = largest();
    (void)state;
    assert_int_equal(policy.tunnel_count, 16);
    assert_int_equal(kill_switch_add_tunnel(&policy, 100), 0); /* it is known */
    assert_int_equal(kill_switch_add_tunnel(&policy, 1), ERROR_NOT_ENOUGH_QUOTA);
    assert_int_equal(policy.tunnel_count, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_state_has_its_filters),
        cmocka_unit_test(test_the_largest_policy_has_room),
        cmocka_unit_test(test_every_filter_is_well_formed),
        cmocka_unit_test(test_every_filter_can_be_found_again),
        cmocka_unit_test(test_after_a_restart_there_is_the_lockdown),
        cmocka_unit_test(test_what_persists_names_nothing_that_changes),
        cmocka_unit_test(test_a_gateway_is_one_filter_with_all_that_is_known_of_it),
        cmocka_unit_test(test_gateways_and_tunnels_make_the_state),
        cmocka_unit_test(test_a_lockdown_permits_no_tunnel),
        cmocka_unit_test(test_a_tunnel_is_known_once),
        cmocka_unit_test(test_there_are_at_most_16_tunnels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
