/* SPDX-License-Identifier: MIT */
/* fwpuclnt.dll: sessions, transactions, objects; and the verdicts about packets. */
#include "filters.h"

enum { CLEAR_ACTION_RIGHT = 8 };

/* ---- objects and their errors ---- */

static void test_objects_are_known_apart_by_key(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0);
    FWPM_SUBLAYER0 *sublayer;
    assert_int_equal(add_sublayer(engine, &high, 0x9000), 0);
    assert_fwp(add_sublayer(engine, &high, 0x9000), FWP_E_ALREADY_EXISTS);
    assert_int_equal(FwpmSubLayerGetByKey0(engine, &high, &sublayer), 0);
    assert_int_equal(sublayer->weight, 0x9000);
    FwpmFreeMemory0((void **)&sublayer);
    assert_null(sublayer);
    assert_fwp(FwpmSubLayerGetByKey0(engine, &low, &sublayer), FWP_E_SUBLAYER_NOT_FOUND);
    assert_fwp(FwpmSubLayerDeleteByKey0(engine, &low), FWP_E_SUBLAYER_NOT_FOUND);
    assert_int_equal(add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 53), 0);
    assert_fwp(FwpmSubLayerDeleteByKey0(engine, &high), FWP_E_IN_USE);
    assert_int_equal(FwpmEngineClose0(engine), 0);
    assert_int_equal(FwpmEngineClose0(engine), ERROR_INVALID_HANDLE);
}

static void test_bad_filters_are_refused(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FWPM_FILTER_CONDITION0 port = to_port(53);
    FWPM_FILTER0 filter = a_filter(&high, FWP_ACTION_BLOCK, -1, &port, 1);
    assert_fwp(add(engine, &filter), FWP_E_SUBLAYER_NOT_FOUND);
    assert_int_equal(add_sublayer(engine, &high, 1), 0);
    const FWPM_FILTER0 good = filter;
    filter.displayData.name = NULL;
    assert_fwp(add(engine, &filter), FWP_E_NULL_DISPLAY_NAME);
    filter = good;
    filter.layerKey = high;
    assert_fwp(add(engine, &filter), FWP_E_LAYER_NOT_FOUND);
    filter = good;
    filter.weight = (FWP_VALUE0){.type = FWP_UINT8, .uint8 = 16};
    assert_fwp(add(engine, &filter), FWP_E_INVALID_WEIGHT);
    filter = good;
    filter.action.type = FWP_ACTION_NONE;
    assert_fwp(add(engine, &filter), FWP_E_INVALID_ACTION_TYPE);
    filter = good;
    filter.flags = 1;
    assert_fwp(add(engine, &filter), FWP_E_LIFETIME_MISMATCH);
    port.fieldKey = high;
    assert_fwp(add(engine, &good), FWP_E_CONDITION_NOT_FOUND);
    port = to_port(53);
    port.conditionValue.type = FWP_UINT32;
    assert_fwp(add(engine, &good), FWP_E_TYPE_MISMATCH);
    port = to_port(53);
    port.matchType = FWP_MATCH_FLAGS_ALL_SET;
    assert_fwp(add(engine, &good), FWP_E_MATCH_TYPE_MISMATCH);
    assert_int_equal(filter_count(), 0);
    port = to_port(53);
    assert_int_equal(add(engine, &good), 0);
    assert_int_equal(filter_count(), 1);
    FwpmEngineClose0(engine);
}

