/* SPDX-License-Identifier: MIT */
#include "resource/nrpt_rules_key.h"

#include "base/errors.h"
#include "dns/multi_string.h"
#include "dns/nrpt.h"
#include "resource/kinds.h"
#include "resource/tcpip_registry.h"

/* The state of a key that is there. */
static const unsigned char present = 1;

static bool rules_key_is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    size_t at = 0;
    return bytes_load_text(key, &at, path, PATH_UNITS) && at == key.size &&
           text_equal(path, RULES_KEY) &&
           (!state.size || (state.size == 1 && *(const unsigned char *)state.at == present));
}

static uint32_t rules_key_probe(void *context, struct bytes key, struct state *state)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    uint32_t keys, values;
    path_load(key, path);
    state_drop(state);
    uint32_t error = registry->count(registry, path, &keys, &values);
    if (error)
        return error == ERROR_FILE_NOT_FOUND ? 0 : error;
    return state_set(state, (struct bytes){&present, sizeof(present)});
}

/* If only rules of other programs are below it, the key is left to them. ERROR_DIR_NOT_EMPTY: rules
 * like ours are there, of another instance or of a session that could not delete them yet, so this
 * must be tried again. */
static uint32_t rules_key_delete_if_empty(struct registry *registry, const char16_t *path)
{
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, keys, values, error = registry->count(registry, path, &keys, &values);
    const char16_t *name;
    size_t at = 0, length;
    if (error || (!keys && !values))
        return error ? error : registry->delete_key(registry, path);
    error = registry->list_keys(registry, path, &names, &units);
    while (!error && (name = multi_string_next(names, units, &at, &length)) != NULL)
        if (nrpt_key_is_ours(name))
            error = ERROR_DIR_NOT_EMPTY;
    return error;
}

static uint32_t rules_key_change(void *context, struct bytes key, struct bytes from,
                                 struct bytes to)
{
    struct registry *registry = ((struct network *)context)->registry;
    char16_t path[PATH_UNITS];
    (void)from;
    path_load(key, path);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error =
        to.size ? registry->create_key(registry, path) : rules_key_delete_if_empty(registry, path);
    registry->leave(registry);
    return error;
}

const struct kind rules_key_kind = {
    .name = "NRPT key",
    .number = KIND_RULES_KEY,
    .lifetime = LIFETIME_DISK,
    .is_valid = rules_key_is_valid,
    .probe = rules_key_probe,
    .change = rules_key_change,
    .satisfies = bytes_equal,
    .describe = path_describe,
};

uint32_t rules_key_add(struct ledger *ledger, struct ledger_session *session)
{
    uint32_t error = ledger_add(ledger, session, &rules_key_kind, path_key(RULES_KEY),
                                (struct bytes){&present, sizeof(present)});
    return error == ERROR_OBJECT_ALREADY_EXISTS ? 0 : error;
}

uint32_t rules_key_release(struct ledger *ledger, struct ledger_session *session)
{
    uint32_t error = ledger_release(ledger, session, &rules_key_kind, path_key(RULES_KEY));
    return error == ERROR_NOT_FOUND ? 0 : error;
}
