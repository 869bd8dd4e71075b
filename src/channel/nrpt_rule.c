/* SPDX-License-Identifier: MIT */
/* NRPT rules as resources: each a key of the registry with its values, and the key above them,
 * which need not be there. */
#include "channel/handlers.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "channel/records.h"
#include "dns/multi_string.h"
#include "dns/nrpt.h"

#include <string.h>

/* The values a rule may have. A state's bytes: 1, then for each value that is there its place in
 * this table (1 byte), type and size (4 each), and its own bytes. */
static const char16_t *const names[NRPT_VALUE_MAX] = {
    u"Name",
    u"GenericDNSServers",
    u"DNSSECValidationRequired",
    u"DNSSECQueryIPSECRequired",
    u"DNSSECQueryIPSECEncryption",
    u"ConfigOptions",
    u"Version",
};

enum { VALUE_HEAD = 1 + 4 + 4 };

static struct bytes path_bytes(const char16_t *path)
{
    return (struct bytes){path, (text_length(path) + 1) * sizeof(*path)};
}

static void load_path(struct bytes key, char16_t path[PATH_UNITS])
{
    memcpy(path, key.at, key.size);
}

static void describe(struct bytes key, char *text, size_t size)
{
    char16_t path[PATH_UNITS];
    load_path(key, path);
    text_to_line(path, text, size);
}

/* ---- states ---- */

static unsigned place_of(const char16_t *name)
{
    unsigned place = 0;
    while (place < NRPT_VALUE_MAX - 1 && !text_equal(names[place], name))
        place++;
    return place;
}

static uint32_t pack(const struct nrpt_value *values, size_t count, struct state *state)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += VALUE_HEAD + values[i].size;
    unsigned char *at = state_make(state, size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    *at++ = 1;
    for (size_t i = 0; i < count; i++) {
        at[0] = (unsigned char)place_of(values[i].name);
        store_u32(at + 1, values[i].type);
        store_u32(at + 5, values[i].size);
        if (values[i].size)
            memcpy(at + VALUE_HEAD, values[i].data, values[i].size);
        at += VALUE_HEAD + values[i].size;
    }
    return 0;
}

/* The value at `*at` of a state, or false at its end; `*at` starts at 1. */
static bool next_value(struct bytes state, size_t *at, struct nrpt_value *value)
{
    const unsigned char *bytes = (const unsigned char *)state.at + *at;
    if (*at >= state.size)
        return false;
    *value = (struct nrpt_value){names[bytes[0]], load_u32(bytes + 1), bytes + VALUE_HEAD,
                                 load_u32(bytes + 5)};
    *at += VALUE_HEAD + value->size;
    return true;
}

/* Each value once at most, in the order of the table. */
static bool are_values(struct bytes state)
{
    const unsigned char *bytes = state.at;
    size_t at = 1, place = 0;
    if (bytes[0] != 1)
        return false;
    while (at < state.size) {
        if (state.size - at < VALUE_HEAD || bytes[at] < place || bytes[at] >= NRPT_VALUE_MAX)
            return false;
        place = bytes[at] + 1u;
        size_t size = load_u32(bytes + at + 5);
        at += VALUE_HEAD;
        if (size > state.size - at)
            return false;
        at += size;
    }
    return true;
}

/* ---- the kind of a rule ---- */

static bool is_rule_name(const char16_t *name)
{
    uint32_t ignored;
    if (!nrpt_key_pid(name, &ignored) || text_length(name) >= NRPT_KEY_CAPACITY)
        return false;
    for (; *name; name++)
        if (!(*name >= 'A' && *name <= 'Z') && !(*name >= 'a' && *name <= 'z') &&
            !(*name >= '0' && *name <= '9') && *name != '-')
            return false;
    return true;
}

static bool is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    const char16_t *name;
    size_t at = 0;
    return load_text(key, &at, path, PATH_UNITS) && at == key.size &&
           (path_is_child(path, POLICY_RULES_KEY, &name) ||
            path_is_child(path, RULES_KEY, &name)) &&
           is_rule_name(name) && (!state.size || are_values(state));
}

static uint32_t read_values(struct registry *registry, const char16_t *path, struct state *state)
{
    struct registry_data data[NRPT_VALUE_MAX] = {0};
    struct nrpt_value values[NRPT_VALUE_MAX];
    size_t count = 0;
    uint32_t error = 0;
    for (size_t i = 0; !error && i < NRPT_VALUE_MAX; i++) {
        error = registry->get_value(registry, path, names[i], &data[i]);
        if (!error)
            values[count++] =
                (struct nrpt_value){names[i], data[i].type, data[i].bytes, data[i].size};
        else if (error == ERROR_FILE_NOT_FOUND)
            error = 0;
    }
    if (!error)
        error = pack(values, count, state);
    for (size_t i = 0; i < NRPT_VALUE_MAX; i++)
        free(data[i].bytes);
    return error;
}

static uint32_t probe(void *context, struct bytes key, struct state *state)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    uint32_t keys, values;
    load_path(key, path);
    state_drop(state);
    uint32_t error = registry->count(registry, path, &keys, &values);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    return read_values(registry, path, state);
}

