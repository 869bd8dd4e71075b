/* SPDX-License-Identifier: MIT */
/* Filters. Errors as in Microsoft's documentation of each function. */
#include "bundle.h"
#include "engine.h"

#include "arbitration.h"
#include "describe.h"

enum { HIGHEST_RANGE = 15 /* FWPM_WEIGHT_RANGE_MAX */ };

/* ---- the caller's values ---- */

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
        return 0;
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
#define MASK_TYPE  (1u << 31)
static const uint32_t field_types[WFP_FIELDS] = {
    [WFP_ALE_APP_ID] = TYPE(FWP_BYTE_BLOB_TYPE),
    [WFP_IP_REMOTE_PORT] = TYPE(FWP_UINT16),
    [WFP_IP_LOCAL_PORT] = TYPE(FWP_UINT16),
    [WFP_IP_PROTOCOL] = TYPE(FWP_UINT8),
    [WFP_IP_LOCAL_INTERFACE] = TYPE(FWP_UINT64),
    [WFP_IP_REMOTE_ADDRESS] = TYPE(FWP_UINT32) | TYPE(FWP_BYTE_ARRAY16_TYPE) | MASK_TYPE,
    [WFP_IP_LOCAL_ADDRESS] = TYPE(FWP_UINT32) | TYPE(FWP_BYTE_ARRAY16_TYPE) | MASK_TYPE,
    [WFP_FLAGS] = TYPE(FWP_UINT32),
};

static bool field_takes(uint32_t field, uint32_t type)
{
    if (type == FWP_V4_ADDR_MASK || type == FWP_V6_ADDR_MASK)
        return field_types[field] & MASK_TYPE;
    return type < 31 && field_types[field] >> type & 1;
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
    if (field == WFP_FIELDS)
        return FWP_ERROR(FWP_E_CONDITION_NOT_FOUND);
    *condition =
        (struct wfp_condition){.field = (uint32_t)field, .match = (uint32_t)wanted->matchType};
    uint32_t error = value->type == FWP_RANGE_TYPE ? take_range(value->rangeValue, condition)
                                                   : take_value(value, row, condition);
    if (error)
        return error;
    uint32_t type = condition->type == FWP_RANGE_TYPE ? condition->bound : condition->type;
    return field_takes(condition->field, type) ? check_match(condition)
                                               : FWP_ERROR(FWP_E_TYPE_MISMATCH);
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

/* The checks that do not need the tables. */
static uint32_t take_filter(const FWPM_FILTER0 *wanted, struct wfp_filter *row)
{
    enum wfp_layer layer = wfp_layer_by_key(&wanted->layerKey);
    *row = (struct wfp_filter){
        .key = wanted->filterKey,
        .sublayer =
            wfp_guid_is_zero(&wanted->subLayerKey) ? wfp_universal_sublayer : wanted->subLayerKey,
        .layer = (uint32_t)layer,
        .flags = wanted->flags,
        .action = wanted->action.type,
        .condition_count = wanted->numFilterConditions,
    };
    take_text(wanted->displayData.name, row->name);
    take_text(wanted->displayData.description, row->description);
    if (!wanted->displayData.name)
        return FWP_ERROR(FWP_E_NULL_DISPLAY_NAME);
    if (layer == WFP_LAYERS)
        return FWP_ERROR(FWP_E_LAYER_NOT_FOUND);
    if (row->action & FWP_ACTION_FLAG_CALLOUT)
        return FWP_ERROR(FWP_E_CALLOUT_NOT_FOUND); /* nobody registers callouts here */
    if (row->action != FWP_ACTION_BLOCK && row->action != FWP_ACTION_PERMIT)
        return FWP_ERROR(FWP_E_INVALID_ACTION_TYPE);
    if (row->condition_count > WFP_CONDITIONS)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (row->condition_count && !wanted->filterCondition)
        return FWP_ERROR(FWP_E_NULL_POINTER);
    uint32_t error = take_weight(&wanted->weight, row);
    for (uint32_t i = 0; i < row->condition_count && !error; i++)
        error = take_condition(&wanted->filterCondition[i], row, &row->conditions[i]);
    if (!error)
        row->effective_weight = wfp_effective_weight(row);
    return error;
}

/* ---- adding ---- */

static uint32_t check_references(const struct change *change, const FWPM_FILTER0 *wanted,
                                 struct wfp_filter *row)
{
    const struct wfp_sublayer *sublayer = wfp_sublayer(change->tables, &row->sublayer);
    if (!sublayer)
        return FWP_ERROR(FWP_E_SUBLAYER_NOT_FOUND);
    uint32_t error = check_lifetime(change->engine, sublayer->session);
    if (error || !wanted->providerKey)
        return error;
    const struct wfp_provider *provider = wfp_provider(change->tables, wanted->providerKey);
    row->provider = *wanted->providerKey;
    return provider ? check_lifetime(change->engine, provider->session)
                    : FWP_ERROR(FWP_E_PROVIDER_NOT_FOUND);
}

static uint32_t add_filter(struct change *change, const FWPM_FILTER0 *wanted,
                           struct wfp_filter *row)
{
    struct wfp_tables *tables = change->tables;
    uint32_t error = check_references(change, wanted, row);
    if (error)
        return error;
    if (change->engine->dynamic && row->flags & FWPM_OBJECT_FLAG_PERSISTENT)
        return FWP_ERROR(FWP_E_LIFETIME_MISMATCH);
    if (wfp_guid_is_zero(&row->key) && UuidCreate(&row->key) != RPC_S_OK)
        return ERROR_GEN_FAILURE;
    if (wfp_filter(tables, 0, &row->key))
        return FWP_ERROR(FWP_E_ALREADY_EXISTS);
    if (tables->filter_count == WFP_FILTERS)
        return ERROR_NOT_ENOUGH_MEMORY;
    row->session = session_of_new(change->engine);
    row->id = ++tables->last_filter;
    tables->filters[tables->filter_count++] = *row;
    return 0;
}

static void record_filter(struct record *record, const struct wfp_filter *row)
{
    char text[WFP_CONDITION_TEXT];
    if (record->off)
        return;
    record_wide(record, "name", row->name);
    record_utf8(record, "layer", wfp_layer_name((enum wfp_layer)row->layer));
    record_guid(record, "sublayer", &row->sublayer);
    record_utf8(record, "action", wfp_action_name(row->action));
    wfp_weight_text(row, text);
    record_utf8(record, "weight", text);
    record_list(record, "conditions");
    for (uint32_t i = 0; i < row->condition_count && i < WFP_CONDITIONS; i++) {
        wchar_t wide[WFP_CONDITION_TEXT];
        wfp_condition_text(row, &row->conditions[i], text);
        MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, WFP_CONDITION_TEXT);
        record_list_wide(record, wide);
    }
    record_list_end(record);
}