static void test_filters_are_listed_whole(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC), list;
    UINT64 luid = 0x0006000002000000u;
    FWP_BYTE_BLOB program = {.size = 6, .data = (UINT8 *)L"ab"};
    FWPM_FILTER_CONDITION0 conditions[] = {
        to_port(53),
        {interface_field, FWP_MATCH_EQUAL, {.type = FWP_UINT64, .uint64 = &luid}},
        {app_id_field, FWP_MATCH_EQUAL, {.type = FWP_BYTE_BLOB_TYPE, .byteBlob = &program}},
        {flags_field, FWP_MATCH_FLAGS_NONE_SET, {.type = FWP_UINT32, .uint32 = 1}},
    };
    FWPM_FILTER0 **entries, filter;
    FWPM_FILTER_ENUM_TEMPLATE0 template = {.layerKey = connect_v6, .actionMask = 0xFFFFFFFF};
    UINT32 count;
    UINT64 id;
    add_sublayer(engine, &high, 0x9000);
    filter = a_filter(&high, FWP_ACTION_PERMIT, 14, conditions, 4);
    filter.layerKey = connect_v6;
    assert_int_equal(FwpmFilterAdd0(engine, &filter, NULL, &id), 0);
    assert_int_equal(FwpmFilterCreateEnumHandle0(engine, &template, &list), 0);
    assert_int_equal(FwpmFilterEnum0(engine, list, 10, &entries, &count), 0);
    assert_int_equal(count, 1);
    const FWPM_FILTER0 *found = entries[0];
    assert_int_equal(found->filterId, id);
    assert_int_equal(found->action.type, FWP_ACTION_PERMIT);
    assert_int_equal(found->weight.uint8, 14);
    assert_int_equal(*found->effectiveWeight.uint64 >> 60, 14);
    assert_int_equal(found->numFilterConditions, 4);
    assert_int_equal(found->filterCondition[0].conditionValue.uint16, 53);
    assert_int_equal(*found->filterCondition[1].conditionValue.uint64, luid);
    assert_int_equal(found->filterCondition[2].conditionValue.byteBlob->size, 6);
    assert_memory_equal(found->filterCondition[2].conditionValue.byteBlob->data, L"ab", 6);
    assert_int_equal(found->filterCondition[3].matchType, FWP_MATCH_FLAGS_NONE_SET);
    FwpmFreeMemory0((void **)&entries);
    assert_int_equal(FwpmFilterEnum0(engine, list, 10, &entries, &count), 0);
    assert_int_equal(count, 0);
    FwpmFreeMemory0((void **)&entries);
    assert_int_equal(FwpmFilterDestroyEnumHandle0(engine, list), 0);
    assert_int_equal(FwpmFilterDeleteById0(engine, id), 0);
    assert_fwp(FwpmFilterDeleteById0(engine, id), FWP_E_FILTER_NOT_FOUND);
    FwpmEngineClose0(engine);
}

static void test_program_is_named_as_windows_does(void **state)
{
    (void)state;
    FWP_BYTE_BLOB *id = NULL;
    assert_int_equal(FwpmGetAppIdFromFileName0(L"C:\\windows\\System32\\Kernel32.dll", &id), 0);
    assert_int_equal(wcscmp((wchar_t *)(void *)id->data,
                            L"\\device\\harddiskvolume3\\windows\\system32\\kernel32.dll"),
                     0);
    assert_int_equal(id->size, 2 * wcslen((wchar_t *)(void *)id->data) + 2);
    FwpmFreeMemory0((void **)&id);
    assert_int_equal(FwpmGetAppIdFromFileName0(L"C:\\windows\\no such", &id), ERROR_FILE_NOT_FOUND);
}

/* ---- lifetimes and transactions ---- */

static void test_dynamic_filters_go_with_their_handle(void **state)
{
    (void)state;
    HANDLE dynamic = open_engine(FWPM_SESSION_FLAG_DYNAMIC), plain = open_engine(0);
    add_sublayer(plain, &high, 0x9000);
    assert_int_equal(add_simple(dynamic, &high, FWP_ACTION_BLOCK, 1, 53), 0);
    assert_int_equal(add_simple(plain, &high, FWP_ACTION_BLOCK, 1, 54), 0);
    assert_int_equal(filter_count(), 2);
    FwpmEngineClose0(dynamic);
    FwpmEngineClose0(plain);
    assert_int_equal(filter_count(), 1);
}

static void test_dynamic_filters_go_with_their_process(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(start_child("add-filters")), 77);
    assert_int_equal(filter_count(), 0);
    assert_verdict(DNS_V4, "permit", false);
}

static void test_transaction_appears_whole_or_not_at_all(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC), other = open_engine(0);
    assert_fwp(FwpmTransactionCommit0(engine), FWP_E_NO_TXN_IN_PROGRESS);
    assert_int_equal(FwpmTransactionBegin0(engine, 0), 0);
    assert_fwp(FwpmTransactionBegin0(engine, 0), FWP_E_TXN_IN_PROGRESS);
    add_sublayer(engine, &high, 0x9000);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 53);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 54);
    assert_int_equal(filter_count(), 0);
    assert_fwp(add_sublayer(other, &low, 1), FWP_E_TIMEOUT);
    assert_int_equal(FwpmTransactionAbort0(engine), 0);
    assert_int_equal(filter_count(), 0);
    FwpmTransactionBegin0(engine, 0);
    add_sublayer(engine, &high, 0x9000);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 53);
    assert_int_equal(FwpmTransactionCommit0(engine), 0);
    assert_int_equal(filter_count(), 1);
    FwpmTransactionBegin0(engine, 0);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 54);
    FwpmEngineClose0(engine);
    assert_int_equal(filter_count(), 0);
    assert_int_equal(add_sublayer(other, &low, 1), 0);
    FwpmEngineClose0(other);
}

