/* SPDX-License-Identifier: MIT */
#include "filters.h"

#include <string.h>

const GUID connect_v4 = {
    0xc38d57d1, 0x05a7, 0x4c33, {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}};
const GUID connect_v6 = {
    0x4a72393b, 0x319f, 0x44bc, {0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4}};
const GUID accept_v6 = {
    0xa3b42c97, 0x9f04, 0x4672, {0xb8, 0x7e, 0xce, 0xe9, 0xc4, 0x83, 0x25, 0x7f}};
const GUID forward_v4 = {
    0xa82acc24, 0x4ee1, 0x4ee1, {0xb4, 0x65, 0xfd, 0x1d, 0x25, 0xcb, 0x10, 0xa4}};
const GUID remote_port = {
    0xc35a604d, 0xd22b, 0x4e1a, {0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b}};
const GUID local_port = {
    0x0c1ba1af, 0x5765, 0x453f, {0xaf, 0x22, 0xa8, 0xf7, 0x91, 0xac, 0x77, 0x5b}};
const GUID remote_address = {
    0xb235ae9a, 0x1d64, 0x49b8, {0xa4, 0x4c, 0x5f, 0xf3, 0xd9, 0x09, 0x50, 0x45}};
const GUID app_id_field = {
    0xd78e1e87, 0x8644, 0x4ea5, {0x94, 0x37, 0xd8, 0x09, 0xec, 0xef, 0xc9, 0x71}};
const GUID interface_field = {
    0x4cd62a49, 0x59c3, 0x4969, {0xb7, 0xf3, 0xbd, 0xa5, 0xd3, 0x28, 0x90, 0xa4}};
const GUID departure_field = {
    0x1076b8a5, 0x6323, 0x4c5e, {0x98, 0x10, 0xe8, 0xd3, 0xfc, 0x9e, 0x61, 0x36}};
const GUID protocol_field = {
    0x3971ef2b, 0x623e, 0x4f9a, {0x8c, 0xb1, 0x6e, 0x79, 0xb8, 0x06, 0xb9, 0xa7}};
const GUID flags_field = {
    0x632ce23b, 0x5167, 0x435c, {0x86, 0xd7, 0xe9, 0x03, 0x68, 0x4a, 0xa8, 0x0c}};
const GUID high = {0xAAAA0001, 0x52c1, 0x4b0e, {1, 2, 3, 4, 5, 6, 7, 8}};
const GUID low = {0xAAAA0002, 0x52c1, 0x4b0e, {1, 2, 3, 4, 5, 6, 7, 8}};
const GUID ours = {0xAAAA0003, 0x52c1, 0x4b0e, {1, 2, 3, 4, 5, 6, 7, 8}};
wchar_t test_name[] = L"self-test";

HANDLE open_engine(UINT32 flags)
{
    const FWPM_SESSION0 session = {
        .displayData.name = test_name, .flags = flags, .txnWaitTimeoutInMSec = 200};
    HANDLE engine = NULL;
    assert_int_equal(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &engine), 0);
    return engine;
}

DWORD add_provider(HANDLE engine, const GUID *key, UINT32 flags)
{
    const FWPM_PROVIDER0 provider = {
        .providerKey = *key, .displayData.name = test_name, .flags = flags};
    return FwpmProviderAdd0(engine, &provider, NULL);
}

DWORD add_sublayer(HANDLE engine, const GUID *key, UINT16 weight)
{
    const FWPM_SUBLAYER0 sublayer = {
        .subLayerKey = *key, .displayData.name = test_name, .weight = weight};
    return FwpmSubLayerAdd0(engine, &sublayer, NULL);
}

DWORD add_sublayer_of(HANDLE engine, const GUID *key, const GUID *provider, UINT32 flags)
{
    const FWPM_SUBLAYER0 sublayer = {.subLayerKey = *key,
                                     .displayData.name = test_name,
                                     .flags = (UINT16)flags,
                                     .providerKey = (GUID *)provider,
                                     .weight = 0x9000};
    return FwpmSubLayerAdd0(engine, &sublayer, NULL);
}

FWPM_FILTER0 a_filter(const GUID *sublayer, UINT32 action, int weight,
                      FWPM_FILTER_CONDITION0 *conditions, UINT32 count)
{
    FWPM_FILTER0 filter = {
        .displayData.name = test_name,
        .layerKey = connect_v4,
        .subLayerKey = *sublayer,
        .action.type = action,
        .numFilterConditions = count,
        .filterCondition = conditions,
    };
    if (weight >= 0) {
        filter.weight.type = FWP_UINT8;
        filter.weight.uint8 = (UINT8)weight;
    }
    return filter;
}

FWPM_FILTER_CONDITION0 to_port(UINT16 port)
{
    return (FWPM_FILTER_CONDITION0){.fieldKey = remote_port,
                                    .matchType = FWP_MATCH_EQUAL,
                                    .conditionValue = {.type = FWP_UINT16, .uint16 = port}};
}

DWORD add(HANDLE engine, const FWPM_FILTER0 *filter)
{
    return FwpmFilterAdd0(engine, filter, NULL, NULL);
}

DWORD add_simple(HANDLE engine, const GUID *sublayer, UINT32 action, int weight, UINT16 port)
{
    FWPM_FILTER_CONDITION0 condition = to_port(port);
    FWPM_FILTER0 filter = a_filter(sublayer, action, weight, &condition, port ? 1 : 0);
    return add(engine, &filter);
}

DWORD add_lasting(HANDLE engine, const GUID *sublayer, const GUID *provider, UINT32 flags,
                  UINT16 port)
{
    FWPM_FILTER_CONDITION0 condition = to_port(port);
    FWPM_FILTER0 filter = a_filter(sublayer, FWP_ACTION_BLOCK, 1, &condition, 1);
    filter.flags = flags;
    filter.providerKey = (GUID *)provider;
    return add(engine, &filter);
}

int filter_count(void)
{
    cJSON *answer = ask("{'do':'firewall'}");
    int count = cJSON_GetArraySize(cJSON_GetObjectItem(answer, "filters"));
    cJSON_Delete(answer);
    return count - 1;
}

void assert_verdict(const char *packet, const char *action, bool by_a_filter)
{
    cJSON *answer = ask("{'do':'verdict',%s}", packet);
    const char *given = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "action"));
    if (!given || strcmp(given, action) != 0)
        fail_msg("%s: %s", packet, given ? given : record_text(answer, "error"));
    assert_int_equal(!cJSON_IsNull(cJSON_GetObjectItem(answer, "filter")), by_a_filter);
    cJSON_Delete(answer);
}

void assert_no_verdict(const char *packet, const char *error)
{
    cJSON *answer = ask("{'do':'verdict',%s}", packet);
    const char *given = record_text(answer, "error");
    if (strncmp(given, error, strlen(error)) != 0)
        fail_msg("%s: %s", packet, given);
    cJSON_Delete(answer);
}
