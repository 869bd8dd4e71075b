/* SPDX-License-Identifier: MIT */
/* The kill switch's plan as filters of Windows: the packets of
 * tests/golden/kill-switch-verdicts.txt have the same verdicts by the fake engine as by the native
 * judge (tests/unit/judge.h), which shares no code with it. */
#include "filters.h"

#include "names.h"
#include "tests/unit/kill_switch_rows.h"

#include <stdio.h>
#include <string.h>

#define TAP_LUID 0x0006000002000000u
enum { SECOND_TUNNEL = 20 }; /* interfaces that the tests add */
#define SECOND_LUID ((uint64_t)6 << 48 | (uint64_t)(0x1000 + SECOND_TUNNEL) << 24)

/* ---- filters ---- */

static const enum wfp_layer layers[LAYER_COUNT] = {
    [LAYER_CONNECT_V4] = WFP_CONNECT_V4, [LAYER_CONNECT_V6] = WFP_CONNECT_V6,
    [LAYER_ACCEPT_V4] = WFP_ACCEPT_V4,   [LAYER_ACCEPT_V6] = WFP_ACCEPT_V6,
    [LAYER_FORWARD_V4] = WFP_FORWARD_V4, [LAYER_FORWARD_V6] = WFP_FORWARD_V6,
};

static const struct {
    enum wfp_field field;
    FWP_DATA_TYPE type;
} fields[FIELD_COUNT] = {
    [FIELD_PROGRAM] = {WFP_ALE_APP_ID, FWP_BYTE_BLOB_TYPE},
    [FIELD_REMOTE_PORT] = {WFP_IP_REMOTE_PORT, FWP_UINT16},
    [FIELD_LOCAL_INTERFACE] = {WFP_IP_LOCAL_INTERFACE, FWP_UINT64},
    [FIELD_FLAGS] = {WFP_FLAGS, FWP_UINT32},
    [FIELD_PROTOCOL] = {WFP_IP_PROTOCOL, FWP_UINT8},
    [FIELD_LOCAL_PORT] = {WFP_IP_LOCAL_PORT, FWP_UINT16},
    [FIELD_LOCAL_ADDRESS] = {WFP_IP_LOCAL_ADDRESS, FWP_EMPTY},
    [FIELD_REMOTE_ADDRESS] = {WFP_IP_REMOTE_ADDRESS, FWP_EMPTY},
    [FIELD_FORWARD_INTERFACE] = {WFP_IP_FORWARD_INTERFACE, FWP_UINT64},
};

static const FWP_MATCH_TYPE matches[] = {
    [MATCH_EQUAL] = FWP_MATCH_EQUAL,
    [MATCH_FLAGS_ALL_SET] = FWP_MATCH_FLAGS_ALL_SET,
    [MATCH_FLAGS_NONE_SET] = FWP_MATCH_FLAGS_NONE_SET,
};

static const UINT32 lifetimes[FILTER_LIFETIMES] = {
    [FILTER_STATIC] = 0, [FILTER_PERSISTENT] = PERSISTENT, [FILTER_BOOT] = FOR_BOOT};

/* What the value of a condition points to. */
union place {
    UINT64 number;
    FWP_V4_ADDR_AND_MASK v4;
    FWP_V6_ADDR_AND_MASK v6;
};

static FWP_CONDITION_VALUE0 value_of_range(const struct ip_range *range, union place *place)
{
    const uint8_t *b = range->ip.bytes;
    if (range->ip.family == FAMILY_IPV4) {
        place->v4.addr = (UINT32)b[0] << 24 | (UINT32)b[1] << 16 | (UINT32)b[2] << 8 | b[3];
        place->v4.mask = range->length ? 0xFFFFFFFFu << (32 - range->length) : 0;
        return (FWP_CONDITION_VALUE0){.type = FWP_V4_ADDR_MASK, .v4AddrMask = &place->v4};
    }
    memcpy(place->v6.addr, b, 16);
    place->v6.prefixLength = (UINT8)range->length;
    return (FWP_CONDITION_VALUE0){.type = FWP_V6_ADDR_MASK, .v6AddrMask = &place->v6};
}

static FWP_CONDITION_VALUE0 value_of(const struct filter_condition *condition, union place *place,
                                     FWP_BYTE_BLOB *const programs[])
{
    FWP_CONDITION_VALUE0 value = {.type = fields[condition->field].type};
    switch (value.type) {
    case FWP_BYTE_BLOB_TYPE:
        value.byteBlob = programs[condition->value];
        return value;
    case FWP_UINT8:
        value.uint8 = (UINT8)condition->value;
        return value;
    case FWP_UINT16:
        value.uint16 = (UINT16)condition->value;
        return value;
    case FWP_UINT32:
        value.uint32 = (UINT32)condition->value;
        return value;
    case FWP_UINT64:
        place->number = condition->value;
        value.uint64 = &place->number;
        return value;
    default:
        return value_of_range(&condition->range, place);
    }
}

