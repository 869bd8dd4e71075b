/* SPDX-License-Identifier: MIT */
#include "resource/nrpt_rule.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "dns/multi_string.h"
#include "resource/kinds.h"
#include "resource/tcpip_registry.h"
#include "system/dns_client.h"

#include <string.h>

/* The values a rule may have. A state's bytes: 1, then for each value that is there its place in
 * this table (1 byte), type and size (4 each), and its own bytes. */
static const char16_t *const rule_value_names[NRPT_VALUE_MAX] = {
    u"Name",
    u"GenericDNSServers",
    u"DNSSECValidationRequired",
    u"DNSSECQueryIPSECRequired",
    u"DNSSECQueryIPSECEncryption",
    u"ConfigOptions",
    u"Version",
};

enum { VALUE_HEAD = 1 + 4 + 4 };

/* ---- states ---- */

static unsigned rule_value_place(const char16_t *name)
{
    unsigned place = 0;
    while (place < NRPT_VALUE_MAX - 1 && !text_equal(rule_value_names[place], name))
        place++;
    return place;
}

static uint32_t rule_pack(const struct nrpt_value *values, size_t count, struct state *state)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += VALUE_HEAD + values[i].size;
    unsigned char *at = state_make(state, size);
    if (!at)
        return ERROR_NOT_ENOUGH_MEMORY;
    *at++ = 1;
    for (size_t i = 0; i < count; i++) {
        at[0] = (unsigned char)rule_value_place(values[i].name);
        store_u32(at + 1, values[i].type);
        store_u32(at + 5, values[i].size);
        if (values[i].size)
            memcpy(at + VALUE_HEAD, values[i].data, values[i].size);
        at += VALUE_HEAD + values[i].size;
    }
    return 0;
}

/* The value at `*at` of a state, or false at its end; `*at` starts at 1. */
static bool rule_next_value(struct bytes state, size_t *at, struct nrpt_value *value)
{
    const unsigned char *bytes = (const unsigned char *)state.at + *at;
    if (*at >= state.size)
        return false;
    *value = (struct nrpt_value){rule_value_names[bytes[0]], load_u32(bytes + 1),
                                 bytes + VALUE_HEAD, load_u32(bytes + 5)};
    *at += VALUE_HEAD + value->size;
    return true;
}

/* Each value once at most, in the order of the table. */
static bool rule_values_are_valid(struct bytes state)
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

/* ---- the kind ---- */

static bool rule_name_is_valid(const char16_t *name)
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

static bool rule_is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    const char16_t *name;
    size_t at = 0;
    return bytes_load_text(key, &at, path, PATH_UNITS) && at == key.size &&
           (path_is_child(path, POLICY_RULES_KEY, &name) ||
            path_is_child(path, RULES_KEY, &name)) &&
           rule_name_is_valid(name) && (!state.size || rule_values_are_valid(state));
}

static uint32_t rule_read_values(struct registry *registry, const char16_t *path,
                                 struct state *state)
{
    struct registry_data data[NRPT_VALUE_MAX] = {0};
    struct nrpt_value values[NRPT_VALUE_MAX];
    size_t count = 0;
    uint32_t error = 0;
    for (size_t i = 0; !error && i < NRPT_VALUE_MAX; i++) {
        error = registry->get_value(registry, path, rule_value_names[i], &data[i]);
        if (!error)
            values[count++] =
                (struct nrpt_value){rule_value_names[i], data[i].type, data[i].bytes, data[i].size};
        else if (error == ERROR_FILE_NOT_FOUND)
            error = 0;
    }
    if (!error)
        error = rule_pack(values, count, state);
    for (size_t i = 0; i < NRPT_VALUE_MAX; i++)
        free(data[i].bytes);
    return error;
}

static uint32_t rule_probe(void *context, struct bytes key, struct state *state)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    uint32_t keys, values;
    path_load(key, path);
    state_drop(state);
    uint32_t error = registry->count(registry, path, &keys, &values);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    return rule_read_values(registry, path, state);
}

