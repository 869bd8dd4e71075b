/* SPDX-License-Identifier: MIT */
#include "rows_json.h"
#include "adapters.h"

#include <stdio.h>
#include <stdlib.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

/* A 32-bit or 8-bit field of a row, and its name. */
struct field {
    const char *name;
    size_t offset, size;
};
#define FIELD(row, member)                                                                         \
    {                                                                                              \
#member, offsetof(struct row, member), sizeof(((struct row *)NULL)->member)                \
    }

static const struct field route_fields[] = {
    FIELD(route_row, metric),
    FIELD(route_row, protocol),
    FIELD(route_row, origin),
    FIELD(route_row, valid_lifetime),
    FIELD(route_row, preferred_lifetime),
    FIELD(route_row, site_prefix_length),
    FIELD(route_row, loopback),
    FIELD(route_row, autoconfigure_address),
    FIELD(route_row, publish),
    FIELD(route_row, immortal),
};
static const struct field address_fields[] = {
    FIELD(address_row, prefix_length),      FIELD(address_row, prefix_origin),
    FIELD(address_row, suffix_origin),      FIELD(address_row, valid_lifetime),
    FIELD(address_row, preferred_lifetime), FIELD(address_row, dad_state),
    FIELD(address_row, scope_id),           FIELD(address_row, skip_as_source),
};
static const struct field interface_fields[] = {
    FIELD(interface_row, index),
    FIELD(interface_row, type),
    FIELD(interface_row, physical),
    FIELD(interface_row, vpn),
    FIELD(interface_row, connected),
    FIELD(interface_row, link_mtu),
    FIELD(interface_row, automatic_metric),
};
static const struct field ip_fields[] = {
    FIELD(interface_ip, present),
    FIELD(interface_ip, metric),
    FIELD(interface_ip, use_automatic_metric),
    FIELD(interface_ip, mtu),
    FIELD(interface_ip, forwarding),
    FIELD(interface_ip, advertising),
    FIELD(interface_ip, weak_host_send),
    FIELD(interface_ip, weak_host_receive),
    FIELD(interface_ip, advertise_default_route),
    FIELD(interface_ip, router_discovery),
    FIELD(interface_ip, dad_transmits),
    FIELD(interface_ip, disable_default_routes),
};

static void add_fields(cJSON *json, const void *row, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = (const uint8_t *)row + fields[i].offset;
        uint32_t value = fields[i].size == 1 ? *at : *(const uint32_t *)(const void *)at;
        cJSON_AddNumberToObject(json, fields[i].name, value);
    }
}

static void take_fields(const cJSON *json, void *row, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = (uint8_t *)row + fields[i].offset;
        uint32_t value;
        if (!json_number(json, fields[i].name, &value))
            continue;
        if (fields[i].size == 1)
            *at = (uint8_t)value;
        else
            *(uint32_t *)(void *)at = value;
    }
}

bool json_number(const cJSON *json, const char *name, uint32_t *number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (cJSON_IsBool(item)) {
        *number = cJSON_IsTrue(item) ? 1 : 0;
        return true;
    }
    if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > 4294967295.0)
        return false;
    *number = (uint32_t)item->valuedouble;
    return true;
}

bool json_text(const cJSON *json, const char *name, wchar_t *text, size_t count)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (!item)
        return true;
    return cJSON_IsString(item) &&
           MultiByteToWideChar(CP_UTF8, 0, item->valuestring, -1, text, (int)count) != 0;
}

cJSON *json_from_text(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = calloc(1, (size_t)size + 1);
    if (utf8)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, size, NULL, NULL);
    cJSON *json = cJSON_CreateString(utf8 ? utf8 : "");
    free(utf8);
    return json;
}

static void add_ip(cJSON *json, const char *name, const struct machine_ip *ip)
{
    char text[MACHINE_IP_TEXT];
    machine_ip_print(ip, text);
    cJSON_AddStringToObject(json, name, text);
}

static bool take_ip(const cJSON *json, const char *name, struct machine_ip *ip)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(item) && machine_ip_parse(item->valuestring, ip);
}

/* "10.8.0.0/16" */
static bool take_prefix(const cJSON *json, struct route_row *route)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "prefix");
    char text[MACHINE_IP_TEXT + 8], *slash;
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= sizeof(text))
        return false;
    strcpy(text, item->valuestring);
    slash = strchr(text, '/');
    if (!slash)
        return false;
    *slash = '\0';
    route->prefix_length = (uint8_t)atoi(slash + 1);
    return machine_ip_parse(text, &route->prefix);
}

/* Dumps: rows are sorted by their keys. */

static int compare_interfaces(const void *a, const void *b)
{
    const struct interface_row *x = *(const struct interface_row *const *)a;
    const struct interface_row *y = *(const struct interface_row *const *)b;
    return x->luid < y->luid ? -1 : x->luid > y->luid;
}

