/* SPDX-License-Identifier: MIT */
/* What another program does to the packet filters. No faults apply to it. */
#include "firewall_edit.h"

#include "arbitration.h"
#include "rows_json.h"

#include <fwptypes.h>
#include <rpc.h>
#include <string.h>

enum { PATIENCE_MILLISECONDS = 15000 };

static const char *text_of(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text ? text : "";
}

/* ---- objects ---- */

/* "{55086615-...}"; false: it is missing. */
static bool json_guid(const cJSON *json, const char *name, GUID *guid)
{
    char text[40] = "";
    strncpy(text, text_of(json, name), sizeof(text) - 1);
    const size_t length = strlen(text);
    if (length < 2 || *text != '{')
        return false;
    text[length - 1] = 0;
    return UuidFromStringA((unsigned char *)text + 1, guid) == RPC_S_OK;
}

static bool delete_filter(struct wfp_tables *tables, uint32_t id)
{
    const struct wfp_filter *row = id ? wfp_filter(tables, id, NULL) : NULL;
    if (row)
        tables->filters[row - tables->filters] = tables->filters[--tables->filter_count];
    return row;
}

static bool do_delete_filter(struct wfp_tables *tables, const cJSON *request)
{
    uint32_t id;
    return json_number(request, "id", &id) && delete_filter(tables, id);
}

/* Its weight is that of no other. */
static bool do_add_sublayer(struct wfp_tables *tables, const cJSON *request)
{
    uint32_t weight;
    struct wfp_sublayer row = {.name = L"Fabrikam"};
    if (tables->sublayer_count == WFP_SUBLAYERS || !json_number(request, "weight", &weight) ||
        !json_text(request, "name", row.name, ARRAYSIZE(row.name)))
        return false;
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (tables->sublayers[i].weight == weight)
            return false;
    row.weight = weight;
    UuidCreate(&row.key);
    tables->sublayers[tables->sublayer_count++] = row;
    return true;
}

static const struct wfp_sublayer *named_sublayer(const struct wfp_tables *tables,
                                                 const cJSON *request)
{
    wchar_t name[WFP_NAME_UNITS] = L"Fabrikam";
    if (!json_text(request, "sublayer", name, ARRAYSIZE(name)))
        return NULL;
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (wcscmp(tables->sublayers[i].name, name) == 0)
            return &tables->sublayers[i];
    return NULL;
}

static enum wfp_layer named_layer(const cJSON *request)
{
    enum wfp_layer layer = 0;
    while (layer < WFP_LAYERS && strcmp(wfp_layer_name(layer), text_of(request, "layer")) != 0)
        layer++;
    return layer;
}

static bool is_used(const struct wfp_tables *tables, const GUID *sublayer, const GUID *provider)
{
    for (uint32_t i = 0; i < tables->filter_count; i++)
        if ((sublayer && wfp_guid_equal(&tables->filters[i].sublayer, sublayer)) ||
            (provider && wfp_guid_equal(&tables->filters[i].provider, provider)))
            return true;
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (provider && wfp_guid_equal(&tables->sublayers[i].provider, provider))
            return true;
    return false;
}

static bool do_delete_sublayer(struct wfp_tables *tables, const cJSON *request)
{
    GUID key;
    const struct wfp_sublayer *row =
        json_guid(request, "key", &key) ? wfp_sublayer(tables, &key) : NULL;
    if (!row || is_used(tables, &key, NULL))
        return false;
    tables->sublayers[row - tables->sublayers] = tables->sublayers[--tables->sublayer_count];
    return true;
}

static bool do_delete_provider(struct wfp_tables *tables, const cJSON *request)
{
    GUID key;
    const struct wfp_provider *row =
        json_guid(request, "key", &key) ? wfp_provider(tables, &key) : NULL;
    if (!row || is_used(tables, NULL, &key))
        return false;
    tables->providers[row - tables->providers] = tables->providers[--tables->provider_count];
    return true;
}

/* Static unless it is said to be persistent, and heavier than anything else in its sublayer. */
static bool do_add_filter(struct wfp_tables *tables, const cJSON *request)
{
    const struct wfp_sublayer *sublayer = named_sublayer(tables, request);
    const enum wfp_layer layer = named_layer(request);
    const bool is_block = strcmp(text_of(request, "filter_action"), "block") == 0;
    if (!sublayer || layer == WFP_LAYERS || tables->filter_count == WFP_FILTERS)
        return false;
    struct wfp_filter row = {
        .id = ++tables->last_filter,
        .sublayer = sublayer->key,
        .layer = (uint32_t)layer,
        .flags = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, "hard"))
                     ? WFP_FILTER_CLEAR_ACTION_RIGHT
                     : 0,
        .action = is_block ? FWP_ACTION_BLOCK : FWP_ACTION_PERMIT,
        .weight_type = FWP_UINT8,
        .weight = 15,
        .name = L"Fabrikam",
    };
    if (!json_guid(request, "key", &row.key))
        UuidCreate(&row.key);
    json_guid(request, "provider", &row.provider);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, "persistent")))
        row.flags |= WFP_PERSISTENT;
    row.effective_weight = wfp_effective_weight(&row);
    tables->filters[tables->filter_count++] = row;
    return true;
}

/* ---- the lock ---- */

/* By the process of the test. */
static struct wfp_transaction held;
static uint64_t held_session; /* 0: none */

/* ---- requests ---- */

static bool commit_change(struct wfp *wfp, const cJSON *request,
                          bool change(struct wfp_tables *, const cJSON *))
{
    struct wfp_transaction transaction;
    bool is_done = false;
    if (!wfp_begin(wfp, PATIENCE_MILLISECONDS, &transaction))
        return false;
    if (wfp_step(wfp, &transaction)) {
        is_done = change(transaction.tables, request);
        wfp_step_end(wfp);
    }
    if (is_done)
        return wfp_commit(wfp, &transaction);
    wfp_abort(wfp, &transaction);
    return false;
}

static bool hold(struct wfp *wfp)
{
    struct wfp_session row = {.owner = machine_process_mark(), .name = L"Fabrikam"};
    if (held_session || wfp_open_session(wfp, &row))
        return false;
    held_session = row.id;
    return wfp_begin(wfp, PATIENCE_MILLISECONDS, &held);
}

static bool release(struct wfp *wfp)
{
    if (!held_session)
        return false;
    wfp_abort(wfp, &held);
    wfp_close_session(wfp, held_session);
    held_session = 0;
    return true;
}

bool firewall_edit_as_other(struct wfp *wfp, const cJSON *request)
{
    static const struct {
        const char *action;
        bool (*change)(struct wfp_tables *, const cJSON *);
    } changes[] = {
        {"delete_filter", do_delete_filter},     {"delete_sublayer", do_delete_sublayer},
        {"delete_provider", do_delete_provider}, {"add_sublayer", do_add_sublayer},
        {"add_filter", do_add_filter},
    };
    const char *action = text_of(request, "action");
    if (strcmp(action, "hold") == 0)
        return hold(wfp);
    if (strcmp(action, "release") == 0)
        return release(wfp);
    for (size_t i = 0; i < ARRAYSIZE(changes); i++)
        if (strcmp(changes[i].action, action) == 0)
            return commit_change(wfp, request, changes[i].change);
    return false;
}