static uint32_t rule_write_values(struct registry *registry, const char16_t *path,
                                  struct bytes state)
{
    struct nrpt_value value;
    uint32_t error = 0;
    for (size_t at = 1; !error && rule_next_value(state, &at, &value);)
        error = registry->set_value(registry, path, value.name, value.type, value.data, value.size);
    return error;
}

/* All or nothing: a rule that lacks values would match more names than it should. */
static uint32_t rule_replace(struct registry *registry, const char16_t *path, struct bytes from,
                             struct bytes to)
{
    uint32_t error = from.size ? registry->delete_key(registry, path) : 0;
    if (error || !to.size)
        return error;
    error = registry->create_key(registry, path);
    if (!error)
        error = rule_write_values(registry, path, to);
    if (error)
        registry_retry_delete_key(registry, path);
    return error;
}

static uint32_t rule_change(void *context, struct bytes key, struct bytes from, struct bytes to)
{
    struct network *network = context;
    struct registry *registry = network->registry;
    const struct bytes none = {NULL, 0};
    char16_t path[PATH_UNITS];
    path_load(key, path);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = rule_replace(registry, path, from, to);
    if (error && from.size && to.size)
        rule_replace(registry, path, none, from);
    registry->leave(registry);
    dns_client_note(network, path_is_policy(path));
    return error;
}

const struct kind rule_kind = {
    .name = "NRPT rule",
    .number = KIND_RULE,
    .lifetime = LIFETIME_DISK,
    .is_in_steps = true,
    .is_valid = rule_is_valid,
    .probe = rule_probe,
    .change = rule_change,
    .satisfies = bytes_equal,
    .describe = path_describe,
};

uint32_t rules_find_place(struct network *network, bool *is_policy)
{
    struct registry *registry = network->registry;
    uint32_t keys, values, error = registry->count(registry, POLICY_RULES_KEY, &keys, &values);
    *is_policy = !error;
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

static void rule_path(char16_t path[PATH_UNITS], bool is_policy, const char16_t *key)
{
    path_join(path, is_policy ? POLICY_RULES_KEY u"\\" : RULES_KEY u"\\", key, NULL);
}

uint32_t rule_set(struct ledger *ledger, struct ledger_session *session, bool is_policy,
                  const struct nrpt_rule *rule)
{
    CLEANUP_STATE struct state state = {0};
    struct nrpt_value values[NRPT_VALUE_MAX];
    char16_t path[PATH_UNITS];
    rule_path(path, is_policy, rule->key);
    size_t count = nrpt_values(rule, values);
    uint32_t error = rule_pack(values, count, &state);
    return error ? error
                 : ledger_set(ledger, session, &rule_kind, path_key(path), state_bytes(&state));
}

uint32_t rule_release(struct ledger *ledger, struct ledger_session *session, bool is_policy,
                      const char16_t *key)
{
    char16_t path[PATH_UNITS];
    rule_path(path, is_policy, key);
    uint32_t error = ledger_release(ledger, session, &rule_kind, path_key(path));
    return error == ERROR_NOT_FOUND ? 0 : error;
}

/* ---- rules without a claim ---- */

static uint32_t rules_delete_below(struct network *network, const char16_t *path,
                                   uint32_t process_id)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, pid, error = registry->list_keys(registry, path, &names, &units);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    const char16_t *name;
    size_t at = 0, length;
    while (!error && (name = multi_string_next(names, units, &at, &length)) != NULL) {
        char16_t rule[PATH_UNITS];
        if (!nrpt_key_pid(name, &pid) || pid != process_id)
            continue;
        if (!path_join(rule, path, u"\\", name, NULL))
            continue;
        error = registry->delete_key(registry, rule);
        dns_client_note(network, path_is_policy(rule));
    }
    return error;
}

uint32_t rules_delete_of_process(struct network *network, uint32_t process_id)
{
    struct registry *registry = network->registry;
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = rules_delete_below(network, POLICY_RULES_KEY, process_id);
    if (!error)
        error = rules_delete_below(network, RULES_KEY, process_id);
    registry->leave(registry);
    return error;
}
