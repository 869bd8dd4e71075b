/* SPDX-License-Identifier: MIT */
/* Providers and sublayers. Errors as in Microsoft's documentation of each function. */
#include "bundle.h"

static uint32_t make_key(GUID *key)
{
    return wfp_guid_is_zero(key) && UuidCreate(key) != RPC_S_OK ? ERROR_GEN_FAILURE : 0;
}

static uint32_t check_object(const struct engine *engine, const wchar_t *name, uint32_t flags)
{
    if (!name)
        return FWP_ERROR(FWP_E_NULL_DISPLAY_NAME);
    if (flags & ~(uint32_t)WFP_PERSISTENT)
        return FWP_ERROR(FWP_E_INVALID_FLAGS);
    return engine->dynamic && flags ? FWP_ERROR(FWP_E_LIFETIME_MISMATCH) : 0;
}

/* ---- providers ---- */

/* How much data Windows keeps, and what it says of more, is not documented. */
static uint32_t take_provider(const FWPM_PROVIDER0 *wanted, struct wfp_provider *row)
{
    const FWP_BYTE_BLOB *data = &wanted->providerData;
    row->key = wanted->providerKey;
    row->flags = wanted->flags;
    if (data->size && !data->data)
        return FWP_ERROR(FWP_E_NULL_POINTER);
    if (data->size > sizeof(row->data) ||
        (wanted->serviceName && wcslen(wanted->serviceName) >= WFP_SERVICE_UNITS))
        return ERROR_NOT_ENOUGH_MEMORY;
    if (data->size)
        memcpy(row->data, data->data, data->size);
    row->data_size = data->size;
    if (wanted->serviceName)
        wcscpy(row->service, wanted->serviceName);
    take_text(wanted->displayData.name, row->name);
    take_text(wanted->displayData.description, row->description);
    return make_key(&row->key);
}

static uint32_t add_provider(struct change *change, const FWPM_PROVIDER0 *wanted)
{
    struct wfp_tables *tables = change->tables;
    uint32_t error = check_object(change->engine, wanted->displayData.name, wanted->flags);
    if (error)
        return error;
    if (tables->provider_count == WFP_PROVIDERS)
        return ERROR_NOT_ENOUGH_MEMORY;
    struct wfp_provider *row = &tables->providers[tables->provider_count];
    *row = (struct wfp_provider){.session = session_of_new(change->engine)};
    error = take_provider(wanted, row);
    if (!error && wfp_provider(tables, &row->key))
        error = FWP_ERROR(FWP_E_ALREADY_EXISTS);
    if (!error)
        tables->provider_count++;
    return error;
}

DWORD WINAPI FwpmProviderAdd0(HANDLE handle, const FWPM_PROVIDER0 *provider,
                              PSECURITY_DESCRIPTOR security)
{
    struct watch watch;
    struct change change;
    uint32_t error = watch_begin(&watch, CALL_FwpmProviderAdd0);
    (void)security;
    if (!error && !provider)
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (error)
        return watch_end(&watch, error);
    record_guid(&watch.record, "key", &provider->providerKey);
    record_wide(&watch.record, "name", provider->displayData.name);
    record_hex(&watch.record, "flags", provider->flags);
    record_wide(&watch.record, "service", provider->serviceName);
    record_number(&watch.record, "data_size", provider->providerData.size);
    error = change_begin(handle, &change);
    if (!error)
        error = change_end(&change, add_provider(&change, provider));
    return watch_end(&watch, error);
}

static bool is_provider_in_use(const struct wfp_tables *tables, const GUID *key)
{
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (wfp_guid_equal(&tables->sublayers[i].provider, key))
            return true;
    for (uint32_t i = 0; i < tables->filter_count; i++)
        if (wfp_guid_equal(&tables->filters[i].provider, key))
            return true;
    return false;
}

static uint32_t delete_provider(struct change *change, const GUID *key)
{
    struct wfp_tables *tables = change->tables;
    const struct wfp_provider *row = wfp_provider(tables, key);
    if (!row)
        return FWP_ERROR(FWP_E_PROVIDER_NOT_FOUND);
    uint32_t error = may_delete(change->engine, row->session);
    if (!error && is_provider_in_use(tables, key))
        error = FWP_ERROR(FWP_E_IN_USE);
    if (!error)
        tables->providers[row - tables->providers] = tables->providers[--tables->provider_count];
    return error;
}

static uint32_t delete_object(enum call call, HANDLE handle, const GUID *key,
                              uint32_t delete (struct change *, const GUID *))
{
    struct watch watch;
    struct change change;
    uint32_t error = watch_begin(&watch, call);
    record_guid(&watch.record, "key", key);
    if (!error && !key)
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = change_begin(handle, &change);
    if (error)
        return watch_end(&watch, error);
    return watch_end(&watch, change_end(&change, delete (&change, key)));
}

DWORD WINAPI FwpmProviderDeleteByKey0(HANDLE handle, const GUID *key)
{
    return delete_object(CALL_FwpmProviderDeleteByKey0, handle, key, delete_provider);
}

