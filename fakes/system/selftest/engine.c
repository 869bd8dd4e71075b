/* SPDX-License-Identifier: MIT */
/* fwpuclnt.dll and BFE: what objects live how long, in which phases filters count, what is refused,
 * and lists. */
#include "filters.h"

#include <stdio.h>
#include <string.h>

enum {
    DISABLED = 0x20,
    PERMIT_IF_CALLOUT_UNREGISTERED = 0x10,
    INCLUDE_BOOTTIME = 0x8,
    INCLUDE_DISABLED = 0x10,
    BOOTTIME_ONLY = 0x4,
    PROVIDER_DISABLED = 0x10
};
#define SERVICE     L"Fakes Self-Test"
#define SERVICE_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE

static const GUID theirs = {0xAAAA0004, 0x52c1, 0x4b0e, {1, 2, 3, 4, 5, 6, 7, 8}};

/* ---- what is refused ---- */

static void test_impossible_flags_are_refused(void **state)
{
    (void)state;
    static const UINT32 flags[] = {PERSISTENT | FOR_BOOT, DISABLED, PERMIT_IF_CALLOUT_UNREGISTERED,
                                   0x80000000};
    HANDLE engine = open_engine(0);
    for (size_t i = 0; i < ARRAYSIZE(flags); i++)
        assert_fwp(add_lasting(engine, &(GUID){0}, NULL, flags[i], 53), FWP_E_INVALID_FLAGS);
    assert_fwp(add_provider(engine, &ours, PROVIDER_DISABLED), FWP_E_INVALID_FLAGS);
    FwpmEngineClose0(engine);
}

static void test_lasting_objects_refer_to_what_lasts_of_the_same_provider(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0);
    assert_int_equal(add_provider(engine, &ours, 0), 0);
    assert_int_equal(add_sublayer(engine, &high, 0x9000), 0);
    for (UINT32 flags = PERSISTENT; flags <= FOR_BOOT; flags++) {
        assert_fwp(add_lasting(engine, &high, NULL, flags, 53), FWP_E_LIFETIME_MISMATCH);
        assert_fwp(add_lasting(engine, &(GUID){0}, &ours, flags, 53), FWP_E_LIFETIME_MISMATCH);
    }
    assert_fwp(add_sublayer_of(engine, &low, &ours, PERSISTENT), FWP_E_LIFETIME_MISMATCH);
    FwpmSubLayerDeleteByKey0(engine, &high);
    FwpmProviderDeleteByKey0(engine, &ours);

    assert_int_equal(add_provider(engine, &ours, PERSISTENT), 0);
    assert_int_equal(add_provider(engine, &theirs, PERSISTENT), 0);
    assert_int_equal(add_sublayer_of(engine, &high, &ours, PERSISTENT), 0);
    for (UINT32 flags = PERSISTENT; flags <= FOR_BOOT; flags++) {
        assert_fwp(add_lasting(engine, &high, &theirs, flags, 53), FWP_E_LIFETIME_MISMATCH);
        assert_fwp(add_lasting(engine, &high, NULL, flags, 53), FWP_E_LIFETIME_MISMATCH);
        assert_int_equal(add_lasting(engine, &high, &ours, flags, 53), 0);
    }
    assert_int_equal(add_lasting(engine, &high, &theirs, 0, 53), 0);
    assert_fwp(FwpmProviderDeleteByKey0(engine, &ours), FWP_E_IN_USE);
    FwpmEngineClose0(engine);
}

static void test_static_filter_does_not_refer_to_what_goes_with_a_session(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0), dynamic = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    assert_int_equal(add_sublayer(dynamic, &high, 0x9000), 0);
    assert_fwp(add_simple(engine, &high, FWP_ACTION_BLOCK, 1, 53), FWP_E_LIFETIME_MISMATCH);
    FwpmEngineClose0(dynamic);
    FwpmEngineClose0(engine);
}