static void add_planned(HANDLE engine, const struct kill_switch_filter *planned,
                        FWP_BYTE_BLOB *const programs[])
{
    const struct filter *filter = &planned->filter;
    FWPM_FILTER_CONDITION0 conditions[FILTER_CONDITIONS];
    union place places[FILTER_CONDITIONS];
    for (size_t i = 0; i < filter->condition_count; i++)
        conditions[i] = (FWPM_FILTER_CONDITION0){
            .fieldKey = wfp_field_keys[fields[filter->conditions[i].field].field],
            .matchType = matches[filter->conditions[i].match],
            .conditionValue = value_of(&filter->conditions[i], &places[i], programs),
        };
    FWPM_FILTER0 row =
        a_filter(&high, filter->action == ACTION_BLOCK ? FWP_ACTION_BLOCK : FWP_ACTION_PERMIT,
                 filter->weight, conditions, (UINT32)filter->condition_count);
    row.layerKey = wfp_layer_keys[layers[filter->layer]];
    row.flags = lifetimes[planned->lifetime];
    row.providerKey = (GUID *)&ours;
    assert_int_equal(add(engine, &row), 0);
}

/* ---- programs and interfaces ---- */

static wchar_t openvpn[MAX_PATH]; /* any program that exists */

static const struct {
    const char *name;
    const wchar_t *path;
} programs_of_rows[] = {
    {"svchost", L"C:\\windows\\system32\\svchost.exe"},
    {"openvpn-of-user", L"C:\\users\\u\\fake_selftest.exe"},
    {"browser", L"C:\\Program Files\\Browser\\browser.exe"},
    {"system", L"C:\\windows\\system32\\ntoskrnl.exe"},
    {"openvpnserv", L"C:\\Program Files\\OpenVPN\\bin\\openvpnserv.exe"},
    {"gatehouse", L"C:\\Program Files\\Gatehouse\\gatehouse.exe"},
};

static const wchar_t *program_of_row(const char *name)
{
    static wchar_t upper[MAX_PATH];
    if (strcmp(name, "openvpn") == 0)
        return openvpn;
    if (strcmp(name, "OPENVPN") == 0)
        return _wcsupr(wcscpy(upper, openvpn));
    for (size_t i = 0; i < ARRAYSIZE(programs_of_rows); i++)
        if (strcmp(programs_of_rows[i].name, name) == 0)
            return programs_of_rows[i].path;
    fail_msg("\"%s\" is not known", name);
    return NULL;
}

static const struct {
    const char *name;
    unsigned index;
    bool is_new;
} interfaces_of_rows[] = {
    {"LO", 1, false},   {"E", 5, false},    {"TUN", 2, false},
    {"W", 9, false},    {"H", 7, false},    {"TUN2", SECOND_TUNNEL, true},
    {"TUN3", 21, true}, {"GONE", 22, true},
};

static unsigned interface_of_row(const char *name)
{
    for (size_t i = 0; i < ARRAYSIZE(interfaces_of_rows); i++)
        if (strcmp(interfaces_of_rows[i].name, name) == 0)
            return interfaces_of_rows[i].index;
    fail_msg("\"%s\" is not known", name);
    return 0;
}

static void add_interfaces(void)
{
    for (size_t i = 0; i < ARRAYSIZE(interfaces_of_rows); i++)
        if (interfaces_of_rows[i].is_new)
            ask_ok("{'do':'edit','kind':'interface','action':'add',"
                   "'row':{'index':%u,'alias':'%s','type':6}}",
                   interfaces_of_rows[i].index, interfaces_of_rows[i].name);
}

/* ---- columns ---- */

static void add_plan(HANDLE engine, enum column column)
{
    static struct kill_switch_plan plan;
    struct kill_switch_policy policy = policy_of(column);
    FWP_BYTE_BLOB *programs[2];
    for (size_t i = 0; i < policy.tunnel_count; i++)
        policy.tunnels[i] = policy.tunnels[i] == TUNNEL_LUID ? TAP_LUID : SECOND_LUID;
    kill_switch_plan_make(&policy, &plan);
    assert_int_equal(FwpmGetAppIdFromFileName0(openvpn, &programs[PROGRAM_OPENVPN]), 0);
    assert_int_equal(
        FwpmGetAppIdFromFileName0(program_of_row("svchost"), &programs[PROGRAM_SVCHOST]), 0);
    for (size_t i = 0; i < plan.count; i++)
        add_planned(engine, &plan.filters[i], programs);
    for (size_t i = 0; i < ARRAYSIZE(programs); i++)
        FwpmFreeMemory0((void **)&programs[i]);
}

