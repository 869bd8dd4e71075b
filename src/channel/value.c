/* SPDX-License-Identifier: MIT */
/* One value of the registry that an interface has to itself. */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "channel/records.h"

#include <string.h>

/* The key's bytes: path and name, each with its zero. */
enum { NAME_UNITS = 32, KEY_UNITS = PATH_UNITS + NAME_UNITS };

struct place {
    char16_t path[PATH_UNITS];
    char16_t name[NAME_UNITS];
};

static struct bytes store_place(char16_t units[KEY_UNITS], const char16_t *path,
                                const char16_t *name)
{
    struct text text = text_on(units, KEY_UNITS);
    text_append(&text, path);
    text_append_unit(&text, 0);
    text_append(&text, name);
    return (struct bytes){units, (text.length + 1) * sizeof(*units)};
}

static struct place load_place(struct bytes key)
{
    struct place place = {0};
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
} places[] = {
    {FAMILY_IPV4, u"NameServer"},
    {FAMILY_IPV6, u"NameServer"},
    {FAMILY_IPV4, u"Domain"},
};

static bool is_valid(struct bytes key, struct bytes state)
{
    struct place place;
    size_t at = 0;
    if (!load_text(key, &at, place.path, PATH_UNITS) ||
        !load_text(key, &at, place.name, NAME_UNITS) || at != key.size || !state_is_value(state))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        if (text_equal(place.name, places[i].name) &&
            path_is_of_interface(place.path, places[i].family))
            return true;
    return false;
}

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    const struct place place = load_place(key);
    return read_state(((struct network *)context)->registry, place.path, place.name, state);
}

static uint32_t change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    const struct place place = load_place(key);
    (void)from;
    uint32_t error = write_state(network->registry, place.path, place.name, to);
    if (!error)
        dns_client_note(network, path_is_policy(place.path));
    return error;
}

static void describe(struct bytes key, char *text, size_t size)
{
    const struct place place = load_place(key);
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
    .is_valid = is_valid,
    .probe = probe,
    .change = change,
    .satisfies = bytes_equal,
    .describe = describe,
};

uint32_t value_set(struct channel *channel, const char16_t *path, const char16_t *name,
                   const char16_t *value)
{
    CLEANUP_STATE struct state state = {0};
    char16_t units[KEY_UNITS];
    size_t size = (text_length(value) + 1) * sizeof(*value);
    unsigned char *at = state_make(&state, 4 + size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    store_u32(at, REGISTRY_TEXT);
    memcpy(at + 4, value, size);
    return ledger_set(channel->ledger, &channel->changes, &value_kind,
                      store_place(units, path, name), state_bytes(&state));
}

uint32_t value_release(struct channel *channel, const char16_t *path, const char16_t *name)
{
    char16_t units[KEY_UNITS];
    uint32_t error = ledger_release(channel->ledger, &channel->changes, &value_kind,
                                    store_place(units, path, name));
    return error == ERROR_NOT_FOUND ? 0 : error;
}