static void test_dynamic_session_deletes_only_its_own(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0), dynamic = open_engine(FWPM_SESSION_FLAG_DYNAMIC);
    UINT64 id;
    FWPM_FILTER0 filter = a_filter(&(GUID){0}, FWP_ACTION_BLOCK, 1, NULL, 0);
    assert_int_equal(FwpmFilterAdd0(engine, &filter, NULL, &id), 0);
    assert_fwp(FwpmFilterDeleteById0(dynamic, id), FWP_E_DYNAMIC_SESSION_IN_PROGRESS);
    assert_int_equal(FwpmFilterDeleteById0(engine, id), 0);
    assert_int_equal(FwpmFilterAdd0(dynamic, &filter, NULL, &id), 0);
    assert_fwp(FwpmFilterDeleteById0(engine, id), FWP_E_WRONG_SESSION);
    assert_int_equal(FwpmFilterDeleteById0(dynamic, id), 0);
    FwpmEngineClose0(dynamic);
    FwpmEngineClose0(engine);
}

static void test_conditions_fit_their_layer(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0);
    FWP_V4_ADDR_AND_MASK net = {0x0A000000, 0xFF00FF00};
    UINT64 luid = 1;
    FWPM_FILTER_CONDITION0 conditions[] = {
        {remote_address, FWP_MATCH_EQUAL, {.type = FWP_V4_ADDR_MASK, .v4AddrMask = &net}},
        to_port(53),
        {remote_address, FWP_MATCH_EQUAL, {.type = FWP_V4_ADDR_MASK, .v4AddrMask = &net}},
    };
    FWPM_FILTER_CONDITION0 departure = {
        departure_field, FWP_MATCH_EQUAL, {.type = FWP_UINT64, .uint64 = &luid}};
    FWPM_FILTER0 filter = a_filter(&(GUID){0}, FWP_ACTION_BLOCK, 1, conditions, 1);
    assert_fwp(add(engine, &filter), FWP_E_INVALID_NET_MASK);
    net.mask = 0xFF000000;
    assert_int_equal(add(engine, &filter), 0);
    filter.layerKey = connect_v6;
    assert_fwp(add(engine, &filter), FWP_E_TYPE_MISMATCH);
    filter.layerKey = connect_v4;
    filter.numFilterConditions = 3; /* those on the address do not stand together */
    assert_fwp(add(engine, &filter), FWP_E_DUPLICATE_CONDITION);
    filter.layerKey = forward_v4;
    assert_fwp(add(engine, &filter), FWP_E_CONDITION_NOT_FOUND);
    filter.filterCondition = &departure;
    filter.numFilterConditions = 1;
    assert_int_equal(add(engine, &filter), 0);
    filter.layerKey = connect_v4;
    assert_fwp(add(engine, &filter), FWP_E_CONDITION_NOT_FOUND);
    FwpmEngineClose0(engine);
}

/* ---- what is kept ---- */

static void test_provider_keeps_its_service_and_data(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0);
    static UINT8 data[9000];
    FWPM_PROVIDER0 *found;
    const FWPM_PROVIDER0 wanted = {.providerKey = ours,
                                   .displayData = {test_name, test_name},
                                   .flags = PERSISTENT,
                                   .providerData = {sizeof(data), data},
                                   .serviceName = (wchar_t *)SERVICE};
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (UINT8)(i * i);
    assert_int_equal(FwpmProviderAdd0(engine, &wanted, NULL), 0);
    assert_int_equal(FwpmProviderGetByKey0(engine, &ours, &found), 0);
    assert_int_equal(found->providerData.size, sizeof(data));
    assert_memory_equal(found->providerData.data, data, sizeof(data));
    assert_int_equal(wcscmp(found->serviceName, SERVICE), 0);
    assert_int_equal(found->flags, PERSISTENT);
    FwpmFreeMemory0((void **)&found);
    FwpmEngineClose0(engine);
}