static int compare_addresses(const void *a, const void *b)
{
    const struct address_row *x = *(const struct address_row *const *)a;
    const struct address_row *y = *(const struct address_row *const *)b;
    if (x->luid != y->luid)
        return x->luid < y->luid ? -1 : 1;
    return memcmp(&x->address, &y->address, sizeof(x->address));
}

static int compare_routes(const void *a, const void *b)
{
    const struct route_row *x = *(const struct route_row *const *)a;
    const struct route_row *y = *(const struct route_row *const *)b;
    int order = memcmp(&x->prefix, &y->prefix, sizeof(x->prefix));
    if (!order)
        order = x->prefix_length - y->prefix_length;
    if (!order)
        order = memcmp(&x->next_hop, &y->next_hop, sizeof(x->next_hop));
    if (!order)
        order = x->luid < y->luid ? -1 : x->luid > y->luid;
    return order;
}

static cJSON *interface_to_json(struct machine *machine, const void *row)
{
    static const char *const families[INTERFACE_FAMILIES] = {"ipv4", "ipv6"};
    const struct interface_row *adapter = row;
    const uint8_t *bytes = adapter->guid;
    char luid[24], guid[40];
    GUID id;
    (void)machine;
    memcpy(&id, bytes, sizeof(id));
    snprintf(luid, sizeof(luid), "0x%llx", (unsigned long long)adapter->luid);
    snprintf(guid, sizeof(guid), "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", id.Data1,
             id.Data2, id.Data3, bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13],
             bytes[14], bytes[15]);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "luid", luid);
    cJSON_AddStringToObject(json, "guid", guid);
    cJSON_AddItemToObject(json, "alias", json_from_text(adapter->alias));
    cJSON_AddItemToObject(json, "description", json_from_text(adapter->description));
    cJSON_AddItemToObject(json, "component_id", json_from_text(adapter->component_id));
    add_fields(json, adapter, interface_fields, ARRAYSIZE(interface_fields));
    for (size_t family = 0; family < INTERFACE_FAMILIES; family++)
        add_fields(cJSON_AddObjectToObject(json, families[family]), &adapter->ip[family], ip_fields,
                   ARRAYSIZE(ip_fields));
    return json;
}

static void add_interface(struct machine *machine, cJSON *json, uint64_t luid)
{
    const struct interface_row *adapter = machine_interface(machine, luid, 0);
    cJSON_AddNumberToObject(json, "interface", adapter ? adapter->index : 0);
}

static cJSON *address_to_json(struct machine *machine, const void *row)
{
    const struct address_row *address = row;
    cJSON *json = cJSON_CreateObject();
    add_interface(machine, json, address->luid);
    add_ip(json, "address", &address->address);
    add_fields(json, address, address_fields, ARRAYSIZE(address_fields));
    return json;
}

static cJSON *route_to_json(struct machine *machine, const void *row)
{
    const struct route_row *route = row;
    char text[MACHINE_IP_TEXT], prefix[MACHINE_IP_TEXT + 8];
    cJSON *json = cJSON_CreateObject();
    machine_ip_print(&route->prefix, text);
    snprintf(prefix, sizeof(prefix), "%s/%u", text, route->prefix_length);
    add_interface(machine, json, route->luid);
    cJSON_AddStringToObject(json, "prefix", prefix);
    add_ip(json, "next_hop", &route->next_hop);
    add_fields(json, route, route_fields, ARRAYSIZE(route_fields));
    return json;
}

typedef const void *next_row(struct machine *machine, size_t *cursor);

static cJSON *table_to_json(struct machine *machine, next_row *next, size_t capacity,
                            int compare(const void *, const void *),
                            cJSON *to_json(struct machine *, const void *))
{
    cJSON *array = cJSON_CreateArray();
    const void **rows = malloc(capacity * sizeof(*rows)), *row;
    size_t count = 0;
    if (!rows)
        return array;
    for (size_t cursor = 0; count < capacity && (row = next(machine, &cursor));)
        rows[count++] = row;
    qsort(rows, count, sizeof(*rows), compare);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, to_json(machine, rows[i]));
    free(rows);
    return array;
}

static const void *next_interface(struct machine *machine, size_t *cursor)
{
    return machine_next_interface(machine, cursor);
}

static const void *next_address(struct machine *machine, size_t *cursor)
{
    return machine_next_address(machine, cursor);
}

static const void *next_route(struct machine *machine, size_t *cursor)
{
    return machine_next_route(machine, cursor);
}

cJSON *machine_to_json(struct machine *machine)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "interfaces",
                          table_to_json(machine, next_interface, MACHINE_INTERFACES,
                                        compare_interfaces, interface_to_json));
    cJSON_AddItemToObject(json, "addresses",
                          table_to_json(machine, next_address, MACHINE_ADDRESSES, compare_addresses,
                                        address_to_json));
    cJSON_AddItemToObject(
        json, "routes",
        table_to_json(machine, next_route, MACHINE_ROUTE_SLOTS, compare_routes, route_to_json));
    return json;
}