DWORD WINAPI FwpmFilterAdd0(HANDLE handle, const FWPM_FILTER0 *filter,
                            PSECURITY_DESCRIPTOR security, UINT64 *id)
{
    struct watch watch;
    struct change change;
    struct wfp_filter row;
    uint32_t error = watch_begin(&watch, CALL_FwpmFilterAdd0);
    (void)security;
    if (!filter)
        return watch_end(&watch, error ? error : FWP_ERROR(FWP_E_NULL_POINTER));
    uint32_t invalid = take_filter(filter, &row);
    record_filter(&watch.record, &row);
    if (!error)
        error = invalid;
    if (!error)
        error = change_begin(handle, &change);
    if (error)
        return watch_end(&watch, error);
    record_flag(&watch.record, "dynamic", change.engine->dynamic);
    record_flag(&watch.record, "transaction", change.engine->in_transaction);
    error = change_end(&change, add_filter(&change, filter, &row));
    if (!error && id)
        *id = row.id;
    return watch_end(&watch, error);
}

/* ---- deleting ---- */

static uint32_t delete_filter(enum call call, HANDLE handle, uint64_t id, const GUID *key)
{
    struct watch watch;
    struct change change;
    uint32_t error = watch_begin(&watch, call);
    if (key)
        record_guid(&watch.record, "key", key);
    else
        record_number(&watch.record, "id", id);
    if (!error && !id && !key)
        error = FWP_ERROR(FWP_E_FILTER_NOT_FOUND);
    if (!error)
        error = change_begin(handle, &change);
    if (error)
        return watch_end(&watch, error);
    struct wfp_tables *tables = change.tables;
    const struct wfp_filter *row = wfp_filter(tables, id, key);
    error = row ? may_delete(change.engine, row->session) : FWP_ERROR(FWP_E_FILTER_NOT_FOUND);
    if (!error)
        tables->filters[row - tables->filters] = tables->filters[--tables->filter_count];
    return watch_end(&watch, change_end(&change, error));
}

DWORD WINAPI FwpmFilterDeleteById0(HANDLE handle, UINT64 id)
{
    return delete_filter(CALL_FwpmFilterDeleteById0, handle, id, NULL);
}

DWORD WINAPI FwpmFilterDeleteByKey0(HANDLE handle, const GUID *key)
{
    return delete_filter(CALL_FwpmFilterDeleteByKey0, handle, 0, key);
}

/* ---- reading ---- */

static uint32_t get_filter(enum call call, HANDLE handle, uint64_t id, const GUID *key,
                           FWPM_FILTER0 **filter)
{
    struct watch watch;
    struct change view;
    uint32_t error = watch_begin(&watch, call);
    if (!error && (!filter || (!id && !key)))
        error = filter ? FWP_ERROR(FWP_E_FILTER_NOT_FOUND) : FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    const struct wfp_filter *row = wfp_filter(view.tables, id, key);
    struct filter_bundle *bundle = NULL;
    if (row && wfp_session_exists(view.tables, row->session)) {
        bundle = calloc(1, sizeof(*bundle));
        error = bundle ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    } else {
        error = FWP_ERROR(FWP_E_FILTER_NOT_FOUND);
    }
    if (bundle) {
        bundle_filter(row, bundle);
        *filter = &bundle->filter;
    }
    view_end(&view);
    return watch_end(&watch, error);
}