static void test_transaction_of_a_killed_process_leaves_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        const char *call;
        unsigned nth;
    } rows[] = {{"die", "FwpmFilterAdd0", 2},
                {"die_after", "FwpmFilterAdd0", 2},
                {"die", "FwpmTransactionCommit0", 1},
                {"die", "Commit", 1},
                {"die_after", "Commit", 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask_ok("{'do':'reset'}");
        ask_ok("{'do':'fault','call':'%s','nth':%u,'action':'%s'}", rows[i].call, rows[i].nth,
               rows[i].action);
        assert_int_equal(end_of_child(start_child("add-filters")), 0xFA170000);
        assert_int_equal(filter_count(), 0);
        HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC); /* the lock is free again */
        FwpmEngineClose0(engine);
    }
}

static void test_other_sessions_dynamic_objects_are_theirs(void **state)
{
    (void)state;
    HANDLE mine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    HANDLE theirs = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    add_sublayer(theirs, &high, 0x9000);
    assert_fwp(FwpmSubLayerDeleteByKey0(mine, &high), FWP_E_WRONG_SESSION);
    assert_fwp(add_simple(mine, &high, FWP_ACTION_BLOCK, 1, 53), FWP_E_LIFETIME_MISMATCH);
    FwpmEngineClose0(mine);
    FwpmEngineClose0(theirs);
}

static void test_calls_are_recorded_and_can_fail(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    add_sublayer(engine, &high, 0x9000);
    ask_ok("{'do':'fault','call':'FwpmFilterAdd0','action':'fail','code':5}");
    assert_int_equal(add_simple(engine, &high, FWP_ACTION_BLOCK, 15, 53), 5);
    assert_int_equal(filter_count(), 0);
    cJSON *line = last_record("FwpmFilterAdd0");
    assert_string_equal(record_text(line, "action"), "block");
    assert_string_equal(record_text(line, "layer"), "ALE_AUTH_CONNECT_V4");
    assert_string_equal(record_text(line, "weight"), "range 15");
    const cJSON *conditions = cJSON_GetObjectItem(line, "conditions");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(conditions, 0)),
                        "IP_REMOTE_PORT equal 53");
    cJSON_Delete(line);
    FwpmEngineClose0(engine);
}

/* ---- verdicts ---- */

static void test_without_a_filter_a_packet_passes(void **state)
{
    (void)state;
    assert_verdict(WEB_V4, "permit", false);
    assert_verdict("'interface':5,'remote_address':'9.9.9.9','remote_port':25", "block", true);
    assert_verdict("'interface':5,'remote_address':'2001:db8::9','remote_port':25", "permit",
                   false);
    assert_verdict("'direction':'in','interface':5,'remote_address':'9.9.9.9','remote_port':25",
                   "permit", false);
}

static void test_higher_range_decides_in_a_sublayer(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    add_sublayer(engine, &high, 0x9000);
    add_simple(engine, &high, FWP_ACTION_BLOCK, -1, 53);
    add_simple(engine, &high, FWP_ACTION_PERMIT, 14, 0);
    assert_verdict(DNS_V4, "permit", true);
    add_simple(engine, &high, FWP_ACTION_BLOCK, 15, 0);
    assert_verdict(DNS_V4, "block", true);
    FwpmEngineClose0(engine);
}

static void test_more_specific_filter_weighs_more_by_itself(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    add_sublayer(engine, &high, 0x9000);
    add_simple(engine, &high, FWP_ACTION_BLOCK, -1, 0);
    add_simple(engine, &high, FWP_ACTION_PERMIT, -1, 53);
    assert_verdict(DNS_V4, "permit", true);
    assert_verdict(WEB_V4, "block", true);
    FwpmEngineClose0(engine);
}

static void test_block_of_any_sublayer_overrides_a_permit(void **state)
{
    (void)state;
    static const struct {
        const GUID *permits, *blocks;
    } rows[] = {{&high, &low}, {&low, &high}};
    for (size_t i = 0; i < 2; i++) {
        HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
        add_sublayer(engine, &high, 0x9000);
        add_sublayer(engine, &low, 0x10);
        add_simple(engine, rows[i].permits, FWP_ACTION_PERMIT, 15, 53);
        add_simple(engine, rows[i].blocks, FWP_ACTION_BLOCK, 0, 53);
        assert_verdict(DNS_V4, "block", true);
        FwpmEngineClose0(engine);
    }
}

static void test_hard_permit_stands_against_blocks_below_it_only(void **state)
{
    (void)state;
    static const struct {
        const GUID *permits, *blocks;
        const char *verdict;
    } rows[] = {{&high, &low, "permit"}, {&low, &high, "block"}};
    for (size_t i = 0; i < 2; i++) {
        HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
        FWPM_FILTER_CONDITION0 port = to_port(53);
        FWPM_FILTER0 permit = a_filter(rows[i].permits, FWP_ACTION_PERMIT, 15, &port, 1);
        permit.flags = CLEAR_ACTION_RIGHT;
        add_sublayer(engine, &high, 0x9000);
        add_sublayer(engine, &low, 0x10);
        assert_int_equal(add(engine, &permit), 0);
        add_simple(engine, rows[i].blocks, FWP_ACTION_BLOCK, 0, 53);
        assert_verdict(DNS_V4, rows[i].verdict, true);
        FwpmEngineClose0(engine);
    }
}

