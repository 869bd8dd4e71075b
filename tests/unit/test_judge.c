/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/judge.h"
#include "tests/unit/kill_switch_machine.h"

static const struct packet to_dns = {
    .layer = LAYER_CONNECT_V4,
    .program = PROGRAM_OTHER,
    .protocol = PROTOCOL_UDP,
    .remote = {FAMILY_IPV4, {192, 0, 2, 53}},
    .local_port = 5000,
    .remote_port = 53,
    .interface_luid = ETHERNET_LUID,
    .flags = FILTER_FLAG_LOOPBACK | FILTER_FLAG_INBOUND_PASS_THRU,
};

/* A filter with up to three conditions, and whether it matches the packet above. */
static const struct {
    const char *name;
    struct filter_condition conditions[3];
    size_t count;
    bool matches;
} rows[] = {
    {"no condition", {{0}}, 0, true},
    {"one that is so", {{.field = FIELD_REMOTE_PORT, .value = 53}}, 1, true},
    {"one that is not", {{.field = FIELD_REMOTE_PORT, .value = 54}}, 1, false},
    {"alternatives",
     {{.field = FIELD_REMOTE_PORT, .value = 54}, {.field = FIELD_REMOTE_PORT, .value = 53}},
     2,
     true},
    {"alternatives apart",
     {{.field = FIELD_REMOTE_PORT, .value = 53},
      {.field = FIELD_PROTOCOL, .value = PROTOCOL_UDP},
      {.field = FIELD_REMOTE_PORT, .value = 54}},
     3,
     true},
    {"two fields, one not",
     {{.field = FIELD_REMOTE_PORT, .value = 53}, {.field = FIELD_PROTOCOL, .value = PROTOCOL_TCP}},
     2,
     false},
    {"code of ICMP", {{.field = FIELD_ICMP_CODE, .value = 53}}, 1, true},
    {"type of ICMP", {{.field = FIELD_ICMP_TYPE, .value = 5000}}, 1, true},
    {"range",
     {{.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV4, {192, 0, 2}}, 24}}},
     1,
     true},
    {"next range",
     {{.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV4, {192, 0, 3}}, 24}}},
     1,
     false},
    {"range of the other family",
     {{.field = FIELD_REMOTE_ADDRESS, .range = {{FAMILY_IPV6, {0}}, 0}}},
     1,
     false},
    {"flag set", {{FIELD_FLAGS, MATCH_FLAGS_ALL_SET, {FILTER_FLAG_LOOPBACK}}}, 1, true},
    {"one of two flags set",
     {{FIELD_FLAGS, MATCH_FLAGS_ALL_SET, {FILTER_FLAG_LOOPBACK | FILTER_FLAG_OUTBOUND_PASS_THRU}}},
     1,
     false},
    {"flag clear",
     {{FIELD_FLAGS, MATCH_FLAGS_NONE_SET, {FILTER_FLAG_OUTBOUND_PASS_THRU}}},
     1,
     true},
    {"one of two flags clear",
     {{FIELD_FLAGS,
       MATCH_FLAGS_NONE_SET,
       {FILTER_FLAG_OUTBOUND_PASS_THRU | FILTER_FLAG_INBOUND_PASS_THRU}}},
     1,
     false},
};

static void test_a_filter_matches_when_each_field_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct filter filter = {.layer = to_dns.layer, .condition_count = rows[i].count};
        for (size_t at = 0; at < rows[i].count; at++)
            filter.conditions[at] = rows[i].conditions[at];
        if (filter_matches(&filter, &to_dns) != rows[i].matches)
            fail_msg("%s", rows[i].name);
        filter.layer = LAYER_ACCEPT_V4;
        assert_false(filter_matches(&filter, &to_dns));
    }
}

static const struct filter block = {LAYER_CONNECT_V4, ACTION_BLOCK, 3, 0, {{0}}};
static const struct filter permit_above = {LAYER_CONNECT_V4, ACTION_PERMIT, 4, 0, {{0}}};
static const struct filter permit_below = {LAYER_CONNECT_V4, ACTION_PERMIT, 2, 0, {{0}}};
static const struct filter permit_elsewhere = {
    LAYER_CONNECT_V4, ACTION_PERMIT, 5, 1, {{.field = FIELD_REMOTE_PORT, .value = 54}}};

static void test_the_highest_weight_that_matches_decides(void **state)
{
    const struct sublayer blocks = {3, {&permit_below, &block, &permit_elsewhere}};
    const struct sublayer permits = {3, {&permit_below, &block, &permit_above}};
    const struct sublayer none = {1, {&permit_elsewhere}};
    (void)state;
    assert_ptr_equal(sublayer_decide(&blocks, &to_dns), &block);
    assert_false(sublayer_passes(&blocks, &to_dns));
    assert_ptr_equal(sublayer_decide(&permits, &to_dns), &permit_above);
    assert_true(sublayer_passes(&permits, &to_dns));
    assert_null(sublayer_decide(&none, &to_dns));
    assert_true(sublayer_passes(&none, &to_dns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_matches_when_each_field_does),
        cmocka_unit_test(test_the_highest_weight_that_matches_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
