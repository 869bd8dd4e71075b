/* SPDX-License-Identifier: MIT */
/* Lists of objects. An enumerator is not live: what has come since is not in it. What has gone
 * since is left out. Errors as in Microsoft's documentation of each function. */
#include "bundle.h"

/* What an enumerator lists. */
struct list_kind {
    /* NULL: the object has gone. */
    const void *(*find)(const struct wfp_tables *tables, const GUID *key);
    size_t (*size)(const void *row); /* of its bundle */
    void (*bundle)(const void *row, void *bundle);
};

struct list {
    const struct list_kind *kind;
    uint32_t count, next;
    GUID keys[];
};

/* ---- the kinds ---- */

static const void *find_filter(const struct wfp_tables *tables, const GUID *key)
{
    return wfp_filter(tables, 0, key);
}

static const void *find_provider(const struct wfp_tables *tables, const GUID *key)
{
    return wfp_provider(tables, key);
}

static const void *find_sublayer(const struct wfp_tables *tables, const GUID *key)
{
    return wfp_sublayer(tables, key);
}

static const void *find_session(const struct wfp_tables *tables, const GUID *key)
{
    for (uint32_t i = 0; i < tables->session_count; i++)
        if (wfp_guid_equal(&tables->sessions[i].key, key))
            return &tables->sessions[i];
    return NULL;
}

static size_t size_of_filter(const void *row)
{
    return filter_bundle_size(row);
}

static size_t size_of_provider(const void *row)
{
    (void)row;
    return sizeof(struct provider_bundle);
}

static size_t size_of_sublayer(const void *row)
{
    (void)row;
    return sizeof(struct sublayer_bundle);
}

static size_t size_of_session(const void *row)
{
    (void)row;
    return sizeof(struct session_bundle);
}

static void put_filter(const void *row, void *bundle)
{
    bundle_filter(row, bundle);
}

static void put_provider(const void *row, void *bundle)
{
    bundle_provider(row, bundle);
}

static void put_sublayer(const void *row, void *bundle)
{
    bundle_sublayer(row, bundle);
}

static void put_session(const void *row, void *bundle)
{
    bundle_session(row, bundle);
}

static const struct list_kind filter_kind = {find_filter, size_of_filter, put_filter};
static const struct list_kind provider_kind = {find_provider, size_of_provider, put_provider};
static const struct list_kind sublayer_kind = {find_sublayer, size_of_sublayer, put_sublayer};
static const struct list_kind session_kind = {find_session, size_of_session, put_session};

/* ---- lists of any kind ---- */

/* Adds the keys of the rows that are asked for. */
typedef void list_filler(const struct wfp_tables *tables, const void *template, struct list *list);

