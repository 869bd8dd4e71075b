/* SPDX-License-Identifier: MIT */
#include "bundle.h"

static wchar_t *put_text(wchar_t *place, const wchar_t *text)
{
    wcscpy(place, text);
    return place;
}

/* ---- filters ---- */

/* What lies behind a filter, each part aligned to what the one before it is. */
struct filter_parts {
    FWPM_FILTER_CONDITION0 *conditions;
    union bundle_value *values;
    wchar_t *name, *description;
    UINT8 *blob;
};

static struct filter_parts filter_parts(const struct wfp_filter *row, struct filter_bundle *bundle)
{
    struct filter_parts parts;
    parts.conditions = (void *)(bundle + 1);
    parts.values = (void *)(parts.conditions + row->condition_count);
    parts.name = (void *)(parts.values + row->condition_count);
    parts.description = parts.name + wcslen(row->name) + 1;
    parts.blob = (void *)(parts.description + wcslen(row->description) + 1);
    return parts;
}

size_t filter_bundle_size(const struct wfp_filter *row)
{
    return sizeof(struct filter_bundle) +
           row->condition_count * (sizeof(FWPM_FILTER_CONDITION0) + sizeof(union bundle_value)) +
           (wcslen(row->name) + wcslen(row->description) + 2) * sizeof(wchar_t) + row->blob_size;
}

static FWP_VALUE0 bound(uint32_t type, uint64_t number)
{
    FWP_VALUE0 value = {.type = (FWP_DATA_TYPE)type};
    if (type == FWP_UINT8)
        value.uint8 = (UINT8)number;
    else if (type == FWP_UINT16)
        value.uint16 = (UINT16)number;
    else
        value.uint32 = (UINT32)number;
    return value;
}

static void bundle_value(const struct wfp_condition *condition, UINT8 *blob,
                         union bundle_value *place, FWP_CONDITION_VALUE0 *value)
{
    value->type = (FWP_DATA_TYPE)condition->type;
    switch (condition->type) {
    case FWP_UINT8:
        value->uint8 = (UINT8)condition->low;
        return;
    case FWP_UINT16:
        value->uint16 = (UINT16)condition->low;
        return;
    case FWP_UINT32:
        value->uint32 = (UINT32)condition->low;
        return;
    case FWP_UINT64:
        place->number = condition->low;
        break;
    case FWP_V4_ADDR_MASK:
        place->v4 = (FWP_V4_ADDR_AND_MASK){(UINT32)condition->low, (UINT32)condition->high};
        break;
    case FWP_V6_ADDR_MASK:
        memcpy(place->v6.addr, condition->address, sizeof(condition->address));
        place->v6.prefixLength = (UINT8)condition->high;
        break;
    case FWP_BYTE_ARRAY16_TYPE:
        memcpy(place->array.byteArray16, condition->address, sizeof(condition->address));
        break;
    case FWP_BYTE_BLOB_TYPE:
        place->blob = (FWP_BYTE_BLOB){condition->blob_size, blob + condition->blob_offset};
        break;
    case FWP_RANGE_TYPE:
        place->range.valueLow = bound(condition->bound, condition->low);
        place->range.valueHigh = bound(condition->bound, condition->high);
        break;
    default:
        break;
    }
    value->uint64 = &place->number; /* the data follows, whatever its type */
}

static void bundle_weights(const struct wfp_filter *row, struct filter_bundle *bundle)
{
    FWPM_FILTER0 *filter = &bundle->filter;
    bundle->weight = row->weight;
    bundle->effective_weight = row->effective_weight;
    filter->weight.type = (FWP_DATA_TYPE)row->weight_type;
    if (row->weight_type == FWP_UINT8)
        filter->weight.uint8 = (UINT8)row->weight;
    else if (row->weight_type == FWP_UINT64)
        filter->weight.uint64 = &bundle->weight;
    filter->effectiveWeight.type = FWP_UINT64;
    filter->effectiveWeight.uint64 = &bundle->effective_weight;
}

void bundle_filter(const struct wfp_filter *row, struct filter_bundle *bundle)
{
    FWPM_FILTER0 *filter = &bundle->filter;
    const struct filter_parts parts = filter_parts(row, bundle);
    bundle->provider = row->provider;
    memcpy(parts.blob, row->blob, row->blob_size);
    filter->filterKey = row->key;
    filter->displayData = (FWPM_DISPLAY_DATA0){put_text(parts.name, row->name),
                                               put_text(parts.description, row->description)};
    filter->flags = row->flags;
    filter->providerKey = wfp_guid_is_zero(&row->provider) ? NULL : &bundle->provider;
    filter->layerKey = wfp_layer_keys[row->layer];
    filter->subLayerKey = row->sublayer;
    filter->numFilterConditions = row->condition_count;
    filter->filterCondition = parts.conditions;
    filter->action.type = row->action;
    filter->filterId = row->id;
    bundle_weights(row, bundle);
    for (uint32_t i = 0; i < row->condition_count; i++) {
        const struct wfp_condition *condition = &row->conditions[i];
        parts.conditions[i].fieldKey = wfp_field_keys[condition->field];
        parts.conditions[i].matchType = (FWP_MATCH_TYPE)condition->match;
        bundle_value(condition, parts.blob, &parts.values[i], &parts.conditions[i].conditionValue);
    }
}

/* ---- other objects ---- */

void bundle_provider(const struct wfp_provider *row, struct provider_bundle *bundle)
{
    memcpy(bundle->data, row->data, row->data_size);
    bundle->provider = (FWPM_PROVIDER0){
        .providerKey = row->key,
        .displayData = {put_text(bundle->name, row->name),
                        put_text(bundle->description, row->description)},
        .flags = row->flags,
        .providerData = {row->data_size, row->data_size ? bundle->data : NULL},
        .serviceName = row->service[0] ? put_text(bundle->service, row->service) : NULL,
    };
}

void bundle_sublayer(const struct wfp_sublayer *row, struct sublayer_bundle *bundle)
{
    bundle->provider = row->provider;
    bundle->sublayer = (FWPM_SUBLAYER0){
        .subLayerKey = row->key,
        .displayData = {put_text(bundle->name, row->name),
                        put_text(bundle->description, row->description)},
        .flags = (UINT16)row->flags,
        .providerKey = wfp_guid_is_zero(&row->provider) ? NULL : &bundle->provider,
        .weight = (UINT16)row->weight,
    };
}

void bundle_session(const struct wfp_session *row, struct session_bundle *bundle)
{
    bundle->session = (FWPM_SESSION0){
        .sessionKey = row->key,
        .displayData = {put_text(bundle->name, row->name),
                        put_text(bundle->description, row->description)},
        .flags = row->dynamic ? FWPM_SESSION_FLAG_DYNAMIC : 0,
        .txnWaitTimeoutInMSec = row->wait_milliseconds,
        .processId = (DWORD)((uint64_t)row->owner >> 32),
    };
}
