/* SPDX-License-Identifier: MIT */
/* Filters. Errors as in Microsoft's documentation of each function. */
#include "bundle.h"
#include "wanted.h"

#include "describe.h"

/* ---- adding ---- */

/* That filters for the boot are treated like persistent ones is not documented. */
static uint32_t check_references(const struct change *change, const struct wfp_filter *row)
{
    const bool is_persistent = row->flags & (WFP_PERSISTENT | WFP_FILTER_BOOTTIME);
    const struct lifetime lifetime = {session_of_new(change->engine), is_persistent,
                                      &row->provider};
    const struct wfp_sublayer *sublayer = wfp_sublayer(change->tables, &row->sublayer);
    if (!sublayer)
        return FWP_ERROR(FWP_E_SUBLAYER_NOT_FOUND);
    if (change->engine->dynamic && is_persistent)
        return FWP_ERROR(FWP_E_LIFETIME_MISMATCH);
    uint32_t error = check_provider(change->tables, lifetime);
    if (error || wfp_guid_equal(&row->sublayer, &wfp_universal_sublayer)) /* it lives forever */
        return error;
    return check_lifetime(lifetime,
                          (struct lifetime){sublayer->session, sublayer->flags & WFP_PERSISTENT,
                                            &sublayer->provider});
}

static uint32_t add_filter(struct change *change, struct wfp_filter *row)
{
    struct wfp_tables *tables = change->tables;
    uint32_t error = check_references(change, row);
    if (error)
        return error;
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
    record_guid(record, "key", &row->key);
    record_hex(record, "flags", row->flags);
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
    error = change_end(&change, add_filter(&change, &row));
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
        bundle = calloc(1, filter_bundle_size(row));
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