static uint32_t list_create(enum call call, HANDLE handle, const struct list_kind *kind,
                            list_filler *fill, const void *template, uint32_t invalid,
                            HANDLE *enumeration)
{
    struct watch watch;
    struct change view;
    uint32_t error = watch_begin(&watch, call);
    if (!error && !enumeration)
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = invalid;
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    const struct wfp_tables *tables = view.tables;
    const uint32_t most = tables->filter_count + tables->provider_count + tables->sublayer_count +
                          tables->session_count;
    struct list *list = calloc(1, sizeof(*list) + most * sizeof(list->keys[0]));
    if (list) {
        list->kind = kind;
        fill(tables, template, list);
        *enumeration = list;
    }
    view_end(&view);
    return watch_end(&watch, list ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

/* The next rows that are still there, `most` at most. Returns how many; `*size` is that of their
 * bundles. */
static uint32_t list_take(const struct wfp_tables *tables, struct list *list, uint32_t most,
                          const void *rows[], size_t *size)
{
    uint32_t count = 0;
    *size = 0;
    for (; count < most && list->next < list->count; list->next++) {
        rows[count] = list->kind->find(tables, &list->keys[list->next]);
        if (rows[count])
            *size += aligned(list->kind->size(rows[count++]));
    }
    return count;
}

/* The array and everything that it points to are one block of memory. NULL: there is none. */
static void **list_bundle(const struct list *list, const void *const rows[], uint32_t count,
                          size_t size)
{
    const size_t pointers = aligned(count * sizeof(void *));
    char *memory = calloc(1, pointers + size + 1);
    if (!memory)
        return NULL;
    char *place = memory + pointers;
    for (uint32_t i = 0; i < count; i++) {
        ((void **)(void *)memory)[i] = place;
        list->kind->bundle(rows[i], place);
        place += aligned(list->kind->size(rows[i]));
    }
    return (void **)(void *)memory;
}

static uint32_t list_next(enum call call, HANDLE handle, HANDLE enumeration, UINT32 wanted,
                          void ***entries, UINT32 *returned)
{
    struct watch watch;
    struct change view;
    struct list *list = enumeration;
    uint32_t error = watch_begin(&watch, call);
    if (!error && (!list || !entries || !returned))
        error = FWP_ERROR(FWP_E_NULL_POINTER);
    if (!error)
        error = view_begin(handle, &view);
    if (error)
        return watch_end(&watch, error);
    const uint32_t left = list->count - list->next, most = left < wanted ? left : wanted;
    const void **rows = calloc(most + 1, sizeof(*rows));
    size_t size;
    *returned = rows ? list_take(view.tables, list, most, rows, &size) : 0;
    *entries = rows ? list_bundle(list, rows, *returned, size) : NULL;
    view_end(&view);
    free(rows);
    return watch_end(&watch, *entries ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

/* Also after BFE has gone. */
static uint32_t list_destroy(enum call call, HANDLE enumeration)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, call);
    if (!error)
        free(enumeration);
    return watch_end(&watch, error);
}

/* ---- filters ---- */

/* Flags of FWPM_FILTER_ENUM_TEMPLATE0, of which MinGW's headers have none. */
enum { BOOTTIME_ONLY = 0x4, INCLUDE_BOOTTIME = 0x8, INCLUDE_DISABLED = 0x10, ALL_FLAGS = 0x1F };

/* "If enumTemplate is NULL, all filters are returned": whether those for the boot and disabled ones
 * are among them, of which there are flags in the template, is not documented. Here they are not.
 */
static bool is_filter_asked_for(const struct wfp_filter *row,
                                const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    const bool is_for_boot = row->flags & WFP_FILTER_BOOTTIME;
    const bool is_disabled = row->flags & WFP_FILTER_DISABLED;
    const UINT32 flags = template ? template->flags : 0;
    if (flags & BOOTTIME_ONLY ? !is_for_boot
                              : (is_for_boot && !(flags & INCLUDE_BOOTTIME)) ||
                                    (is_disabled && !(flags & INCLUDE_DISABLED)))
        return false;
    return !template ||
           (wfp_guid_equal(&wfp_layer_keys[row->layer], &template->layerKey) &&
            (row->action & template->actionMask) &&
            (!template->providerKey || wfp_guid_equal(&row->provider, template->providerKey)));
}

static void list_filters(const struct wfp_tables *tables, const void *template, struct list *list)
{
    for (uint32_t i = 0; i < tables->filter_count; i++) {
        const struct wfp_filter *row = &tables->filters[i];
        if (is_filter_asked_for(row, template) && wfp_session_exists(tables, row->session))
            list->keys[list->count++] = row->key;
    }
}

/* A template names one layer. Without a layer, programs on Windows have got this error. */
static uint32_t check_template(const FWPM_FILTER_ENUM_TEMPLATE0 *template)
{
    if (!template)
        return 0;
    if (template->flags & ~(UINT32)ALL_FLAGS)
        return FWP_ERROR(FWP_E_INVALID_FLAGS);
    if (wfp_layer_by_key(&template->layerKey) == WFP_LAYERS)
        return FWP_ERROR(FWP_E_LAYER_NOT_FOUND);
    return template->numFilterConditions || template->providerContextTemplate ||
                   template->flags & ~(UINT32)(BOOTTIME_ONLY | INCLUDE_BOOTTIME | INCLUDE_DISABLED)
               ? ERROR_NOT_SUPPORTED /* by the model */
               : 0;
}

DWORD WINAPI FwpmFilterCreateEnumHandle0(HANDLE handle, const FWPM_FILTER_ENUM_TEMPLATE0 *template,
                                         HANDLE *enumeration)
{
    return list_create(CALL_FwpmFilterCreateEnumHandle0, handle, &filter_kind, list_filters,
                       template, check_template(template), enumeration);
}

DWORD WINAPI FwpmFilterEnum0(HANDLE handle, HANDLE enumeration, UINT32 wanted,
                             FWPM_FILTER0 ***entries, UINT32 *returned)
{
    return list_next(CALL_FwpmFilterEnum0, handle, enumeration, wanted, (void ***)entries,
                     returned);
}

DWORD WINAPI FwpmFilterDestroyEnumHandle0(HANDLE handle, HANDLE enumeration)
{
    (void)handle;
    return list_destroy(CALL_FwpmFilterDestroyEnumHandle0, enumeration);
}

/* ---- providers ---- */

/* Disabled ones, too: they have a flag. */
static void list_providers(const struct wfp_tables *tables, const void *template, struct list *list)
{
    (void)template;
    for (uint32_t i = 0; i < tables->provider_count; i++)
        if (wfp_session_exists(tables, tables->providers[i].session))
            list->keys[list->count++] = tables->providers[i].key;
}

DWORD WINAPI FwpmProviderCreateEnumHandle0(HANDLE handle,
                                           const FWPM_PROVIDER_ENUM_TEMPLATE0 *template,
                                           HANDLE *enumeration)
{
    return list_create(CALL_FwpmProviderCreateEnumHandle0, handle, &provider_kind, list_providers,
                       template, 0, enumeration);
}

DWORD WINAPI FwpmProviderEnum0(HANDLE handle, HANDLE enumeration, UINT32 wanted,
                               FWPM_PROVIDER0 ***entries, UINT32 *returned)
{
    return list_next(CALL_FwpmProviderEnum0, handle, enumeration, wanted, (void ***)entries,
                     returned);
}

DWORD WINAPI FwpmProviderDestroyEnumHandle0(HANDLE handle, HANDLE enumeration)
{
    (void)handle;
    return list_destroy(CALL_FwpmProviderDestroyEnumHandle0, enumeration);
}

/* ---- sublayers ---- */

static void list_sublayers(const struct wfp_tables *tables, const void *template, struct list *list)
{
    const GUID *provider =
        template ? ((const FWPM_SUBLAYER_ENUM_TEMPLATE0 *)template)->providerKey : NULL;
    for (uint32_t i = 0; i < tables->sublayer_count; i++) {
        const struct wfp_sublayer *row = &tables->sublayers[i];
        if ((!provider || wfp_guid_equal(&row->provider, provider)) &&
            wfp_session_exists(tables, row->session))
            list->keys[list->count++] = row->key;
    }
}

DWORD WINAPI FwpmSubLayerCreateEnumHandle0(HANDLE handle,
                                           const FWPM_SUBLAYER_ENUM_TEMPLATE0 *template,
                                           HANDLE *enumeration)
{
    return list_create(CALL_FwpmSubLayerCreateEnumHandle0, handle, &sublayer_kind, list_sublayers,
                       template, 0, enumeration);
}

DWORD WINAPI FwpmSubLayerEnum0(HANDLE handle, HANDLE enumeration, UINT32 wanted,
                               FWPM_SUBLAYER0 ***entries, UINT32 *returned)
{
    return list_next(CALL_FwpmSubLayerEnum0, handle, enumeration, wanted, (void ***)entries,
                     returned);
}

DWORD WINAPI FwpmSubLayerDestroyEnumHandle0(HANDLE handle, HANDLE enumeration)
{
    (void)handle;
    return list_destroy(CALL_FwpmSubLayerDestroyEnumHandle0, enumeration);
}

/* ---- sessions ---- */

static void list_sessions(const struct wfp_tables *tables, const void *template, struct list *list)
{
    (void)template;
    for (uint32_t i = 0; i < tables->session_count; i++)
        if (!machine_process_is_dead(tables->sessions[i].owner))
            list->keys[list->count++] = tables->sessions[i].key;
}

DWORD WINAPI FwpmSessionCreateEnumHandle0(HANDLE handle,
                                          const FWPM_SESSION_ENUM_TEMPLATE0 *template,
                                          HANDLE *enumeration)
{
    return list_create(CALL_FwpmSessionCreateEnumHandle0, handle, &session_kind, list_sessions,
                       template, 0, enumeration);
}

DWORD WINAPI FwpmSessionEnum0(HANDLE handle, HANDLE enumeration, UINT32 wanted,
                              FWPM_SESSION0 ***entries, UINT32 *returned)
{
    return list_next(CALL_FwpmSessionEnum0, handle, enumeration, wanted, (void ***)entries,
                     returned);
}

DWORD WINAPI FwpmSessionDestroyEnumHandle0(HANDLE handle, HANDLE enumeration)
{
    (void)handle;
    return list_destroy(CALL_FwpmSessionDestroyEnumHandle0, enumeration);
}
