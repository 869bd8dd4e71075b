/* SPDX-License-Identifier: MIT */
/* Verdicts about all kinds of packets, and flows. */
#include "filters.h"

#include <string.h>

#define ICMP6 "'interface':5,'remote_address':'fe80::1','local_address':'fe80::20'"

/* A filter of the highest weight in a sublayer of its own, until the engine is closed. */
static HANDLE block_where(const GUID *layer, FWPM_FILTER_CONDITION0 *conditions, UINT32 count)
{
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FWPM_FILTER0 filter = a_filter(&high, FWP_ACTION_BLOCK, 15, conditions, count);
    filter.layerKey = *layer;
    assert_int_equal(add_sublayer(engine, &high, 0x9000), 0);
    assert_int_equal(add(engine, &filter), 0);
    return engine;
}

static void test_ports_of_icmp_are_its_type_and_code(void **state)
{
    (void)state;
    FWPM_FILTER_CONDITION0 conditions[] = {
        {protocol_field, FWP_MATCH_EQUAL, {.type = FWP_UINT8, .uint8 = 58}},
        {local_port, FWP_MATCH_EQUAL, {.type = FWP_UINT16, .uint16 = 135}},
        to_port(0),
    };
    HANDLE engine = block_where(&accept_v6, conditions, 3);
    assert_verdict("'direction':'in'," ICMP6 ",'icmp_type':135", "block", true);
    assert_verdict("'direction':'in'," ICMP6 ",'icmp_type':135,'icmp_code':1", "permit", false);
    assert_verdict("'direction':'in'," ICMP6 ",'icmp_type':134", "permit", false);
    assert_verdict("'direction':'in'," ICMP6 ",'local_port':135", "permit", false);
    assert_verdict(ICMP6 ",'icmp_type':135", "permit", false);
    FwpmEngineClose0(engine);
}

/* A port filter without a protocol matches types and codes of ICMP, too. */
static void test_code_of_icmp_can_be_taken_for_a_port(void **state)
{
    (void)state;
    FWPM_FILTER_CONDITION0 port = to_port(53);
    HANDLE engine = block_where(&connect_v4, &port, 1);
    assert_verdict("'interface':5,'remote_address':'9.9.9.9','icmp_type':8,'icmp_code':53", "block",
                   true);
    FwpmEngineClose0(engine);
}

static void test_what_is_no_packet_has_no_verdict(void **state)
{
    static const char *const packets[] = {
        "'interface':99,'remote_address':'9.9.9.9'",
        "'interface':5",
        "'interface':5,'remote_address':'9.9.9.9','direction':'up'",
        "'interface':5,'remote_address':'9.9.9.9','local_address':'fe80::20'",
        "'interface':5,'remote_address':'9.9.9.9','protocol':1",
        "'interface':5,'remote_address':'9.9.9.9','icmp_type':8,'remote_port':53",
        "'interface':5,'remote_address':'9.9.9.9','icmp_type':8,'protocol':58",
        "'interface':5,'remote_address':'9.9.9.9','icmp_code':1",
        "'interface':5,'remote_address':'9.9.9.9','departure':7",
        "'direction':'forward','interface':5,'remote_address':'9.9.9.9','departure':7",
        "'direction':'forward','interface':5,'remote_address':'9.9.9.9',"
        "'local_address':'10.1.1.1'",
    };
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(packets); i++)
        assert_no_verdict(packets[i], "bad packet");
}

#define FORWARD                                                                                    \
    "'direction':'forward','interface':7,'departure':5,'local_address':'192.168.137.5',"           \
    "'remote_address':'9.9.9.9'"

static void test_forwarded_packets_have_two_interfaces(void **state)
{
    (void)state;
    UINT64 ethernet = 0x0006000005000000u;
    FWPM_FILTER_CONDITION0 conditions[] = {
        {departure_field, FWP_MATCH_EQUAL, {.type = FWP_UINT64, .uint64 = &ethernet}},
        {flags_field,
         FWP_MATCH_FLAGS_NONE_SET,
         {.type = FWP_UINT32,
          .uint32 =
              FWP_CONDITION_FLAG_IS_OUTBOUND_PASS_THRU | FWP_CONDITION_FLAG_IS_INBOUND_PASS_THRU}},
    };
    assert_verdict(FORWARD, "permit", false);
    HANDLE engine = block_where(&forward_v4, conditions, 2);
    assert_verdict(FORWARD, "block", true);
    assert_verdict(FORWARD ",'outbound_pass_thru':true", "permit", false);
    assert_verdict(FORWARD ",'inbound_pass_thru':true", "permit", false);
    conditions[0].fieldKey = interface_field;
    FwpmEngineClose0(engine);
    engine = block_where(&forward_v4, conditions, 2);
    assert_verdict(FORWARD, "permit", false);
    FwpmEngineClose0(engine);
}