static uint32_t write_values(struct registry *registry, const char16_t *path, struct bytes state)
{
    struct nrpt_value value;
    uint32_t error = 0;
    for (size_t at = 1; !error && next_value(state, &at, &value);)
        error = registry->set_value(registry, path, value.name, value.type, value.data, value.size);
    return error;
}

/* Whole or not at all: a rule without its values would catch what it should not. */
static uint32_t replace(struct registry *registry, const char16_t *path, struct bytes from,
                        struct bytes to)
{
    uint32_t error = from.size ? registry->delete_key(registry, path) : 0;
    if (error || !to.size)
        return error;
    error = registry->create_key(registry, path);
    if (!error)
        error = write_values(registry, path, to);
    if (error)
        insist_on_no_key(registry, path);
    return error;
}

static uint32_t change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    struct registry *registry = network->registry;
    const struct bytes none = {NULL, 0};
    char16_t path[PATH_UNITS];
    load_path(key, path);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = replace(registry, path, from, to);
    if (error && from.size && to.size)
        replace(registry, path, none, from);
    registry->leave(registry);
    dns_client_note(network, path_is_policy(path));
    return error;
}

const struct kind rule_kind = {
    .name = "NRPT rule",
    .number = KIND_RULE,
    .lifetime = LIFETIME_DISK,
    .is_in_steps = true,
    .is_valid = is_valid,
    .probe = probe,
    .change = change,
    .satisfies = bytes_equal,
    .describe = describe,
};

static void rule_path(char16_t path[PATH_UNITS], bool is_policy, const char16_t *key)
{
    path_join(path, is_policy ? POLICY_RULES_KEY u"\\" : RULES_KEY u"\\", key, NULL);
}

uint32_t rule_set(struct channel *channel, bool is_policy, const struct nrpt_rule *rule)
{
    CLEANUP_STATE struct state state = {0};
    struct nrpt_value values[NRPT_VALUE_MAX];
    char16_t path[PATH_UNITS];
    rule_path(path, is_policy, rule->key);
    size_t count = nrpt_values(rule, values);
    uint32_t error = pack(values, count, &state);
    return error ? error
                 : ledger_set(channel->ledger, &channel->changes, &rule_kind, path_bytes(path),
                              state_bytes(&state));
}

uint32_t rule_release(struct channel *channel, bool is_policy, const char16_t *key)
{
    char16_t path[PATH_UNITS];
    rule_path(path, is_policy, key);
    uint32_t error =
        ledger_release(channel->ledger, &channel->changes, &rule_kind, path_bytes(path));
    return error == ERROR_NOT_FOUND ? 0 : error;
}

/* ---- the key above the rules. Present is 1. ---- */

static const unsigned char present = 1;

static bool key_is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    size_t at = 0;
    return load_text(key, &at, path, PATH_UNITS) && at == key.size && text_equal(path, RULES_KEY) &&
           (!state.size || (state.size == 1 && *(const unsigned char *)state.at == present));
}

static uint32_t key_probe(void *context, struct bytes key, struct state *state)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    uint32_t keys, values;
    load_path(key, path);
    state_drop(state);
    uint32_t error = registry->count(registry, path, &keys, &values);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    return state_set(state, (struct bytes){&present, sizeof(present)});
}

/* Somebody else's rules may be there by now; then the key is theirs. Rules like ours, of a session
 * that could not delete them yet or of another instance, are waited for. */
static uint32_t delete_if_empty(struct registry *registry, const char16_t *path)
{
    CLEANUP_FREE char16_t *names_below = NULL;
    uint32_t units, keys, values, error = registry->count(registry, path, &keys, &values);
    const char16_t *name;
    size_t at = 0, length;
    if (error || (!keys && !values))
        return error ? error : registry->delete_key(registry, path);
    error = registry->list_keys(registry, path, &names_below, &units);
    while (!error && (name = multi_string_next(names_below, units, &at, &length)) != NULL)
        if (nrpt_key_is_ours(name))
            error = ERROR_DIR_NOT_EMPTY;
    return error;
}

static uint32_t key_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    (void)from;
    load_path(key, path);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = to.size ? registry->create_key(registry, path) : delete_if_empty(registry, path);
    registry->leave(registry);
    return error;
}

const struct kind rules_key_kind = {
    .name = "NRPT key",
    .number = KIND_RULES_KEY,
    .lifetime = LIFETIME_DISK,
    .is_valid = key_is_valid,
    .probe = key_probe,
    .change = key_change,
    .satisfies = bytes_equal,
    .describe = describe,
};

uint32_t rules_key_add(struct channel *channel)
{
    uint32_t error = ledger_add(channel->ledger, &channel->changes, &rules_key_kind,
                                path_bytes(RULES_KEY), (struct bytes){&present, sizeof(present)});
    return error == ERROR_OBJECT_ALREADY_EXISTS ? 0 : error;
}

uint32_t rules_key_release(struct channel *channel)
{
    uint32_t error =
        ledger_release(channel->ledger, &channel->changes, &rules_key_kind, path_bytes(RULES_KEY));
    return error == ERROR_NOT_FOUND ? 0 : error;
}