/* A machine with two kill switches, each with 64 gateways for 9 programs. */
static void test_there_is_room(void **state)
{
    (void)state;
    enum { FILTERS = 400, PROGRAMS = 9, ADDRESSES = 14 };
    HANDLE engine = open_engine(0);
    wchar_t path[220];
    for (size_t i = 0; i < ARRAYSIZE(path); i++)
        path[i] = L'a';
    FWP_BYTE_BLOB program = {.size = sizeof(path), .data = (UINT8 *)path};
    FWP_V4_ADDR_AND_MASK net = {0x0A000000, 0xFF000000};
    FWPM_FILTER_CONDITION0 conditions[PROGRAMS + ADDRESSES];
    for (size_t i = 0; i < ARRAYSIZE(conditions); i++)
        conditions[i] =
            i < PROGRAMS
                ? (FWPM_FILTER_CONDITION0){app_id_field,
                                           FWP_MATCH_EQUAL,
                                           {.type = FWP_BYTE_BLOB_TYPE, .byteBlob = &program}}
                : (FWPM_FILTER_CONDITION0){remote_address,
                                           FWP_MATCH_EQUAL,
                                           {.type = FWP_V4_ADDR_MASK, .v4AddrMask = &net}};
    FWPM_FILTER0 filter =
        a_filter(&(GUID){0}, FWP_ACTION_BLOCK, 1, conditions, ARRAYSIZE(conditions));
    assert_int_equal(FwpmTransactionBegin0(engine, 0), 0);
    for (int i = 0; i < FILTERS; i++)
        assert_int_equal(add(engine, &filter), 0);
    assert_int_equal(FwpmTransactionCommit0(engine), 0);
    assert_int_equal(filter_count(), FILTERS);
    FwpmEngineClose0(engine);
}

static UINT16 weight_of(HANDLE engine, const GUID *key)
{
    FWPM_SUBLAYER0 *sublayer;
    assert_int_equal(FwpmSubLayerGetByKey0(engine, key, &sublayer), 0);
    UINT16 weight = sublayer->weight;
    FwpmFreeMemory0((void **)&sublayer);
    return weight;
}

static void test_no_two_sublayers_have_the_same_weight(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0);
    assert_int_equal(add_sublayer(engine, &high, 0xFFFF), 0);
    assert_int_equal(add_sublayer(engine, &low, 0xFFFF), 0);
    assert_int_equal(add_sublayer(engine, &ours, 0x8000), 0);
    assert_int_equal(weight_of(engine, &high), 0xFFFF);
    assert_int_equal(weight_of(engine, &low), 0xFFFE);
    assert_int_equal(weight_of(engine, &ours), 0x7FFF);
    FwpmEngineClose0(engine);
}

/* ---- phases ---- */

/* Blocks ports: 1 until the next start of BFE, 2 for good, 3 while Windows starts. */
static void add_one_of_each(const wchar_t *service)
{
    HANDLE engine = open_engine(0);
    const FWPM_PROVIDER0 provider = {.providerKey = ours,
                                     .displayData.name = test_name,
                                     .flags = PERSISTENT,
                                     .serviceName = (wchar_t *)service};
    assert_int_equal(FwpmProviderAdd0(engine, &provider, NULL), 0);
    assert_int_equal(add_sublayer_of(engine, &high, &ours, PERSISTENT), 0);
    assert_int_equal(add_lasting(engine, &high, &ours, 0, 1), 0);
    assert_int_equal(add_lasting(engine, &high, &ours, PERSISTENT, 2), 0);
    assert_int_equal(add_lasting(engine, &high, &ours, FOR_BOOT, 3), 0);
    FwpmEngineClose0(engine);
}

static void assert_blocked_ports(const char *blocked)
{
    char packet[128];
    for (int port = 1; port <= 3; port++) {
        bool is_blocked = strchr(blocked, '0' + port);
        snprintf(packet, sizeof(packet),
                 "'interface':5,'remote_address':'9.9.9.9','remote_port':%d", port);
        assert_verdict(packet, is_blocked ? "block" : "permit", is_blocked);
    }
}

static void test_each_phase_has_its_filters(void **state)
{
    (void)state;
    HANDLE engine;
    add_one_of_each(NULL);
    assert_blocked_ports("12");
    ask_ok("{'do':'reboot', 'without_bfe':true}");
    assert_blocked_ports("3");
    assert_int_equal(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine),
                     EPT_S_NOT_REGISTERED);
    ask_ok("{'do':'start_bfe'}");
    assert_blocked_ports("2");
    ask_ok("{'do':'stop_bfe'}");
    assert_no_verdict(DNS_V4, "BFE is stopped");
    ask_ok("{'do':'start_bfe'}");
    assert_blocked_ports("2");
    assert_int_equal(filter_count(), 2); /* that for the boot is still there */
}

static void set_start_of_service(DWORD start)
{
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, SERVICE_KEY, L"Start", REG_DWORD, &start, 4), 0);
}

