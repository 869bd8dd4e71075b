/* SPDX-License-Identifier: MIT */
/* What the caller says of a filter. Errors as in Microsoft's documentation of FwpmFilterAdd0 and
 * "WFP Error Codes". */
#include "wanted.h"

#include "arbitration.h"

enum { HIGHEST_RANGE = 15 /* FWPM_WEIGHT_RANGE_MAX */ };

/* Microsoft, "WFP Error Codes": "The network mask is not valid." */
static bool is_contiguous(uint32_t mask)
{
    return (~mask & (~mask + 1)) == 0;
}

static uint32_t take_value(const FWP_CONDITION_VALUE0 *value, struct wfp_filter *row,
                           struct wfp_condition *condition)
{
    condition->type = (uint32_t)value->type;
    switch (value->type) {
    case FWP_UINT8:
        condition->low = value->uint8;
        return 0;
    case FWP_UINT16:
        condition->low = value->uint16;
        return 0;
    case FWP_UINT32:
        condition->low = value->uint32;
        return 0;
    default:
        break;
    }
    if (!value->uint64) /* all others are pointers */
        return FWP_ERROR(FWP_E_NULL_POINTER);
    switch (value->type) {
    case FWP_UINT64:
        condition->low = *value->uint64;
        return 0;
    case FWP_V4_ADDR_MASK:
        condition->low = value->v4AddrMask->addr;
        condition->high = value->v4AddrMask->mask;
        return is_contiguous(value->v4AddrMask->mask) ? 0 : FWP_ERROR(FWP_E_INVALID_NET_MASK);
    case FWP_V6_ADDR_MASK:
        memcpy(condition->address, value->v6AddrMask->addr, sizeof(condition->address));
        condition->high = value->v6AddrMask->prefixLength;
        return condition->high > 128 ? FWP_ERROR(FWP_E_INVALID_NET_MASK) : 0;
    case FWP_BYTE_ARRAY16_TYPE:
        memcpy(condition->address, value->byteArray16->byteArray16, sizeof(condition->address));
        return 0;
    case FWP_BYTE_BLOB_TYPE:
        if (row->blob_size + value->byteBlob->size > WFP_BLOB_BYTES)
            return ERROR_NOT_ENOUGH_MEMORY;
        condition->blob_offset = row->blob_size;
        condition->blob_size = value->byteBlob->size;
        memcpy(row->blob + row->blob_size, value->byteBlob->data, value->byteBlob->size);
        row->blob_size += value->byteBlob->size;
        return 0;
    default: /* user and package identities and the like, which this model does not have */
        return ERROR_NOT_SUPPORTED;
    }
}

static uint32_t take_range(const FWP_RANGE0 *range, struct wfp_condition *condition)
{
    if (!range)
        return FWP_ERROR(FWP_E_NULL_POINTER);
    if (range->valueLow.type != range->valueHigh.type)
        return FWP_ERROR(FWP_E_TYPE_MISMATCH);
    condition->type = FWP_RANGE_TYPE;
    condition->bound = (uint32_t)range->valueLow.type;
    switch (range->valueLow.type) {
    case FWP_UINT8:
        condition->low = range->valueLow.uint8;
        condition->high = range->valueHigh.uint8;
        break;
    case FWP_UINT16:
        condition->low = range->valueLow.uint16;
        condition->high = range->valueHigh.uint16;
        break;
    case FWP_UINT32:
        condition->low = range->valueLow.uint32;
        condition->high = range->valueHigh.uint32;
        break;
    default:
        return ERROR_NOT_SUPPORTED;
    }
    return condition->low > condition->high ? FWP_ERROR(FWP_E_INVALID_RANGE) : 0;
}

