/* SPDX-License-Identifier: MIT */
#include "firewall_json.h"

#include "arbitration.h"
#include "describe.h"
#include "rows_json.h"

#include <stdio.h>

enum { LOOPBACK_TYPE = 24 /* ifType */ };

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

/* In the order in which they were added. */
cJSON *firewall_filters_to_json(struct wfp *wfp)
{
    const struct wfp_tables *tables = wfp_read(wfp);
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
        cJSON_AddItemToArray(array, filter_to_json(tables, next));
    }
    wfp_read_end(wfp);
    return array;
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
        cJSON_AddBoolToObject(item, "dynamic", row->dynamic != 0);
        cJSON_AddItemToArray(array, item);
    }
}

cJSON *firewall_to_json(struct wfp *wfp)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "filters", firewall_filters_to_json(wfp));
    const struct wfp_tables *tables = wfp_read(wfp);
    add_sublayers(json, tables);
    add_sessions(json, tables);
    wfp_read_end(wfp);
    return json;
}

/* ---- verdicts ---- */

static bool take_address(const cJSON *json, const char *name, struct machine_ip *ip)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return !text || machine_ip_parse(text, ip);
}

static bool take_interface(struct machine *machine, const cJSON *json, struct wfp_packet *packet)
{
    uint32_t index;
    if (!json_number(json, "interface", &index))
        return false;
    const struct interface_row *adapter = machine_interface(machine, 0, index);
    if (!adapter)
        return false;
    packet->interface_luid = adapter->luid;
    packet->loopback = adapter->type == LOOPBACK_TYPE;
    return true;
}

static bool take_packet(struct machine *machine, const cJSON *json, struct wfp_packet *packet)
{
    static const wchar_t default_program[] = L"C:\\Windows\\System32\\svchost.exe";
    const char *direction =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "direction"));
    uint32_t remote_port = 0, local_port = 0, protocol = 17, loopback;
    wchar_t program[MAX_PATH];
    wcscpy(program, default_program);
    json_number(json, "remote_port", &remote_port);
    json_number(json, "local_port", &local_port);
    json_number(json, "protocol", &protocol);
    *packet = (struct wfp_packet){.inbound = direction && strcmp(direction, "in") == 0,
                                  .remote_port = (uint16_t)remote_port,
                                  .local_port = (uint16_t)local_port,
                                  .protocol = (uint8_t)protocol};
    if (!take_interface(machine, json, packet) ||
        !take_address(json, "remote_address", &packet->remote) ||
        !take_address(json, "local_address", &packet->local) || !packet->remote.family ||
        !json_text(json, "program", program, MAX_PATH) || !wfp_app_id(program, packet->program))
        return false;
    if (json_number(json, "loopback", &loopback))
        packet->loopback = loopback != 0;
    return true;
}

cJSON *firewall_verdict(struct machine *machine, struct wfp *wfp, const cJSON *request)
{
    struct wfp_packet packet;
    cJSON *answer = cJSON_CreateObject();
    if (!take_packet(machine, request, &packet)) {
        cJSON_AddStringToObject(answer, "error", "bad packet");
        return answer;
    }
    const struct wfp_tables *tables = wfp_read(wfp);
    struct wfp_verdict verdict = wfp_decide(tables, &packet);
    cJSON_AddStringToObject(answer, "action", verdict.permitted ? "permit" : "block");
    if (verdict.filter) {
        cJSON *filter = filter_to_json(tables, verdict.filter);
        cJSON_AddNumberToObject(filter, "id", (double)verdict.filter->id);
        add_number(filter, "effective_weight", verdict.filter->effective_weight);
        cJSON_AddItemToObject(answer, "filter", filter);
    } else {
        cJSON_AddNullToObject(answer, "filter");
    }
    wfp_read_end(wfp);
    return answer;
}
