/* SPDX-License-Identifier: MIT */
#include "resource/value.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/kinds.h"
#include "resource/tcpip_registry.h"
#include "system/dns_client.h"

#include <string.h>

/* The key's bytes: path and name, each with its zero. */
enum { NAME_UNITS = 32, KEY_UNITS = PATH_UNITS + NAME_UNITS };

struct value_place {
    char16_t path[PATH_UNITS];
    char16_t name[NAME_UNITS];
};

static struct bytes value_store_place(char16_t units[KEY_UNITS], const char16_t *path,
                                      const char16_t *name)
{
    struct text text = text_on(units, KEY_UNITS);
    text_append(&text, path);
    text_append_unit(&text, 0);
    text_append(&text, name);
    return (struct bytes){units, (text.length + 1) * sizeof(*units)};
}

static struct value_place value_load_place(struct bytes key)
{
    struct value_place place = {0};
    char16_t units[KEY_UNITS];
    memcpy(units, key.at, key.size);
    struct text path = TEXT_ON(place.path), name = TEXT_ON(place.name);
    text_append(&path, units);
    text_append(&name, units + path.length + 1);
    return place;
}

/* The values that are ever set. */
static const struct {
    uint16_t family;
    const char16_t *name;
} value_places[] = {
    {FAMILY_IPV4, VALUE_NAME_SERVER},
    {FAMILY_IPV6, VALUE_NAME_SERVER},
    {FAMILY_IPV4, VALUE_DOMAIN},
};

bool value_is_name_server(struct bytes key)
{
    const struct value_place place = value_load_place(key);
    return text_equal(place.name, VALUE_NAME_SERVER);
}

static bool value_is_valid(struct bytes key, struct bytes state)
{
    struct value_place place;
    size_t at = 0;
    if (!bytes_load_text(key, &at, place.path, PATH_UNITS) ||
        !bytes_load_text(key, &at, place.name, NAME_UNITS) || at != key.size ||
        !registry_state_is_valid(state))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(value_places); i++)
        if (text_equal(place.name, value_places[i].name) &&
            path_is_of_interface(place.path, value_places[i].family))
            return true;
    return false;
}

static uint32_t value_probe(void *context, struct bytes key, struct state *state)
{
    const struct value_place place = value_load_place(key);
    return registry_read_state(((struct network *)context)->registry, place.path, place.name,
                               state);
}

static uint32_t value_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct value_place place = value_load_place(key);
    (void)from;
    uint32_t error = registry_write_state(network->registry, place.path, place.name, to);
    if (!error)
        dns_client_note(network, path_is_policy(place.path));
    return error;
}

static void value_describe(struct bytes key, char *text, size_t size)
{
    const struct value_place place = value_load_place(key);
    char16_t units[KEY_UNITS];
    struct text joined = TEXT_ON(units);
    text_append(&joined, place.path);
    text_append(&joined, u"\\");
    text_append(&joined, place.name);
    text_to_line(units, text, size);
}

const struct kind value_kind = {
    .name = "registry value",
    .number = KIND_VALUE,
    .lifetime = LIFETIME_DISK,
    .is_valid = value_is_valid,
    .probe = value_probe,
    .change = value_change,
    .satisfies = bytes_equal,
    .describe = value_describe,
};

uint32_t value_set(struct ledger *ledger, struct ledger_session *session, const char16_t *guid,
                   uint16_t family, const char16_t *name, const char16_t *text)
{
    CLEANUP_STATE struct state state = {0};
    char16_t path[PATH_UNITS], units[KEY_UNITS];
    size_t size = (text_length(text) + 1) * sizeof(*text);
    unsigned char *at = state_make(&state, 4 + size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    store_u32(at, REGISTRY_TEXT);
    memcpy(at + 4, text, size);
    path_of_interface(path, family, guid);
    return ledger_set(ledger, session, &value_kind, value_store_place(units, path, name),
                      state_bytes(&state));
}

uint32_t value_release(struct ledger *ledger, struct ledger_session *session, const char16_t *guid,
                       uint16_t family, const char16_t *name)
{
    char16_t path[PATH_UNITS], units[KEY_UNITS];
    path_of_interface(path, family, guid);
    uint32_t error =
        ledger_release(ledger, session, &value_kind, value_store_place(units, path, name));
    return error == ERROR_NOT_FOUND ? 0 : error;
}
