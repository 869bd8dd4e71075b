/* SPDX-License-Identifier: MIT */
#include "system/win32/wfp_filter.h"

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"

#include <stdbool.h>

/* ---- words of Windows ---- */

/* Values from fwpmu.h of the Windows SDK, which MinGW's headers lack. */
static const GUID layers[LAYER_COUNT] = {
    [LAYER_CONNECT_V4] = {0xc38d57d1,
                          0x05a7,
                          0x4c33,
                          {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}},
    [LAYER_CONNECT_V6] = {0x4a72393b,
                          0x319f,
                          0x44bc,
                          {0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4}},
    [LAYER_ACCEPT_V4] = {0xe1cd9fe7,
                         0xf4b5,
                         0x4273,
                         {0x96, 0xc0, 0x59, 0x2e, 0x48, 0x7b, 0x86, 0x50}},
    [LAYER_ACCEPT_V6] = {0xa3b42c97,
                         0x9f04,
                         0x4672,
                         {0xb8, 0x7e, 0xce, 0xe9, 0xc4, 0x83, 0x25, 0x7f}},
    [LAYER_FORWARD_V4] = {0xa82acc24,
                          0x4ee1,
                          0x4ee1,
                          {0xb4, 0x65, 0xfd, 0x1d, 0x25, 0xcb, 0x10, 0xa4}},
    [LAYER_FORWARD_V6] = {0x7b964818,
                          0x19c7,
                          0x493a,
                          {0xb7, 0x1f, 0x83, 0x2c, 0x36, 0x84, 0xd2, 0x8c}},
};

/* Each field, and the type of its values: addresses have that of their family. */
static const struct {
    GUID key;
    FWP_DATA_TYPE type;
} fields[FIELD_COUNT] = {
    [FIELD_PROGRAM] =
        {{0xd78e1e87, 0x8644, 0x4ea5, {0x94, 0x37, 0xd8, 0x09, 0xec, 0xef, 0xc9, 0x71}},
         FWP_BYTE_BLOB_TYPE},
    [FIELD_REMOTE_PORT] =
        {{0xc35a604d, 0xd22b, 0x4e1a, {0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b}},
         FWP_UINT16},
    [FIELD_LOCAL_INTERFACE] =
        {{0x4cd62a49, 0x59c3, 0x4969, {0xb7, 0xf3, 0xbd, 0xa5, 0xd3, 0x28, 0x90, 0xa4}},
         FWP_UINT64},
    [FIELD_FLAGS] = {{0x632ce23b, 0x5167, 0x435c, {0x86, 0xd7, 0xe9, 0x03, 0x68, 0x4a, 0xa8, 0x0c}},
                     FWP_UINT32},
    [FIELD_PROTOCOL] =
        {{0x3971ef2b, 0x623e, 0x4f9a, {0x8c, 0xb1, 0x6e, 0x79, 0xb8, 0x06, 0xb9, 0xa7}}, FWP_UINT8},
    [FIELD_LOCAL_PORT] =
        {{0x0c1ba1af, 0x5765, 0x453f, {0xaf, 0x22, 0xa8, 0xf7, 0x91, 0xac, 0x77, 0x5b}},
         FWP_UINT16},
    [FIELD_LOCAL_ADDRESS] =
        {{0xd9ee00de, 0xc1ef, 0x4617, {0xbf, 0xe3, 0xff, 0xd8, 0xf5, 0xa0, 0x89, 0x57}}, FWP_EMPTY},
    [FIELD_REMOTE_ADDRESS] =
        {{0xb235ae9a, 0x1d64, 0x49b8, {0xa4, 0x4c, 0x5f, 0xf3, 0xd9, 0x09, 0x50, 0x45}}, FWP_EMPTY},
    [FIELD_FORWARD_INTERFACE] =
        {{0x1076b8a5, 0x6323, 0x4c5e, {0x98, 0x10, 0xe8, 0xd3, 0xfc, 0x9e, 0x61, 0x36}},
         FWP_UINT64},
};

static const FWP_MATCH_TYPE matches[] = {
    [MATCH_EQUAL] = FWP_MATCH_EQUAL,
    [MATCH_FLAGS_ALL_SET] = FWP_MATCH_FLAGS_ALL_SET,
    [MATCH_FLAGS_NONE_SET] = FWP_MATCH_FLAGS_NONE_SET,
};

static const FWP_ACTION_TYPE actions[] = {
    [ACTION_PERMIT] = FWP_ACTION_PERMIT,
    [ACTION_BLOCK] = FWP_ACTION_BLOCK,
};

const GUID *wfp_layer(enum filter_layer layer)
{
    return &layers[layer];
}

FWP_ACTION_TYPE wfp_action(enum filter_action action)
{
    return actions[action];
}

