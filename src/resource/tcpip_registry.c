/* SPDX-License-Identifier: MIT */
#include "resource/tcpip_registry.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "dns/multi_string.h"
#include "base/ip.h"

#include <string.h>

bool path_join_parts(char16_t path[PATH_UNITS], const char16_t *const parts[])
{
    struct text text = text_on(path, PATH_UNITS);
    for (; *parts; parts++)
        text_append(&text, *parts);
    return !text.truncated;
}

void path_of_interface(char16_t path[PATH_UNITS], uint16_t family, const char16_t *guid)
{
    path_join(path,
              family == FAMILY_IPV6 ? TCPIP6_KEY INTERFACES u"\\" : TCPIP_KEY INTERFACES u"\\",
              guid, NULL);
}

bool path_is_policy(const char16_t *path)
{
    return text_starts_with(path, POLICY_KEY);
}

/* "{4D36E972-...}" */
static bool text_is_guid(const char16_t *text)
{
    static const char form[] = "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}";
    size_t i = 0;
    for (; form[i]; i++) {
        char16_t unit = text[i];
        bool is_digit = (unit >= '0' && unit <= '9') || (unit >= 'A' && unit <= 'F');
        if (form[i] == 'X' ? !is_digit : unit != (unsigned char)form[i])
            return false;
    }
    return !text[i];
}

bool path_is_child(const char16_t *path, const char16_t *above, const char16_t **name)
{
    size_t length = text_length(above);
    if (!text_starts_with(path, above) || path[length] != '\\')
        return false;
    *name = path + length + 1;
    return **name && !text_find(*name, '\\');
}

bool path_is_of_interface(const char16_t *path, uint16_t family)
{
    const char16_t *guid;
    return path_is_child(path, family == FAMILY_IPV6 ? TCPIP6_KEY INTERFACES : TCPIP_KEY INTERFACES,
                         &guid) &&
           text_is_guid(guid);
}

struct bytes path_key(const char16_t *path)
{
    return (struct bytes){path, (text_length(path) + 1) * sizeof(*path)};
}

void path_load(struct bytes key, char16_t path[PATH_UNITS])
{
    memcpy(path, key.at, key.size);
}

void path_describe(struct bytes key, char *text, size_t size)
{
    char16_t path[PATH_UNITS];
    path_load(key, path);
    text_to_line(path, text, size);
}

bool bytes_load_text(struct bytes bytes, size_t *at, char16_t *text, size_t capacity)
{
    const unsigned char *from = bytes.at;
    for (size_t i = 0; i < capacity && bytes.size - *at >= sizeof(*text); i++) {
        text[i] = load_u16(from + *at);
        *at += sizeof(*text);
        if (!text[i])
            return true;
    }
    return false;
}

bool registry_state_is_valid(struct bytes state)
{
    return !state.size || state.size >= 4;
}

static void registry_data_free(struct registry_data *data)
{
    free(data->bytes);
}
#define CLEANUP_DATA CLEANUP(registry_data_free)

uint32_t registry_read_text(struct registry *registry, const char16_t *path, const char16_t *name,
                            char16_t **value)
{
    CLEANUP_DATA struct registry_data data = {0};
    *value = NULL;
    uint32_t error = registry->get_value(registry, path, name, &data);
    if (error)
        return error;
    if (data.type != REGISTRY_TEXT && data.type != REGISTRY_EXPANDABLE)
        return ERROR_FILE_NOT_FOUND;
    size_t units = data.size / sizeof(char16_t);
    char16_t *text = calloc(units + 1, sizeof(*text));
    if (!text)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (units)
        memcpy(text, data.bytes, units * sizeof(*text));
    *value = text;
    return 0;
}

uint32_t registry_read_number(struct registry *registry, const char16_t *path, const char16_t *name,
                              uint32_t *value)
{
    CLEANUP_DATA struct registry_data data = {0};
    uint32_t error = registry->get_value(registry, path, name, &data);
    if (error)
        return error;
    if (data.type != REGISTRY_NUMBER || data.size != sizeof(*value))
        return ERROR_FILE_NOT_FOUND;
    *value = load_u32(data.bytes);
    return 0;
}

uint32_t registry_write_text(struct registry *registry, const char16_t *path, const char16_t *name,
                             const char16_t *value)
{
    return registry->set_value(registry, path, name, REGISTRY_TEXT, value,
                               (uint32_t)((text_length(value) + 1) * sizeof(*value)));
}

uint32_t registry_read_state(struct registry *registry, const char16_t *path, const char16_t *name,
                             struct state *state)
{
    CLEANUP_DATA struct registry_data data = {0};
    uint32_t error = registry->get_value(registry, path, name, &data);
    state_drop(state);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    unsigned char *at = state_make(state, 4 + data.size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    store_u32(at, data.type);
    if (data.size)
        memcpy(at + 4, data.bytes, data.size);
    return 0;
}

uint32_t registry_write_state(struct registry *registry, const char16_t *path, const char16_t *name,
                              struct bytes state)
{
    const unsigned char *at = state.at;
    return state.size ? registry->set_value(registry, path, name, load_u32(at), at + 4,
                                            (uint32_t)state.size - 4)
                      : registry->delete_value(registry, path, name);
}

enum { REGISTRY_TRIES = 5 };

void registry_retry_state(struct registry *registry, const char16_t *path, const char16_t *name,
                          struct bytes state)
{
    for (unsigned i = 0; i < REGISTRY_TRIES; i++) {
        uint32_t error = registry_write_state(registry, path, name, state);
        if (!error || error == ERROR_FILE_NOT_FOUND)
            return;
    }
}

void registry_retry_text(struct registry *registry, const char16_t *path, const char16_t *name,
                         const char16_t *value)
{
    for (unsigned i = 0; i < REGISTRY_TRIES; i++)
        if (!registry_write_text(registry, path, name, value))
            return;
}

void registry_retry_delete_key(struct registry *registry, const char16_t *path)
{
    for (unsigned i = 0; i < REGISTRY_TRIES; i++) {
        uint32_t error = registry->delete_key(registry, path);
        if (!error || error == ERROR_FILE_NOT_FOUND)
            return;
    }
}

uint32_t registry_read_component(struct registry *registry, const char16_t *guid,
                                 char16_t **component)
{
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, error = registry->list_keys(registry, ADAPTER_CLASS_KEY, &names, &units);
    const char16_t *name;
    size_t at = 0, length;
    *component = NULL;
    while (!error && (name = multi_string_next(names, units, &at, &length)) != NULL) {
        CLEANUP_FREE char16_t *id = NULL;
        char16_t path[PATH_UNITS];
        if (!path_join(path, ADAPTER_CLASS_KEY u"\\", name, NULL) ||
            registry_read_text(registry, path, u"NetCfgInstanceId", &id) ||
            !text_equal_caseless(guid, text_length(guid), id, text_length(id)))
            continue;
        error = registry_read_text(registry, path, u"ComponentId", component);
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    }
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}