DWORD WINAPI FwpmProviderGetByKey0(HANDLE handle, const GUID *key, FWPM_PROVIDER0 **provider)
{
    struct watch watch;
    struct change view;
    uint32_t error = watch_begin(&watch, CALL_FwpmProviderGetByKey0);
    record_guid(&watch.record, "key", key);
    if (!error && (!key || !provider))
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    const struct wfp_provider *row = wfp_provider(view.tables, key);
    struct provider_bundle *bundle = row ? calloc(1, sizeof(*bundle)) : NULL;
    if (bundle) {
        bundle_provider(row, bundle);
        *provider = &bundle->provider;
    }
    view_end(&view);
    if (!row)
        return watch_end(&watch, FWP_ERROR(FWP_E_PROVIDER_NOT_FOUND));
    return watch_end(&watch, bundle ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

/* ---- sublayers ---- */

static bool is_weight_free(const struct wfp_tables *tables, int64_t weight)
{
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (tables->sublayers[i].weight == weight)
            return false;
    return weight >= 0 && weight <= UINT16_MAX;
}

/* No two sublayers have the same weight: Windows is said to take the nearest that is free. Which of
 * two equally near ones is not known: the lower one is the worse for whoever wants to be on top. */
static uint32_t free_weight(const struct wfp_tables *tables, uint32_t wanted)
{
    for (int64_t distance = 0;; distance++) {
        if (is_weight_free(tables, wanted - distance))
            return (uint32_t)(wanted - distance);
        if (is_weight_free(tables, wanted + distance))
            return (uint32_t)(wanted + distance);
    }
}

static uint32_t add_sublayer(struct change *change, const FWPM_SUBLAYER0 *wanted)
{
    struct wfp_tables *tables = change->tables;
    struct wfp_sublayer row = {.session = session_of_new(change->engine),
                               .key = wanted->subLayerKey,
                               .provider = wanted->providerKey ? *wanted->providerKey : (GUID){0},
                               .flags = wanted->flags,
                               .weight = free_weight(tables, wanted->weight)};
    uint32_t error = check_object(change->engine, wanted->displayData.name, wanted->flags);
    if (!error && wanted->providerData.size)
        error = ERROR_NOT_SUPPORTED; /* the model keeps only providers' data */
    if (!error)
        error = make_key(&row.key);
    if (!error && wfp_sublayer(tables, &row.key))
        error = FWP_ERROR(FWP_E_ALREADY_EXISTS);
    if (!error)
        error = check_provider(
            tables, (struct lifetime){row.session, row.flags & WFP_PERSISTENT, &row.provider});
    if (!error && tables->sublayer_count == WFP_SUBLAYERS)
        error = FWP_ERROR(FWP_E_TOO_MANY_SUBLAYERS);
    if (error)
        return error;
    take_text(wanted->displayData.name, row.name);
    take_text(wanted->displayData.description, row.description);
    tables->sublayers[tables->sublayer_count++] = row;
    return 0;
}

DWORD WINAPI FwpmSubLayerAdd0(HANDLE handle, const FWPM_SUBLAYER0 *sublayer,
                              PSECURITY_DESCRIPTOR security)
{
    struct watch watch;
    struct change change;
    uint32_t error = watch_begin(&watch, CALL_FwpmSubLayerAdd0);
    (void)security;
    if (!error && !sublayer)
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (error)
        return watch_end(&watch, error);
    record_guid(&watch.record, "key", &sublayer->subLayerKey);
    record_wide(&watch.record, "name", sublayer->displayData.name);
    record_wide(&watch.record, "description", sublayer->displayData.description);
    record_hex(&watch.record, "flags", sublayer->flags);
    record_hex(&watch.record, "weight", sublayer->weight);
    error = change_begin(handle, &change);
    if (!error) {
        record_flag(&watch.record, "dynamic", change.engine->dynamic);
        error = change_end(&change, add_sublayer(&change, sublayer));
    }
    return watch_end(&watch, error);
}

static uint32_t delete_sublayer(struct change *change, const GUID *key)
{
    struct wfp_tables *tables = change->tables;
    const struct wfp_sublayer *row = wfp_sublayer(tables, key);
    if (!row)
        return FWP_ERROR(FWP_E_SUBLAYER_NOT_FOUND);
    if (wfp_guid_equal(key, &wfp_universal_sublayer))
        return FWP_ERROR(FWP_E_BUILTIN_OBJECT);
    for (uint32_t i = 0; i < tables->filter_count; i++)
        if (wfp_guid_equal(&tables->filters[i].sublayer, key))
            return FWP_ERROR(FWP_E_IN_USE);
    uint32_t error = may_delete(change->engine, row->session);
    if (!error)
        tables->sublayers[row - tables->sublayers] = tables->sublayers[--tables->sublayer_count];
    return error;
}

DWORD WINAPI FwpmSubLayerDeleteByKey0(HANDLE handle, const GUID *key)
{
    return delete_object(CALL_FwpmSubLayerDeleteByKey0, handle, key, delete_sublayer);
}

DWORD WINAPI FwpmSubLayerGetByKey0(HANDLE handle, const GUID *key, FWPM_SUBLAYER0 **sublayer)
{
    struct watch watch;
    struct change view;
    uint32_t error = watch_begin(&watch, CALL_FwpmSubLayerGetByKey0);
    record_guid(&watch.record, "key", key);
    if (!error && (!key || !sublayer))
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    const struct wfp_sublayer *row = wfp_sublayer(view.tables, key);
    struct sublayer_bundle *bundle = row ? calloc(1, sizeof(*bundle)) : NULL;
    if (bundle) {
        bundle_sublayer(row, bundle);
        *sublayer = &bundle->sublayer;
    }
    view_end(&view);
    if (!row)
        return watch_end(&watch, FWP_ERROR(FWP_E_SUBLAYER_NOT_FOUND));
    return watch_end(&watch, bundle ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

void WINAPI FwpmFreeMemory0(void **memory)
{
    if (!memory)
        return;
    free(*memory);
    *memory = NULL;
}