/* The types that a field accepts for its value, as bits. */
#define TYPE(type) (1u << (type))
enum { ADDRESS = 1u << 31 }; /* those of the layer's family */
static const uint32_t field_types[WFP_FIELDS] = {
    [WFP_ALE_APP_ID] = TYPE(FWP_BYTE_BLOB_TYPE),
    [WFP_IP_REMOTE_PORT] = TYPE(FWP_UINT16),
    [WFP_IP_LOCAL_PORT] = TYPE(FWP_UINT16),
    [WFP_IP_PROTOCOL] = TYPE(FWP_UINT8),
    [WFP_IP_LOCAL_INTERFACE] = TYPE(FWP_UINT64),
    [WFP_IP_REMOTE_ADDRESS] = ADDRESS,
    [WFP_IP_LOCAL_ADDRESS] = ADDRESS,
    [WFP_FLAGS] = TYPE(FWP_UINT32),
    [WFP_IP_SOURCE_ADDRESS] = ADDRESS,
    [WFP_IP_DESTINATION_ADDRESS] = ADDRESS,
    [WFP_IP_FORWARD_INTERFACE] = TYPE(FWP_UINT64),
};

static bool field_takes(enum wfp_layer layer, uint32_t field, uint32_t type)
{
    if (field_types[field] != ADDRESS)
        return type < 31 && field_types[field] >> type & 1;
    return wfp_layer_is_ipv6(layer) ? type == FWP_BYTE_ARRAY16_TYPE || type == FWP_V6_ADDR_MASK
                                    : type == FWP_UINT32 || type == FWP_V4_ADDR_MASK;
}

static uint32_t check_match(const struct wfp_condition *condition)
{
    bool is_flags = condition->field == WFP_FLAGS;
    switch (condition->match) {
    case FWP_MATCH_FLAGS_ALL_SET:
    case FWP_MATCH_FLAGS_ANY_SET:
    case FWP_MATCH_FLAGS_NONE_SET:
        return is_flags ? 0 : FWP_ERROR(FWP_E_MATCH_TYPE_MISMATCH);
    case FWP_MATCH_EQUAL:
    case FWP_MATCH_NOT_EQUAL:
        return 0;
    case FWP_MATCH_RANGE:
        return condition->type == FWP_RANGE_TYPE ? 0 : FWP_ERROR(FWP_E_MATCH_TYPE_MISMATCH);
    case FWP_MATCH_GREATER:
    case FWP_MATCH_LESS:
    case FWP_MATCH_GREATER_OR_EQUAL:
    case FWP_MATCH_LESS_OR_EQUAL:
        return condition->type <= FWP_UINT64 ? 0 : FWP_ERROR(FWP_E_MATCH_TYPE_MISMATCH);
    default:
        return FWP_ERROR(FWP_E_MATCH_TYPE_MISMATCH);
    }
}

static uint32_t take_condition(const FWPM_FILTER_CONDITION0 *wanted, struct wfp_filter *row,
                               struct wfp_condition *condition)
{
    const FWP_CONDITION_VALUE0 *value = &wanted->conditionValue;
    enum wfp_field field = wfp_field_by_key(&wanted->fieldKey);
    enum wfp_layer layer = (enum wfp_layer)row->layer;
    if (field == WFP_FIELDS || !wfp_layer_has_field(layer, field))
        return FWP_ERROR(FWP_E_CONDITION_NOT_FOUND);
    *condition =
        (struct wfp_condition){.field = (uint32_t)field, .match = (uint32_t)wanted->matchType};
    uint32_t error = value->type == FWP_RANGE_TYPE ? take_range(value->rangeValue, condition)
                                                   : take_value(value, row, condition);
    if (error)
        return error;
    uint32_t type = condition->type == FWP_RANGE_TYPE ? condition->bound : condition->type;
    return field_takes(layer, condition->field, type) ? check_match(condition)
                                                      : FWP_ERROR(FWP_E_TYPE_MISMATCH);
}

/* Only conditions that stand together are alternatives (FWPM_FILTER0). What Windows does with
 * others on the same field is not documented; the error's text fits. */
static uint32_t check_order(const struct wfp_filter *row)
{
    uint32_t left = 0; /* fields whose conditions are complete, as bits */
    for (uint32_t i = 1; i < row->condition_count; i++) {
        if (row->conditions[i].field == row->conditions[i - 1].field)
            continue;
        left |= 1u << row->conditions[i - 1].field;
        if (left >> row->conditions[i].field & 1)
            return FWP_ERROR(FWP_E_DUPLICATE_CONDITION);
    }
    return 0;
}