static UINT32 flags_of_provider(void)
{
    HANDLE engine = open_engine(0);
    FWPM_PROVIDER0 *provider;
    assert_int_equal(FwpmProviderGetByKey0(engine, &ours, &provider), 0);
    UINT32 flags = provider->flags;
    FwpmFreeMemory0((void **)&provider);
    FwpmEngineClose0(engine);
    return flags;
}

static void test_filters_of_a_service_count_if_it_starts_by_itself(void **state)
{
    (void)state;
    add_one_of_each(SERVICE);
    set_start_of_service(SERVICE_DEMAND_START);
    assert_blocked_ports("12"); /* until the next start of BFE */
    ask_ok("{'do':'reboot', 'without_bfe':true}");
    assert_blocked_ports("3");
    ask_ok("{'do':'start_bfe'}");
    assert_blocked_ports("");
    assert_int_equal(flags_of_provider(), PERSISTENT | PROVIDER_DISABLED);
    set_start_of_service(SERVICE_AUTO_START);
    assert_blocked_ports("");
    ask_ok("{'do':'restart_bfe'}");
    assert_blocked_ports("2");
    assert_int_equal(flags_of_provider(), PERSISTENT);
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, SERVICE_KEY), 0);
    ask_ok("{'do':'restart_bfe'}");
    assert_blocked_ports("");
}

static void test_handles_are_worth_nothing_after_the_end_of_bfe(void **state)
{
    (void)state;
    HANDLE idle = open_engine(FWPM_SESSION_FLAG_DYNAMIC), busy = open_engine(0);
    assert_int_equal(FwpmTransactionBegin0(busy, 0), 0);
    assert_int_equal(add_simple(busy, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), 0);
    ask_ok("{'do':'stop_bfe'}");
    assert_fwp(FwpmTransactionCommit0(busy), RPC_S_SERVER_UNAVAILABLE);
    assert_fwp(FwpmTransactionBegin0(idle, 0), RPC_S_SERVER_UNAVAILABLE);
    ask_ok("{'do':'start_bfe'}");
    assert_fwp(FwpmTransactionCommit0(busy), FWP_E_SESSION_ABORTED);
    assert_fwp(FwpmTransactionBegin0(idle, 0), FWP_E_SESSION_ABORTED);
    assert_int_equal(FwpmEngineClose0(busy), 0);
    assert_int_equal(FwpmEngineClose0(idle), 0);
    assert_int_equal(filter_count(), 0);
    HANDLE next = open_engine(0); /* nobody holds the lock */
    assert_int_equal(add_simple(next, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), 0);
    ask_ok("{'do':'stop_bfe'}");
    assert_int_equal(FwpmEngineClose0(next), RPC_S_SERVER_UNAVAILABLE);
    assert_int_equal(FwpmEngineClose0(next), ERROR_INVALID_HANDLE);
}

static void test_aborted_transaction_has_done_nothing(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0), other = open_engine(0);
    FwpmTransactionBegin0(engine, 0);
    add_simple(engine, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53);
    ask_ok("{'do':'abort_transaction'}");
    assert_int_equal(add_simple(other, &(GUID){0}, FWP_ACTION_BLOCK, 1, 54), 0);
    assert_fwp(FwpmTransactionCommit0(engine), FWP_E_TXN_ABORTED);
    assert_fwp(FwpmTransactionCommit0(engine), FWP_E_NO_TXN_IN_PROGRESS);
    assert_int_equal(filter_count(), 1);
    FwpmTransactionBegin0(engine, 0);
    ask_ok("{'do':'abort_transaction'}");
    assert_fwp(add_simple(engine, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), FWP_E_TXN_ABORTED);
    FwpmTransactionBegin0(engine, 0);
    ask_ok("{'do':'abort_transaction'}");
    assert_int_equal(FwpmEngineClose0(engine), 0);
    assert_int_equal(add_simple(other, &(GUID){0}, FWP_ACTION_BLOCK, 1, 55), 0);
    assert_int_equal(filter_count(), 2);
    FwpmEngineClose0(other);
}

/* ---- lists ---- */

static UINT32 count_filters(const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    HANDLE engine = open_engine(0), list;
    FWPM_FILTER0 **entries;
    UINT32 count = 0, more;
    assert_int_equal(FwpmFilterCreateEnumHandle0(engine, template, &list), 0);
    do {
        assert_int_equal(FwpmFilterEnum0(engine, list, 2, &entries, &more), 0);
        FwpmFreeMemory0((void **)&entries);
        count += more;
    } while (more);
    FwpmFilterDestroyEnumHandle0(engine, list);
    FwpmEngineClose0(engine);
    return count;
}

