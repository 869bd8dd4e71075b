/* SPDX-License-Identifier: MIT */
#include "firewall_json.h"

#include "describe.h"
#include "rows_json.h"

#include <stdio.h>
#include <stdlib.h>

static void add_guid(cJSON *json, const char *name, const GUID *guid)
{
    char text[WFP_GUID_TEXT];
    wfp_guid_text(guid, text);
    cJSON_AddStringToObject(json, name, text);
}

static void add_number(cJSON *json, const char *name, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)number);
    cJSON_AddStringToObject(json, name, text);
}

/* In hexadecimal. */
static void add_bytes(cJSON *json, const char *name, const uint8_t *bytes, size_t count)
{
    char *text = calloc(2, count + 1);
    for (size_t i = 0; text && i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    cJSON_AddStringToObject(json, name, text ? text : "");
    free(text);
}

static void add_sublayer_name(cJSON *json, const struct wfp_tables *tables, const GUID *key)
{
    const struct wfp_sublayer *sublayer = wfp_sublayer(tables, key);
    cJSON_AddItemToObject(json, "sublayer", json_from_text(sublayer ? sublayer->name : L"?"));
}

static cJSON *filter_to_json(const struct wfp_tables *tables, const struct wfp_filter *row)
{
    char text[WFP_CONDITION_TEXT];
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "name", json_from_text(row->name));
    cJSON_AddStringToObject(json, "layer", wfp_layer_name((enum wfp_layer)row->layer));
    add_sublayer_name(json, tables, &row->sublayer);
    cJSON_AddStringToObject(json, "action", wfp_action_name(row->action));
    wfp_weight_text(row, text);
    cJSON_AddStringToObject(json, "weight", text);
    cJSON_AddBoolToObject(json, "dynamic", row->session != 0);
    cJSON_AddNumberToObject(json, "flags", row->flags);
    cJSON *conditions = cJSON_AddArrayToObject(json, "conditions");
    for (uint32_t i = 0; i < row->condition_count; i++) {
        wfp_condition_text(row, &row->conditions[i], text);
        cJSON_AddItemToArray(conditions, cJSON_CreateString(text));
    }
    return json;
}

cJSON *firewall_filter_to_json(const struct wfp_tables *tables, const struct wfp_filter *row)
{
    cJSON *json = filter_to_json(tables, row);
    cJSON_AddNumberToObject(json, "id", (double)row->id);
    add_guid(json, "key", &row->key);
    add_guid(json, "provider", &row->provider);
    add_number(json, "effective_weight", row->effective_weight);
    return json;
}

typedef cJSON *show_filter(const struct wfp_tables *tables, const struct wfp_filter *row);

/* In the order in which they were added. */
static cJSON *filters_to_json(const struct wfp_tables *tables, show_filter *show)
{
    cJSON *array = cJSON_CreateArray();
    uint64_t shown = 0;
    for (;;) {
        const struct wfp_filter *next = NULL;
        for (uint32_t i = 0; i < tables->filter_count; i++) {
            const struct wfp_filter *row = &tables->filters[i];
            if (row->id > shown && (!next || row->id < next->id) &&
                wfp_session_exists(tables, row->session))
                next = row;
        }
        if (!next)
            break;
        shown = next->id;
        cJSON_AddItemToArray(array, show(tables, next));
    }
    return array;
}

cJSON *firewall_filters_to_json(struct wfp *wfp)
{
    cJSON *array = filters_to_json(wfp_read(wfp), filter_to_json);
    wfp_read_end(wfp);
    return array;
}

static void add_providers(cJSON *json, const struct wfp_tables *tables)
{
    cJSON *array = cJSON_AddArrayToObject(json, "providers");
    for (uint32_t i = 0; i < tables->provider_count; i++) {
        const struct wfp_provider *row = &tables->providers[i];
        if (!wfp_session_exists(tables, row->session))
            continue;
        cJSON *item = cJSON_CreateObject();
        add_guid(item, "key", &row->key);
        cJSON_AddItemToObject(item, "name", json_from_text(row->name));
        cJSON_AddItemToObject(item, "description", json_from_text(row->description));
        cJSON_AddItemToObject(item, "service", json_from_text(row->service));
        cJSON_AddNumberToObject(item, "flags", row->flags);
        cJSON_AddBoolToObject(item, "dynamic", row->session != 0);
        add_bytes(item, "data", row->data, row->data_size);
        cJSON_AddItemToArray(array, item);
    }
}

static void add_sublayers(cJSON *json, const struct wfp_tables *tables)
{
    cJSON *array = cJSON_AddArrayToObject(json, "sublayers");
    for (uint32_t i = 0; i < tables->sublayer_count; i++) {
        const struct wfp_sublayer *row = &tables->sublayers[i];
        if (!wfp_session_exists(tables, row->session))
            continue;
        cJSON *item = cJSON_CreateObject();
        add_guid(item, "key", &row->key);
        add_guid(item, "provider", &row->provider);
        cJSON_AddItemToObject(item, "name", json_from_text(row->name));
        cJSON_AddItemToObject(item, "description", json_from_text(row->description));
        cJSON_AddNumberToObject(item, "weight", row->weight);
        cJSON_AddNumberToObject(item, "flags", row->flags);
        cJSON_AddBoolToObject(item, "dynamic", row->session != 0);
        cJSON_AddItemToArray(array, item);
    }
}

static void add_sessions(cJSON *json, const struct wfp_tables *tables)
{
    cJSON *array = cJSON_AddArrayToObject(json, "sessions");
    for (uint32_t i = 0; i < tables->session_count; i++) {
        const struct wfp_session *row = &tables->sessions[i];
        if (machine_process_is_dead(row->owner))
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "id", (double)row->id);
        cJSON_AddNumberToObject(item, "pid", (double)((uint64_t)row->owner >> 32));
        cJSON_AddItemToObject(item, "name", json_from_text(row->name));
        cJSON_AddBoolToObject(item, "dynamic", row->dynamic != 0);
        cJSON_AddItemToArray(array, item);
    }
}

static const char *const phases[] = {
    [WFP_BOOT] = "boot",
    [WFP_STOPPED] = "stopped",
    [WFP_RUNNING] = "running",
};

cJSON *firewall_to_json(struct wfp *wfp)
{
    cJSON *json = cJSON_CreateObject();
    const struct wfp_tables *tables = wfp_read(wfp);
    cJSON_AddStringToObject(json, "phase", phases[tables->phase]);
    cJSON_AddItemToObject(json, "filters", filters_to_json(tables, firewall_filter_to_json));
    add_providers(json, tables);
    add_sublayers(json, tables);
    add_sessions(json, tables);
    wfp_read_end(wfp);
    return json;
}