/* Edits */

static uint64_t now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static const struct interface_row *named_interface(struct machine *machine, const cJSON *json)
{
    uint32_t index;
    return json_number(json, "interface", &index) ? machine_interface(machine, 0, index) : NULL;
}

uint32_t edit_route(struct machine *machine, const char *action, const cJSON *json)
{
    const struct interface_row *adapter = named_interface(machine, json);
    struct route_row row = {.created = now(),
                            .protocol = 3, /* netmgmt */
                            .valid_lifetime = 0xFFFFFFFF,
                            .preferred_lifetime = 0xFFFFFFFF,
                            .immortal = 1};
    if (!adapter || !take_prefix(json, &row) || !take_ip(json, "next_hop", &row.next_hop))
        return ERROR_INVALID_PARAMETER;
    row.luid = adapter->luid;
    if (strcmp(action, "delete") == 0)
        return machine_delete_route(machine, &row);
    const struct route_row *old = machine_route(machine, &row);
    bool set = strcmp(action, "set") == 0;
    if (set && !old)
        return ERROR_NOT_FOUND;
    if (set)
        row = *old;
    take_fields(json, &row, route_fields, ARRAYSIZE(route_fields));
    return set ? machine_set_route(machine, &row) : machine_add_route(machine, &row);
}

uint32_t edit_address(struct machine *machine, const char *action, const cJSON *json)
{
    const struct interface_row *adapter = named_interface(machine, json);
    struct address_row row = {.created = now(),
                              .prefix_origin = 1, /* manual */
                              .suffix_origin = 1,
                              .valid_lifetime = 0xFFFFFFFF,
                              .preferred_lifetime = 0xFFFFFFFF,
                              .dad_state = 4 /* preferred */};
    if (!adapter || !take_ip(json, "address", &row.address))
        return ERROR_INVALID_PARAMETER;
    row.luid = adapter->luid;
    row.prefix_length = row.address.family == AF_INET ? 32 : 128;
    if (strcmp(action, "delete") == 0)
        return machine_delete_address(machine, &row);
    const struct address_row *old = machine_address(machine, row.luid, &row.address);
    bool set = strcmp(action, "set") == 0;
    if (set && !old)
        return ERROR_NOT_FOUND;
    if (set)
        row = *old;
    take_fields(json, &row, address_fields, ARRAYSIZE(address_fields));
    return set ? machine_set_address(machine, &row) : machine_add_address(machine, &row);
}

/* "interface" names the interface, so that "index" can change it; a new one needs "index" and
 * "alias". Its LUID and GUID are derived from the index. */
uint32_t edit_interface(struct machine *machine, const char *action, const cJSON *json)
{
    const struct interface_row *old = named_interface(machine, json);
    struct interface_row row = {
        .type = 6, .connected = 1, .link_mtu = 1500, .automatic_metric = 25};
    bool add = strcmp(action, "add") == 0;
    if (!add && !old)
        return ERROR_NOT_FOUND;
    if (strcmp(action, "delete") == 0) {
        adapter_delete_keys(machine->folder, old);
        return machine_delete_interface(machine, old->luid);
    }
    if (!add)
        row = *old;
    else
        for (size_t family = 0; family < INTERFACE_FAMILIES; family++)
            row.ip[family] = (struct interface_ip){
                .present = 1, .metric = 25, .use_automatic_metric = 1, .mtu = 1500};
    take_fields(json, &row, interface_fields, ARRAYSIZE(interface_fields));
    take_fields(cJSON_GetObjectItemCaseSensitive(json, "ipv4"), &row.ip[INTERFACE_IPV4], ip_fields,
                ARRAYSIZE(ip_fields));
    take_fields(cJSON_GetObjectItemCaseSensitive(json, "ipv6"), &row.ip[INTERFACE_IPV6], ip_fields,
                ARRAYSIZE(ip_fields));
    if (!json_text(json, "alias", row.alias, ARRAYSIZE(row.alias)) ||
        !json_text(json, "description", row.description, ARRAYSIZE(row.description)) ||
        !json_text(json, "component_id", row.component_id, ARRAYSIZE(row.component_id)) ||
        !row.index || !*row.alias)
        return ERROR_INVALID_PARAMETER;
    if (!add)
        return machine_set_interface(machine, &row);
    row.luid = (uint64_t)row.type << 48 | (uint64_t)(0x1000 + row.index) << 24;
    uint32_t nth = 0;
    json_number(json, "nth", &nth);
    GUID guid = {0x5E1D1000 + row.index,
                 (unsigned short)(0xAB12 + nth),
                 0x4CD3,
                 {0x8A, 7, 6, 5, 4, 3, 2, 1}};
    memcpy(row.guid, &guid, sizeof(row.guid));
    uint32_t error = machine_add_interface(machine, &row);
    if (!error)
        adapter_add_keys(machine->folder, &row);
    return error;
}