static void test_what_the_machine_sends_itself_is_loopback(void **state)
{
    (void)state;
    FWPM_FILTER_CONDITION0 loopback = {
        flags_field, FWP_MATCH_FLAGS_ALL_SET, {.type = FWP_UINT32, .uint32 = 1}};
    HANDLE engine = block_where(&connect_v4, &loopback, 1);
    assert_verdict("'interface':1,'remote_address':'127.0.0.1'", "block", true);
    assert_verdict("'interface':5,'remote_address':'192.168.1.20'", "block", true);
    assert_verdict("'interface':5,'remote_address':'192.168.1.21'", "permit", false);
    assert_verdict("'interface':5,'remote_address':'192.168.1.20','loopback':false", "permit",
                   false);
    FwpmEngineClose0(engine);
}

static void test_equally_heavy_filters_that_disagree_give_no_verdict(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    add_sublayer(engine, &high, 0x9000);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 3, 53);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 3, 53);
    assert_verdict(DNS_V4, "block", true);
    add_simple(engine, &high, FWP_ACTION_PERMIT, 3, 53);
    assert_no_verdict(DNS_V4, "tie");
    add_simple(engine, &high, FWP_ACTION_PERMIT, 4, 53);
    assert_verdict(DNS_V4, "permit", true);
    FwpmEngineClose0(engine);
}

/* ---- flows ---- */

static void assert_flow(const char *name, const char *action, bool is_judged_again)
{
    cJSON *answer = ask("{'do':'flow','name':'%s'}", name);
    assert_string_equal(record_text(answer, "action"), action);
    assert_int_equal(record_value(answer, "judged_again"), is_judged_again);
    cJSON_Delete(answer);
}

static void open_flow(const char *name, const char *packet)
{
    cJSON *answer = ask("{'do':'flow','name':'%s',%s}", name, packet);
    assert_string_equal(record_text(answer, "action"), "permit");
    cJSON_Delete(answer);
}

static void test_flow_is_judged_again_after_a_change_at_its_layer(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FWPM_FILTER0 elsewhere = a_filter(&(GUID){0}, FWP_ACTION_BLOCK, 15, NULL, 0);
    elsewhere.layerKey = connect_v6;
    open_flow("download", WEB_V4);
    open_flow("query", DNS_V4);
    assert_flow("download", "permit", false);
    assert_int_equal(add(engine, &elsewhere), 0);
    assert_flow("download", "permit", false);
    assert_int_equal(add_simple(engine, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), 0);
    assert_flow("download", "permit", true);
    assert_flow("download", "permit", false);
    assert_flow("query", "block", true);
    FwpmEngineClose0(engine);
    assert_flow("query", "block", false); /* it has been torn down */
    assert_flow("download", "permit", true);
    ask_ok("{'do':'reboot'}");
    cJSON *answer = ask("{'do':'flow','name':'download'}");
    assert_string_equal(record_text(answer, "error"), "no such flow");
    cJSON_Delete(answer);
}

static void test_flow_that_is_judged_again_has_a_flag(void **state)
{
    (void)state;
    FWPM_FILTER_CONDITION0 again = {
        flags_field,
        FWP_MATCH_FLAGS_ALL_SET,
        {.type = FWP_UINT32, .uint32 = FWP_CONDITION_FLAG_IS_REAUTHORIZE}};
    open_flow("download", WEB_V4);
    HANDLE engine = block_where(&connect_v4, &again, 1);
    assert_verdict(WEB_V4, "permit", false);
    assert_flow("download", "block", true);
    FwpmEngineClose0(engine);
}

const struct CMUnitTest packet_tests[] = {
    TEST(test_ports_of_icmp_are_its_type_and_code),
    TEST(test_code_of_icmp_can_be_taken_for_a_port),
    TEST(test_what_is_no_packet_has_no_verdict),
    TEST(test_forwarded_packets_have_two_interfaces),
    TEST(test_what_the_machine_sends_itself_is_loopback),
    TEST(test_equally_heavy_filters_that_disagree_give_no_verdict),
    TEST(test_flow_is_judged_again_after_a_change_at_its_layer),
    TEST(test_flow_that_is_judged_again_has_a_flag),
};
const size_t packet_test_count = ARRAYSIZE(packet_tests);
