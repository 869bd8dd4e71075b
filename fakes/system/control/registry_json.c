/* SPDX-License-Identifier: MIT */
#include "registry_json.h"
#include "rows_json.h"
#include "store.h"
#include "value.h"

#include <stdio.h>
#include <stdlib.h>

enum { DATA_BYTES = 16384, NAME_UNITS = 256 };

static void put_hex(cJSON *json, const uint8_t *bytes, DWORD size)
{
    char *text = calloc(2, (size_t)size + 1);
    for (DWORD i = 0; text && i < size; i++)
        snprintf(text + (size_t)2 * i, 3, "%02x", bytes[i]);
    cJSON_AddStringToObject(json, "raw", text ? text : "");
    free(text);
}

static cJSON *value_to_json(DWORD type, const uint8_t *data, DWORD size)
{
    cJSON *json = cJSON_CreateObject(), *list;
    const char *name = value_type_name(type);
    cJSON_AddStringToObject(json, "type", name ? name : "unknown");
    switch (value_shape(type, data, size)) {
    case VALUE_TEXT:
        cJSON_AddItemToObject(json, "data", json_from_text((const void *)data));
        break;
    case VALUE_NUMBER:
        cJSON_AddNumberToObject(json, "data", *(const uint32_t *)(const void *)data);
        break;
    case VALUE_LIST:
        list = cJSON_AddArrayToObject(json, "data");
        for (const wchar_t *item = value_list_first(data, size); item; item = value_list_next(item))
            cJSON_AddItemToArray(list, json_from_text(item));
        break;
    default:
        put_hex(json, data, size);
    }
    return json;
}

static void add_value(cJSON *json, const wchar_t *name, cJSON *value)
{
    cJSON *text = json_from_text(name);
    cJSON_AddItemToObject(json, text->valuestring, value);
    cJSON_Delete(text);
}

static cJSON *values_to_json(HKEY key)
{
    cJSON *json = cJSON_CreateObject();
    uint8_t *data = malloc(DATA_BYTES);
    wchar_t name[NAME_UNITS];
    for (DWORD index = 0; data; index++) {
        DWORD length = NAME_UNITS, size = DATA_BYTES, type;
        if (RegEnumValueW(key, index, name, &length, NULL, &type, data, &size) != 0)
            break;
        add_value(json, name, value_to_json(type, data, size));
    }
    free(data);
    return json;
}

/* The key and everything below it. */
static void keys_to_json(const wchar_t *folder, const wchar_t *path, cJSON *json)
{
    HKEY key;
    wchar_t name[NAME_UNITS], below[REGISTRY_PATH], shown[REGISTRY_PATH + 8] = L"HKLM\\";
    if (store_open(folder, path, false, &key) != 0)
        return;
    wcscat(shown, path);
    add_value(json, shown, values_to_json(key));
    for (DWORD index = 0;; index++) {
        DWORD length = NAME_UNITS;
        if (RegEnumKeyExW(key, index, name, &length, NULL, NULL, NULL, NULL) != 0)
            break;
        if (registry_join(path, name, below))
            keys_to_json(folder, below, json);
    }
    RegCloseKey(key);
}

cJSON *registry_to_json(const wchar_t *folder)
{
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < REGISTRY_ROOTS; i++)
        keys_to_json(folder, registry_roots[i], json);
    return json;
}

/* Edits */

static const char *edit_text(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* A path "HKLM\\..." below one of the roots. */
static bool take_key(const cJSON *json, wchar_t path[REGISTRY_PATH])
{
    wchar_t text[REGISTRY_PATH] = L"";
    return json_text(json, "key", text, REGISTRY_PATH) && wcsncmp(text, L"HKLM\\", 5) == 0 &&
           registry_join(NULL, text + 5, path) && registry_place(path) == REGISTRY_INSIDE;
}

static int hex_digit(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

static uint32_t take_raw(const char *hex, uint8_t *data)
{
    uint32_t size = 0;
    for (; hex[0] && hex[1] && size < DATA_BYTES; hex += 2)
        data[size++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
    return size;
}

/* Appends the string with its terminator. */
static uint32_t put_text(const cJSON *item, uint8_t *data, uint32_t size)
{
    int units = MultiByteToWideChar(CP_UTF8, 0, cJSON_IsString(item) ? item->valuestring : "", -1,
                                    (wchar_t *)(void *)(data + size),
                                    (int)((DATA_BYTES - size) / sizeof(wchar_t)));
    return size + (uint32_t)units * (uint32_t)sizeof(wchar_t);
}

/* The bytes given by "data" or "raw". */
static uint32_t take_data(const cJSON *request, uint8_t *data)
{
    const cJSON *item, *given = cJSON_GetObjectItemCaseSensitive(request, "data");
    uint32_t size = 0, number;
    if (!given)
        return take_raw(edit_text(request, "raw"), data);
    if (json_number(request, "data", &number)) {
        memcpy(data, &number, sizeof(number));
        return sizeof(number);
    }
    if (!cJSON_IsArray(given))
        return put_text(given, data, 0);
    cJSON_ArrayForEach(item, given) size = put_text(item, data, size);
    memset(data + size, 0, sizeof(wchar_t));
    return size + (uint32_t)sizeof(wchar_t);
}

static uint32_t set_value(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                          const cJSON *request)
{
    uint32_t type = value_type_by_name(edit_text(request, "type"));
    uint8_t *data = type == UINT32_MAX ? NULL : calloc(1, DATA_BYTES + sizeof(wchar_t));
    if (!data)
        return ERROR_INVALID_PARAMETER;
    uint32_t error = store_set(folder, path, name, type, data, take_data(request, data));
    free(data);
    return error;
}

uint32_t edit_registry(const wchar_t *folder, const cJSON *request)
{
    wchar_t path[REGISTRY_PATH], name[NAME_UNITS] = L"";
    const char *action = edit_text(request, "action");
    HKEY key;
    if (!take_key(request, path) || !json_text(request, "value", name, NAME_UNITS))
        return ERROR_INVALID_PARAMETER;
    if (strcmp(action, "set") == 0)
        return set_value(folder, path, name, request);
    if (strcmp(action, "delete") == 0)
        return store_delete(folder, path, name);
    if (strcmp(action, "delete_key") == 0)
        return store_delete_key(folder, path);
    if (strcmp(action, "create_key") != 0)
        return ERROR_INVALID_PARAMETER;
    uint32_t error = store_open(folder, path, true, &key);
    if (!error)
        RegCloseKey(key);
    return error;
}

/* Populating */

static bool take_population_flag(const cJSON *json, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, name));
}

bool take_population(const cJSON *json, struct population *population)
{
    const cJSON *item;
    *population = usual_population;
    population->policy_rules = take_population_flag(json, "policy_rules");
    population->system_rules = take_population_flag(json, "system_rules");
    population->stale_system_list = take_population_flag(json, "stale_system_list");
    population->stale_policy_list = take_population_flag(json, "stale_policy_list");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "stale_rules"))
    {
        if (!cJSON_IsNumber(item) || population->stale_rule_count == POPULATION_RULES)
            return false;
        population->stale_rules[population->stale_rule_count++] = (uint32_t)item->valuedouble;
    }
    return json_text(json, "system_search_list", population->system_search_list, POPULATION_TEXT) &&
           json_text(json, "policy_search_list", population->policy_search_list, POPULATION_TEXT);
}