static void test_filters_for_the_boot_and_disabled_ones_are_listed_on_request(void **state)
{
    (void)state;
    FWPM_FILTER_ENUM_TEMPLATE0 template = {
        .providerKey = (GUID *)&ours, .layerKey = connect_v4, .actionMask = 0xFFFFFFFF};
    add_one_of_each(SERVICE); /* there is none: disabled after the next start of BFE */
    assert_int_equal(count_filters(&template), 2);
    template.flags = INCLUDE_BOOTTIME;
    assert_int_equal(count_filters(&template), 3);
    template.flags = BOOTTIME_ONLY;
    assert_int_equal(count_filters(&template), 1);
    ask_ok("{'do':'restart_bfe'}");
    template.flags = INCLUDE_BOOTTIME;
    assert_int_equal(count_filters(&template), 1);
    template.flags = INCLUDE_BOOTTIME | INCLUDE_DISABLED;
    assert_int_equal(count_filters(&template), 2);
    template.actionMask = 0;
    assert_int_equal(count_filters(&template), 0);
    assert_int_equal(count_filters(NULL), 1); /* another program's */
}

static void test_a_template_names_a_layer(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0), list;
    FWPM_FILTER_ENUM_TEMPLATE0 template = {.actionMask = 0xFFFFFFFF};
    assert_fwp(FwpmFilterCreateEnumHandle0(engine, &template, &list), FWP_E_LAYER_NOT_FOUND);
    template.layerKey = connect_v6;
    template.flags = 0x80000000;
    assert_fwp(FwpmFilterCreateEnumHandle0(engine, &template, &list), FWP_E_INVALID_FLAGS);
    FwpmEngineClose0(engine);
}