/* ---- programs ---- */

uint32_t wfp_programs_find(struct wfp_programs *programs, unsigned program, const char16_t *path)
{
    return FwpmGetAppIdFromFileName0(path, &programs->ids[program]);
}

void wfp_programs_free(struct wfp_programs *programs)
{
    for (size_t i = 0; i < ARRAY_COUNT(programs->ids); i++)
        if (programs->ids[i])
            FwpmFreeMemory0((void **)&programs->ids[i]);
}

/* ---- conditions ---- */

/* What a value points to. */
union wfp_storage {
    UINT64 number;
    FWP_V4_ADDR_AND_MASK ipv4;
    FWP_V6_ADDR_AND_MASK ipv6;
};

static FWP_CONDITION_VALUE0 wfp_range_value(const struct ip_range *range,
                                            union wfp_storage *storage)
{
    const uint8_t *bytes = range->ip.bytes;
    if (range->ip.family == FAMILY_IPV6) {
        storage->ipv6.prefixLength = (UINT8)range->length;
        memcpy(storage->ipv6.addr, bytes, sizeof(storage->ipv6.addr));
        return (FWP_CONDITION_VALUE0){.type = FWP_V6_ADDR_MASK, .v6AddrMask = &storage->ipv6};
    }
    storage->ipv4 = (FWP_V4_ADDR_AND_MASK){
        .addr = (UINT32)bytes[0] << 24 | (UINT32)bytes[1] << 16 | (UINT32)bytes[2] << 8 | bytes[3],
        .mask = range->length ? UINT32_MAX << (32 - range->length) : 0,
    };
    return (FWP_CONDITION_VALUE0){.type = FWP_V4_ADDR_MASK, .v4AddrMask = &storage->ipv4};
}

/* Numbers of 64 bits are passed by address. */
static FWP_CONDITION_VALUE0 wfp_condition_value(const struct filter_condition *condition,
                                                const struct wfp_programs *programs,
                                                union wfp_storage *storage)
{
    FWP_CONDITION_VALUE0 value = {.type = fields[condition->field].type};
    switch (value.type) {
    case FWP_EMPTY:
        return wfp_range_value(&condition->range, storage);
    case FWP_BYTE_BLOB_TYPE:
        value.byteBlob = programs->ids[condition->value];
        break;
    case FWP_UINT8:
        value.uint8 = (UINT8)condition->value;
        break;
    case FWP_UINT16:
        value.uint16 = (UINT16)condition->value;
        break;
    case FWP_UINT32:
        value.uint32 = (UINT32)condition->value;
        break;
    default:
        storage->number = condition->value;
        value.uint64 = &storage->number;
    }
    return value;
}

static bool wfp_is_left_out(const struct filter_condition *condition,
                            const struct wfp_programs *programs)
{
    return condition->field == FIELD_PROGRAM && condition->value >= PROGRAM_FURTHER &&
           !programs->ids[condition->value];
}

size_t wfp_condition_count(const struct filter *filter, const struct wfp_programs *programs)
{
    size_t count = 0;
    for (size_t i = 0; i < filter->condition_count; i++)
        count += !wfp_is_left_out(&filter->conditions[i], programs);
    return count;
}

/* ---- filters ---- */

uint32_t wfp_filter_add(HANDLE engine, const struct filter *filter, const struct wfp_place *place,
                        const struct wfp_programs *programs, UINT64 *id)
{
    FWPM_FILTER_CONDITION0 conditions[FILTER_CONDITIONS];
    union wfp_storage storage[FILTER_CONDITIONS];
    FWPM_FILTER0 row = {
        .filterKey = place->key,
        .displayData.name = (wchar_t *)place->name,
        .flags = place->flags,
        .providerKey = place->provider,
        .layerKey = layers[filter->layer],
        .subLayerKey = place->sublayer,
        .action.type = actions[filter->action],
        .filterCondition = conditions,
    };
    if (filter->weight != WEIGHT_AUTOMATIC) {
        row.weight.type = FWP_UINT8;
        row.weight.uint8 = (UINT8)filter->weight;
    }
    for (size_t i = 0; i < filter->condition_count; i++) {
        const struct filter_condition *condition = &filter->conditions[i];
        if (wfp_is_left_out(condition, programs))
            continue;
        conditions[row.numFilterConditions++] = (FWPM_FILTER_CONDITION0){
            .fieldKey = fields[condition->field].key,
            .matchType = matches[condition->match],
            .conditionValue = wfp_condition_value(condition, programs, &storage[i]),
        };
    }
    uint32_t error = FwpmFilterAdd0(engine, &row, NULL, id);
    return error ? log_error(error, "FwpmFilterAdd0") : 0;
}