static void test_conditions_on_one_field_are_alternatives(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FWP_V4_ADDR_AND_MASK net = {0x09090000, 0xFFFF0000};
    FWPM_FILTER_CONDITION0 conditions[] = {
        to_port(53),
        to_port(54),
        {remote_address, FWP_MATCH_EQUAL, {.type = FWP_V4_ADDR_MASK, .v4AddrMask = &net}},
    };
    FWPM_FILTER0 filter = a_filter(&high, FWP_ACTION_BLOCK, -1, conditions, 3);
    add_sublayer(engine, &high, 0x9000);
    assert_int_equal(add(engine, &filter), 0);
    assert_verdict(DNS_V4, "block", true);
    assert_verdict("'interface':5,'remote_address':'9.9.1.1','remote_port':54", "block", true);
    assert_verdict("'interface':5,'remote_address':'9.8.1.1','remote_port':54", "permit", false);
    assert_verdict(WEB_V4, "permit", false);
    FwpmEngineClose0(engine);
}

static void test_program_interface_and_loopback_are_told_apart(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FWP_BYTE_BLOB *program = NULL;
    UINT64 luid = 0x0006000002000000u;
    assert_int_equal(FwpmGetAppIdFromFileName0(L"C:\\windows\\system32\\kernel32.dll", &program),
                     0);
    FWPM_FILTER_CONDITION0 conditions[] = {
        {app_id_field, FWP_MATCH_EQUAL, {.type = FWP_BYTE_BLOB_TYPE, .byteBlob = program}},
        {interface_field, FWP_MATCH_EQUAL, {.type = FWP_UINT64, .uint64 = &luid}},
        {flags_field, FWP_MATCH_FLAGS_NONE_SET, {.type = FWP_UINT32, .uint32 = 1}},
    };
    add_sublayer(engine, &high, 0x9000);
    for (UINT32 i = 0; i < 3; i++) {
        FWPM_FILTER0 filter = a_filter(&high, i == 2 ? FWP_ACTION_BLOCK : FWP_ACTION_PERMIT,
                                       i == 2 ? -1 : 14, &conditions[i], 1);
        assert_int_equal(add(engine, &filter), 0);
    }
    assert_verdict(WEB_V4, "block", true);
    assert_verdict(WEB_V4 ",'program':'C:\\\\Windows\\\\System32\\\\KERNEL32.DLL'", "permit", true);
    assert_verdict("'interface':2,'remote_address':'9.9.9.9'", "permit", true);
    assert_verdict("'interface':1,'remote_address':'127.0.0.1'", "permit", false);
    assert_verdict(WEB_V4 ",'loopback':true", "permit", false);
    FwpmFreeMemory0((void **)&program);
    FwpmEngineClose0(engine);
}

/* A child that is killed or ends without closing its handle. */
int add_filters_and_end(void)
{
    HANDLE plain = open_engine(0), dynamic = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    FwpmTransactionBegin0(dynamic, 0);
    add_sublayer(dynamic, &high, 0x9000);
    add_simple(dynamic, &high, FWP_ACTION_BLOCK, 1, 53);
    add_simple(dynamic, &high, FWP_ACTION_BLOCK, 1, 54);
    FwpmTransactionCommit0(dynamic);
    (void)plain;
    return filter_count() == 2 ? 77 : 1;
}

const struct CMUnitTest firewall_tests[] = {
    TEST(test_objects_are_known_apart_by_key),
    TEST(test_bad_filters_are_refused),
    TEST(test_filters_are_listed_whole),
    TEST(test_program_is_named_as_windows_does),
    TEST(test_dynamic_filters_go_with_their_handle),
    TEST(test_dynamic_filters_go_with_their_process),
    TEST(test_transaction_appears_whole_or_not_at_all),
    TEST(test_transaction_of_a_killed_process_leaves_nothing),
    TEST(test_other_sessions_dynamic_objects_are_theirs),
    TEST(test_calls_are_recorded_and_can_fail),
    TEST(test_without_a_filter_a_packet_passes),
    TEST(test_higher_range_decides_in_a_sublayer),
    TEST(test_more_specific_filter_weighs_more_by_itself),
    TEST(test_block_of_any_sublayer_overrides_a_permit),
    TEST(test_hard_permit_stands_against_blocks_below_it_only),
    TEST(test_conditions_on_one_field_are_alternatives),
    TEST(test_program_interface_and_loopback_are_told_apart),
};
const size_t firewall_test_count = sizeof(firewall_tests) / sizeof(firewall_tests[0]);
