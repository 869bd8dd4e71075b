/* SPDX-License-Identifier: MIT */
/* Every filter of every policy, field by field, as docs/protocol.md, "Packet filters", has them. */
#include "firewall/plan.h"

#include "tests/unit/cmocka_test.h"

#define TUNNEL 0x0006800400000000u

/* The conditions as docs/protocol.md lists them. */
#define PROGRAM                                                                                    \
    {                                                                                              \
        .field = FIELD_PROGRAM, .match = MATCH_EQUAL, .value = 0                                   \
    }
#define TO_PORT_53                                                                                 \
    {                                                                                              \
        .field = FIELD_REMOTE_PORT, .match = MATCH_EQUAL, .value = 53                              \
    }
#define IN_TUNNEL                                                                                  \
    {                                                                                              \
        .field = FIELD_LOCAL_INTERFACE, .match = MATCH_EQUAL, .value = TUNNEL                      \
    }
#define LOOPBACK                                                                                   \
    {                                                                                              \
        .field = FIELD_FLAGS, .match = MATCH_FLAGS_ALL_SET, .value = 1                             \
    }
#define NOT_LOOPBACK                                                                               \
    {                                                                                              \
        .field = FIELD_FLAGS, .match = MATCH_FLAGS_NONE_SET, .value = 1                            \
    }

static const struct plan dns_2_6 = {
    6,
    {
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xF, 2, {PROGRAM, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xF, 2, {PROGRAM, TO_PORT_53}},
        {LAYER_CONNECT_V4, ACTION_BLOCK, WEIGHT_AUTOMATIC, 1, {TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_BLOCK, WEIGHT_AUTOMATIC, 1, {TO_PORT_53}},
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xE, 2, {IN_TUNNEL, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xE, 2, {IN_TUNNEL, TO_PORT_53}},
    }};

static const struct plan dns = {
    8,
    {
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xF, 2, {PROGRAM, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xF, 2, {PROGRAM, TO_PORT_53}},
        {LAYER_CONNECT_V4, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {NOT_LOOPBACK, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {NOT_LOOPBACK, TO_PORT_53}},
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xE, 2, {IN_TUNNEL, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xE, 2, {IN_TUNNEL, TO_PORT_53}},
        {LAYER_CONNECT_V4, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {LOOPBACK, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {LOOPBACK, TO_PORT_53}},
    }};

static const struct plan local = {
    8,
    {
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xF, 1, {PROGRAM}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xF, 1, {PROGRAM}},
        {LAYER_CONNECT_V4, ACTION_BLOCK, WEIGHT_AUTOMATIC, 1, {NOT_LOOPBACK}},
        {LAYER_CONNECT_V6, ACTION_BLOCK, WEIGHT_AUTOMATIC, 1, {NOT_LOOPBACK}},
        {LAYER_CONNECT_V4, ACTION_PERMIT, 0xE, 1, {IN_TUNNEL}},
        {LAYER_CONNECT_V6, ACTION_PERMIT, 0xE, 1, {IN_TUNNEL}},
        {LAYER_CONNECT_V4, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {LOOPBACK, TO_PORT_53}},
        {LAYER_CONNECT_V6, ACTION_BLOCK, WEIGHT_AUTOMATIC, 2, {LOOPBACK, TO_PORT_53}},
    }};

static void assert_filter_equal(const struct filter *made, const struct filter *expected)
{
    assert_int_equal(made->layer, expected->layer);
    assert_int_equal(made->action, expected->action);
    assert_int_equal(made->weight, expected->weight);
    assert_int_equal(made->condition_count, expected->condition_count);
    for (size_t i = 0; i < expected->condition_count; i++) {
        assert_int_equal(made->conditions[i].field, expected->conditions[i].field);
        assert_int_equal(made->conditions[i].match, expected->conditions[i].match);
        assert_int_equal(made->conditions[i].value, expected->conditions[i].value);
    }
}

static void assert_plan(enum firewall_policy_kind kind, const struct plan *expected)
{
    const struct firewall_policy policy = {kind, TUNNEL};
    struct plan made;
    plan_make(&policy, &made);
    assert_int_equal(made.count, expected->count);
    for (size_t i = 0; i < expected->count; i++)
        assert_filter_equal(&made.filters[i], &expected->filters[i]);
}

static void test_filters_of_2_6_block_dns(void **state)
{
    (void)state;
    assert_plan(POLICY_BLOCK_DNS_2_6, &dns_2_6);
}

static void test_filters_of_block_dns(void **state)
{
    (void)state;
    assert_plan(POLICY_BLOCK_DNS, &dns);
}

static void test_filters_of_block_local(void **state)
{
    (void)state;
    assert_plan(POLICY_BLOCK_LOCAL, &local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_of_2_6_block_dns),
        cmocka_unit_test(test_filters_of_block_dns),
        cmocka_unit_test(test_filters_of_block_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