static void test_providers_and_sublayers_are_listed(void **state)
{
    (void)state;
    HANDLE engine = open_engine(0), list;
    FWPM_SUBLAYER_ENUM_TEMPLATE0 template = {.providerKey = (GUID *)&ours};
    FWPM_PROVIDER0 **providers;
    FWPM_SUBLAYER0 **sublayers;
    UINT32 count;
    add_one_of_each(SERVICE);
    assert_int_equal(FwpmProviderCreateEnumHandle0(engine, NULL, &list), 0);
    assert_int_equal(FwpmProviderEnum0(engine, list, 10, &providers, &count), 0);
    assert_int_equal(count, 2);
    assert_memory_equal(&providers[1]->providerKey, &ours, sizeof(ours));
    assert_int_equal(wcscmp(providers[1]->serviceName, SERVICE), 0);
    FwpmFreeMemory0((void **)&providers);
    assert_int_equal(FwpmProviderDestroyEnumHandle0(engine, list), 0);
    assert_int_equal(FwpmSubLayerCreateEnumHandle0(engine, &template, &list), 0);
    assert_int_equal(FwpmSubLayerEnum0(engine, list, 10, &sublayers, &count), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(&sublayers[0]->subLayerKey, &high, sizeof(high));
    FwpmFreeMemory0((void **)&sublayers);
    assert_int_equal(FwpmSubLayerDestroyEnumHandle0(engine, list), 0);
    FwpmEngineClose0(engine);
}

static void test_sessions_are_listed_with_their_process(void **state)
{
    (void)state;
    HANDLE engine = open_engine(FWPM_SESSION_FLAG_DYNAMIC), list;
    FWPM_SESSION0 **sessions;
    UINT32 count;
    assert_int_equal(FwpmSessionCreateEnumHandle0(engine, NULL, &list), 0);
    assert_int_equal(FwpmSessionEnum0(engine, list, 10, &sessions, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(sessions[0]->processId, GetCurrentProcessId());
    assert_int_equal(wcscmp(sessions[0]->displayData.name, test_name), 0);
    assert_int_equal(sessions[0]->flags, FWPM_SESSION_FLAG_DYNAMIC);
    FwpmFreeMemory0((void **)&sessions);
    assert_int_equal(FwpmSessionDestroyEnumHandle0(engine, list), 0);
    FwpmEngineClose0(engine);
}

/* Whoever waits for the lock can see who is there. */
static void test_sessions_are_opened_and_listed_while_another_holds_the_lock(void **state)
{
    (void)state;
    ask_ok("{'do':'edit_firewall','action':'hold'}");
    HANDLE engine = open_engine(0), list;
    FWPM_SESSION0 **sessions;
    UINT32 count;
    assert_fwp(FwpmTransactionBegin0(engine, 0), FWP_E_TIMEOUT);
    assert_fwp(add_simple(engine, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), FWP_E_TIMEOUT);
    assert_int_equal(FwpmSessionCreateEnumHandle0(engine, NULL, &list), 0);
    assert_int_equal(FwpmSessionEnum0(engine, list, 10, &sessions, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(wcscmp(sessions[0]->displayData.name, L"Fabrikam"), 0);
    FwpmFreeMemory0((void **)&sessions);
    FwpmSessionDestroyEnumHandle0(engine, list);
    ask_ok("{'do':'edit_firewall','action':'release'}");
    assert_int_equal(FwpmTransactionBegin0(engine, 0), 0);
    assert_int_equal(FwpmEngineClose0(engine), 0);
}

static void test_session_of_meanwhile_stays_when_the_transaction_ends(void **state)
{
    (void)state;
    for (int aborts = 0; aborts < 2; aborts++) {
        HANDLE engine = open_engine(0);
        assert_int_equal(FwpmTransactionBegin0(engine, 0), 0);
        HANDLE other = open_engine(0);
        assert_int_equal(aborts ? FwpmTransactionAbort0(engine) : FwpmTransactionCommit0(engine),
                         0);
        assert_int_equal(add_simple(other, &(GUID){0}, FWP_ACTION_BLOCK, 1, 53), 0);
        assert_int_equal(FwpmEngineClose0(other), 0);
        assert_int_equal(FwpmEngineClose0(engine), 0);
    }
}

/* What another program does to the filters. */
static void test_another_program_takes_part(void **state)
{
    (void)state;
    cJSON *answer = ask("{'do':'firewall'}");
    const cJSON *filter = cJSON_GetArrayItem(cJSON_GetObjectItem(answer, "filters"), 0);
    const int id = (int)record_value(filter, "id");
    cJSON_Delete(answer);
    ask_ok("{'do':'edit_firewall','action':'delete_filter','id':%d}", id);
    assert_int_equal(filter_count(), -1);
    ask_ok("{'do':'edit_firewall','action':'add_sublayer','weight':65535}");
    ask_ok("{'do':'edit_firewall','action':'add_filter','layer':'ALE_AUTH_CONNECT_V4',"
           "'filter_action':'permit','hard':true}");
    HANDLE engine = open_engine(0);
    add_simple(engine, &(GUID){0}, FWP_ACTION_BLOCK, 15, 443);
    assert_verdict(WEB_V4, "permit", true);
    assert_int_equal(add_sublayer(engine, &high, 0xFFFF), 0);
    assert_int_equal(weight_of(engine, &high), 0xFFFE);
    FwpmEngineClose0(engine);
}

const struct CMUnitTest engine_tests[] = {
    TEST(test_impossible_flags_are_refused),
    TEST(test_lasting_objects_refer_to_what_lasts_of_the_same_provider),
    TEST(test_static_filter_does_not_refer_to_what_goes_with_a_session),
    TEST(test_dynamic_session_deletes_only_its_own),
    TEST(test_conditions_fit_their_layer),
    TEST(test_provider_keeps_its_service_and_data),
    TEST(test_there_is_room),
    TEST(test_no_two_sublayers_have_the_same_weight),
    TEST(test_each_phase_has_its_filters),
    TEST(test_filters_of_a_service_count_if_it_starts_by_itself),
    TEST(test_handles_are_worth_nothing_after_the_end_of_bfe),
    TEST(test_aborted_transaction_has_done_nothing),
    TEST(test_filters_for_the_boot_and_disabled_ones_are_listed_on_request),
    TEST(test_a_template_names_a_layer),
    TEST(test_providers_and_sublayers_are_listed),
    TEST(test_sessions_are_listed_with_their_process),
    TEST(test_sessions_are_opened_and_listed_while_another_holds_the_lock),
    TEST(test_session_of_meanwhile_stays_when_the_transaction_ends),
    TEST(test_another_program_takes_part),
};
const size_t engine_test_count = ARRAYSIZE(engine_tests);