DWORD WINAPI FwpmFilterGetById0(HANDLE handle, UINT64 id, FWPM_FILTER0 **filter)
{
    return get_filter(CALL_FwpmFilterGetById0, handle, id, NULL, filter);
}

DWORD WINAPI FwpmFilterGetByKey0(HANDLE handle, const GUID *key, FWPM_FILTER0 **filter)
{
    return get_filter(CALL_FwpmFilterGetByKey0, handle, 0, key, filter);
}

/* A list of ids at the time of the call: filters that are deleted later are skipped. */
struct enumeration {
    uint32_t count, next;
    uint64_t ids[WFP_FILTERS];
};

static bool is_asked_for(const struct wfp_filter *row, const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    if (!template)
        return true;
    return wfp_guid_equal(&wfp_layer_keys[row->layer], &template->layerKey) &&
           (!template->providerKey || wfp_guid_equal(&row->provider, template->providerKey));
}

DWORD WINAPI FwpmFilterCreateEnumHandle0(HANDLE handle, const FWPM_FILTER_ENUM_TEMPLATE0 *template,
                                         HANDLE *enumeration)
{
    struct watch watch;
    struct change view;
    uint32_t error = watch_begin(&watch, CALL_FwpmFilterCreateEnumHandle0);
    if (!error && !enumeration)
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error && template && (template->numFilterConditions || template->flags))
        error = ERROR_NOT_SUPPORTED;
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    struct enumeration *list = calloc(1, sizeof(*list));
    for (uint32_t i = 0; list && i < view.tables->filter_count; i++) {
        const struct wfp_filter *row = &view.tables->filters[i];
        if (is_asked_for(row, template) && wfp_session_exists(view.tables, row->session))
            list->ids[list->count++] = row->id;
    }
    view_end(&view);
    *enumeration = list;
    return watch_end(&watch, list ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

/* The array and everything that it points to are one block of memory. */
DWORD WINAPI FwpmFilterEnum0(HANDLE handle, HANDLE enumeration, UINT32 wanted,
                             FWPM_FILTER0 ***entries, UINT32 *returned)
{
    struct watch watch;
    struct change view;
    struct enumeration *list = enumeration;
    uint32_t error = watch_begin(&watch, CALL_FwpmFilterEnum0);
    if (!error && (!list || !entries || !returned))
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    uint32_t most = list->count - list->next < wanted ? list->count - list->next : wanted;
    size_t pointers = (most * sizeof(FWPM_FILTER0 *) + 15) & ~(size_t)15;
    char *memory = calloc(1, pointers + most * sizeof(struct filter_bundle) + 1);
    uint32_t count = 0;
    for (; memory && count < most && list->next < list->count; list->next++) {
        const struct wfp_filter *row = wfp_filter(view.tables, list->ids[list->next], NULL);
        if (!row)
            continue;
        struct filter_bundle *bundle = (struct filter_bundle *)(void *)(memory + pointers) + count;
        bundle_filter(row, bundle);
        ((FWPM_FILTER0 **)(void *)memory)[count++] = &bundle->filter;
    }
    view_end(&view);
    if (!memory)
        return watch_end(&watch, ERROR_NOT_ENOUGH_MEMORY);
    *entries = (FWPM_FILTER0 **)(void *)memory;
    *returned = count;
    return watch_end(&watch, 0);
}

DWORD WINAPI FwpmFilterDestroyEnumHandle0(HANDLE handle, HANDLE enumeration)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_FwpmFilterDestroyEnumHandle0);
    (void)handle;
    if (!error)
        free(enumeration);
    return watch_end(&watch, error);
}

/* ---- programs ---- */

struct app_id_bundle {
    FWP_BYTE_BLOB blob; /* must be first: the caller frees it */
    wchar_t text[WFP_APP_ID_UNITS];
};

DWORD WINAPI FwpmGetAppIdFromFileName0(const wchar_t *file, FWP_BYTE_BLOB **id)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_FwpmGetAppIdFromFileName0);
    record_wide(&watch.record, "file", file);
    if (!error && (!file || !id))
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error && GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES)
        error = GetLastError();
    if (error)
        return watch_end(&watch, error);
    struct app_id_bundle *bundle = calloc(1, sizeof(*bundle));
    if (!bundle)
        return watch_end(&watch, ERROR_NOT_ENOUGH_MEMORY);
    size_t length = wfp_app_id(file, bundle->text);
    if (!length) {
        free(bundle);
        return watch_end(&watch, ERROR_BAD_PATHNAME);
    }
    bundle->blob.size = (UINT32)((length + 1) * sizeof(wchar_t));
    bundle->blob.data = (UINT8 *)bundle->text;
    *id = &bundle->blob;
    return watch_end(&watch, 0);
}