static void enter_column(enum column column)
{
    ask_ok("{'do':'reset'}");
    add_interfaces();
    GetModuleFileNameW(NULL, openvpn, MAX_PATH);
    if (column == OFF)
        return;
    HANDLE engine = open_engine(0);
    assert_int_equal(FwpmTransactionBegin0(engine, 0), 0);
    assert_int_equal(add_provider(engine, &ours, PERSISTENT), 0);
    assert_int_equal(add_sublayer_of(engine, &high, &ours, PERSISTENT), 0);
    add_plan(engine, column);
    assert_int_equal(FwpmTransactionCommit0(engine), 0);
    FwpmEngineClose0(engine);
    if (column == BOOT)
        ask_ok("{'do':'reboot','without_bfe':true}");
}

/* ---- rows ---- */

static void print_program(const struct verdicts *row, char *text, size_t size)
{
    const wchar_t *path = program_of_row(row->program);
    size_t length = (size_t)snprintf(text, size, ",'program':'");
    for (; *path && length + 4 < size; path++) {
        if (*path == L'\\')
            text[length++] = '\\';
        text[length++] = (char)*path;
    }
    snprintf(text + length, size - length, "'");
}

/* What only some packets have. */
static void print_rest(const struct verdicts *row, char *text, size_t size)
{
    const uint8_t protocol = protocol_of_row(row);
    if (strcmp(row->way, "fwd") == 0) {
        snprintf(text, size, ",'departure':%u,'outbound_pass_thru':%s",
                 interface_of_row(row->departure),
                 strcmp(row->flags, "outbound-pass-thru") == 0 ? "true" : "false");
        return;
    }
    const bool is_icmp = protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
    const char *names[] = {is_icmp ? "icmp_type" : "local_port",
                           is_icmp ? "icmp_code" : "remote_port"};
    const size_t length = (size_t)snprintf(text, size, ",'%s':%u,'%s':%u", names[0],
                                           row->local_port, names[1], row->remote_port);
    print_program(row, text + length, size - length);
}

static bool row_passes(const struct verdicts *row, enum column column)
{
    char rest[1024];
    (void)column;
    print_rest(row, rest, sizeof(rest));
    cJSON *answer =
        ask("{'do':'verdict','direction':'%s','interface':%u,'protocol':%u,"
            "'local_address':'%s','remote_address':'%s'%s}",
            strcmp(row->way, "fwd") == 0 ? "forward" : row->way, interface_of_row(row->arrival),
            protocol_of_row(row), row->local, row->remote, rest);
    const char *action = record_text(answer, "action");
    if (!*action)
        fail_msg("row %u: %s", row->number, record_text(answer, "error"));
    const bool passes = strcmp(action, "permit") == 0;
    cJSON_Delete(answer);
    return passes;
}

static void test_each_packet_has_the_verdict_of_its_row(void **state)
{
    (void)state;
    for (enum column column = OFF; column < COLUMNS; column++) {
        enter_column(column);
        check_verdict_rows("kill-switch-verdicts.txt", column, column, row_passes);
    }
}

static void test_connections_of_before_are_cut_but_for_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *name, *packet, *after;
    } flows[] = {
        {"download", "'interface':5,'remote_address':'93.184.216.34','protocol':6", "block"},
        {"management", "'interface':1,'remote_address':'127.0.0.1','protocol':6", "permit"},
        {"tunnel", "'interface':2,'remote_address':'93.184.216.34','protocol':6", "permit"},
    };
    enter_column(OFF);
    for (size_t i = 0; i < ARRAYSIZE(flows); i++)
        cJSON_Delete(ask("{'do':'flow','name':'%s',%s}", flows[i].name, flows[i].packet));
    HANDLE engine = open_engine(0);
    assert_int_equal(add_provider(engine, &ours, PERSISTENT), 0);
    assert_int_equal(add_sublayer_of(engine, &high, &ours, PERSISTENT), 0);
    add_plan(engine, CONNECTED);
    FwpmEngineClose0(engine);
    for (size_t i = 0; i < ARRAYSIZE(flows); i++) {
        cJSON *answer = ask("{'do':'flow','name':'%s'}", flows[i].name);
        assert_string_equal(record_text(answer, "action"), flows[i].after);
        cJSON_Delete(answer);
    }
}

const struct CMUnitTest kill_switch_tests[] = {
    TEST(test_each_packet_has_the_verdict_of_its_row),
    TEST(test_connections_of_before_are_cut_but_for_loopback),
};
const size_t kill_switch_test_count = ARRAYSIZE(kill_switch_tests);