static uint32_t take_weight(const FWP_VALUE0 *weight, struct wfp_filter *row)
{
    row->weight_type = (uint32_t)weight->type;
    switch (weight->type) {
    case FWP_EMPTY:
        return 0;
    case FWP_UINT8:
        row->weight = weight->uint8;
        return weight->uint8 > HIGHEST_RANGE ? FWP_ERROR(FWP_E_INVALID_WEIGHT) : 0;
    case FWP_UINT64:
        if (!weight->uint64)
            return FWP_ERROR(FWP_E_NULL_POINTER);
        row->weight = *weight->uint64;
        return 0;
    default:
        return FWP_ERROR(FWP_E_INVALID_WEIGHT);
    }
}

/* That some flags exclude each other is documented, not with which error. */
static uint32_t check_flags(const struct wfp_filter *row)
{
    const uint32_t known = WFP_PERSISTENT | WFP_FILTER_BOOTTIME | WFP_FILTER_HAS_PROVIDER_CONTEXT |
                           WFP_FILTER_CLEAR_ACTION_RIGHT | WFP_FILTER_INDEXED;
    const uint32_t lasting = row->flags & (WFP_PERSISTENT | WFP_FILTER_BOOTTIME);
    if (row->flags & ~known || lasting == (WFP_PERSISTENT | WFP_FILTER_BOOTTIME))
        return FWP_ERROR(FWP_E_INVALID_FLAGS);
    /* The model has none. */
    return row->flags & WFP_FILTER_HAS_PROVIDER_CONTEXT
               ? FWP_ERROR(FWP_E_PROVIDER_CONTEXT_NOT_FOUND)
               : 0;
}

static uint32_t check_action(uint32_t action)
{
    if (action & FWP_ACTION_FLAG_CALLOUT)
        return FWP_ERROR(FWP_E_CALLOUT_NOT_FOUND); /* nobody registers callouts here */
    return action == FWP_ACTION_BLOCK || action == FWP_ACTION_PERMIT
               ? 0
               : FWP_ERROR(FWP_E_INVALID_ACTION_TYPE);
}

static uint32_t take_conditions(const FWPM_FILTER0 *wanted, struct wfp_filter *row)
{
    uint32_t error = 0;
    if (wanted->numFilterConditions > WFP_CONDITIONS)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (wanted->numFilterConditions && !wanted->filterCondition)
        return FWP_ERROR(FWP_E_NULL_POINTER);
    for (uint32_t i = 0; i < wanted->numFilterConditions && !error; i++) {
        error = take_condition(&wanted->filterCondition[i], row, &row->conditions[i]);
        row->condition_count = i + 1;
    }
    return error ? error : check_order(row);
}

uint32_t take_filter(const FWPM_FILTER0 *wanted, struct wfp_filter *row)
{
    enum wfp_layer layer = wfp_layer_by_key(&wanted->layerKey);
    *row = (struct wfp_filter){
        .key = wanted->filterKey,
        .provider = wanted->providerKey ? *wanted->providerKey : (GUID){0},
        .sublayer =
            wfp_guid_is_zero(&wanted->subLayerKey) ? wfp_universal_sublayer : wanted->subLayerKey,
        .layer = (uint32_t)layer,
        .flags = wanted->flags,
        .action = wanted->action.type,
    };
    take_text(wanted->displayData.name, row->name);
    take_text(wanted->displayData.description, row->description);
    if (!wanted->displayData.name)
        return FWP_ERROR(FWP_E_NULL_DISPLAY_NAME);
    if (layer == WFP_LAYERS)
        return FWP_ERROR(FWP_E_LAYER_NOT_FOUND);
    if (wanted->providerData.size)
        return ERROR_NOT_SUPPORTED; /* the model keeps only providers' data */
    uint32_t error = check_action(row->action);
    if (!error)
        error = check_flags(row);
    if (!error)
        error = take_weight(&wanted->weight, row);
    if (!error)
        error = take_conditions(wanted, row);
    if (!error)
        row->effective_weight = wfp_effective_weight(row);
    return error;
}
