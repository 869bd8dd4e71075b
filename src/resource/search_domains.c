/* SPDX-License-Identifier: MIT */
#include "resource/search_domains.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "dns/domains.h"
#include "dns/search_share.h"
#include "resource/kinds.h"
#include "resource/tcpip_registry.h"
#include "system/dns_client.h"

#include <string.h>

#define LIST    u"SearchList"
#define INITIAL u"InitialSearchList"

/* The key's bytes: 8 that are zero, and the path of the list's key with its zero. (In journals of
 * earlier versions the 8 are the number of a session.)
 *
 * The state's bytes: 1 when the list was there and empty, the domains with their zero, and for each
 * of them 2 bytes, how often the list held it before any session came, and 2 without a meaning. */
enum {
    KEY_SIZE = 8 + PATH_UNITS * (int)sizeof(char16_t),
    STATE_SIZE = 1 + 2 * SEARCH_LIST_CAPACITY + 4 * SEARCH_SHARE_DOMAINS
};
_Static_assert(sizeof(char16_t) == 2, "a state has its domains as the registry has them");
_Static_assert((int)KEY_SIZE <= (int)SEARCH_LIST_KEY_CAPACITY, "a session has room for its key");

struct domains_state {
    bool was_empty;
    struct search_share share;
};

static struct bytes domains_store_key(unsigned char at[KEY_SIZE], const char16_t *path)
{
    size_t size = (text_length(path) + 1) * sizeof(*path);
    store_u64(at, 0);
    memcpy(at + 8, path, size);
    return (struct bytes){at, 8 + size};
}

static void domains_path(struct bytes key, char16_t path[PATH_UNITS])
{
    memcpy(path, (const unsigned char *)key.at + 8, key.size - 8);
}

/* Without domains it is absent. */
static struct bytes domains_store(unsigned char at[STATE_SIZE], const struct domains_state *state)
{
    const struct search_share *share = &state->share;
    size_t size = 1 + (text_length(share->domains) + 1) * sizeof(char16_t);
    if (!share->count)
        return (struct bytes){NULL, 0};
    at[0] = state->was_empty;
    memcpy(at + 1, share->domains, size - 1);
    for (size_t i = 0; i < share->count; i++, size += 4) {
        store_u16(at + size, share->before[i]);
        store_u16(at + size + 2, 0);
    }
    return (struct bytes){at, size};
}

static bool domains_load_if_valid(struct bytes bytes, struct domains_state *state)
{
    const unsigned char *from = bytes.at;
    struct search_share *share = &state->share;
    size_t at = 1;
    if (bytes.size < 1 || from[0] > 1)
        return false;
    state->was_empty = from[0];
    if (!bytes_load_text(bytes, &at, share->domains, SEARCH_LIST_CAPACITY))
        return false;
    for (share->count = 0; bytes.size - at >= 4 && share->count < SEARCH_SHARE_DOMAINS; at += 4)
        share->before[share->count++] = load_u16(from + at);
    return at == bytes.size;
}

static void domains_load(struct bytes bytes, struct domains_state *state)
{
    state->was_empty = false;
    state->share.count = 0;
    state->share.domains[0] = 0;
    if (bytes.size)
        domains_load_if_valid(bytes, state);
}

/* ---- the list ---- */

/* No list is an empty one, and NULL is no error. */
static uint32_t search_list_read(struct registry *registry, const char16_t *path,
                                 const char16_t *name, char16_t **list)
{
    uint32_t error = registry_read_text(registry, path, name, list);
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

static bool list_is_of_interface(const char16_t *path)
{
    return text_starts_with(path, TCPIP_KEY INTERFACES);
}

/* An interface's list that we made goes when it is empty. */
static uint32_t search_list_write(struct registry *registry, const char16_t *path,
                                  const char16_t *list, bool was_empty)
{
    if (!*list && list_is_of_interface(path) && !was_empty)
        return registry->delete_value(registry, path, LIST);
    return registry_write_text(registry, path, LIST, list);
}

/* ---- InitialSearchList ---- */

/* NULL: there is none, as for every interface. */
static uint32_t search_initial_read(struct registry *registry, const char16_t *path,
                                    char16_t **initial)
{
    *initial = NULL;
    return list_is_of_interface(path) ? 0 : search_list_read(registry, path, INITIAL, initial);
}

uint32_t search_initial_drop(struct registry *registry, const char16_t *path)
{
    uint32_t error = registry->delete_value(registry, path, INITIAL);
    return error == ERROR_FILE_NOT_FOUND ? 0 : error;
}

/* Whether the list is still what was there before and, behind that, domains. */
static bool search_list_goes_on_from(const char16_t *list, const char16_t *initial)
{
    char16_t next = text_starts_with(list, initial) ? list[text_length(initial)] : u'?';
    return next == 0 || next == ',' || !*initial;
}

/* Another service that came after us has our domains in its value, and would make them come back.
 * The value goes once it says what the list is again. */
static uint32_t search_initial_clear(struct registry *registry, const char16_t *path,
                                     const struct search_share *gone, const char16_t *list)
{
    CLEANUP_FREE char16_t *initial = NULL;
    struct search_share ours;
    uint32_t error = search_initial_read(registry, path, &initial);
    if (error || !initial)
        return error;
    search_share_find(initial, gone, &ours);
    if (ours.count)
        search_list_remove(initial, ours.domains);
    if (text_equal(initial, list))
        return search_initial_drop(registry, path);
    return ours.count ? registry_write_text(registry, path, INITIAL, initial) : 0;
}

/* ---- the kind ---- */

static bool domains_state_is_valid(struct bytes bytes)
{
    struct domains_state state;
    uint16_t counts[SEARCH_SHARE_DOMAINS];
    if (!domains_load_if_valid(bytes, &state) || !domains_are_valid(state.share.domains))
        return false;
    return state.share.count ==
           search_list_count(u"", state.share.domains, counts, SEARCH_SHARE_DOMAINS);
}

static bool search_domains_is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    size_t at = 8;
    if (key.size < 8 || !bytes_load_text(key, &at, path, PATH_UNITS) || at != key.size ||
        (!text_equal(path, POLICY_KEY) && !text_equal(path, TCPIP_KEY) &&
         !path_is_of_interface(path, FAMILY_IPV4)))
        return false;
    return !state.size || domains_state_is_valid(state);
}

/* What the list holds of `wanted`, without what `others` have. `state` becomes that. */
static uint32_t domains_look_for(struct network *network, struct bytes key,
                                 const struct domains_state *wanted, const char16_t *others,
                                 struct state *state)
{
    CLEANUP_FREE char16_t *list = NULL;
    char16_t path[PATH_UNITS];
    unsigned char bytes[STATE_SIZE];
    struct domains_state found = {.was_empty = wanted->was_empty};
    domains_path(key, path);
    state_drop(state);
    uint32_t error = search_list_read(network->registry, path, LIST, &list);
    if (error || !list)
        return error;
    search_list_remove(list, others);
    search_share_find(list, &wanted->share, &found.share);
    return state_set(state, domains_store(bytes, &found));
}

static uint32_t search_domains_probe(void *context, struct bytes key, struct state *state)
{
    struct domains_state wanted;
    if (!state->size)
        return 0;
    domains_load(state_bytes(state), &wanted);
    return domains_look_for(context, key, &wanted, u"", state);
}

/* What all of `others` have, as one list on the heap. */
static uint32_t domains_join(const struct bytes *others, size_t count, char16_t **list)
{
    size_t capacity = 1;
    for (size_t i = 0; i < count; i++)
        capacity += others[i].size;
    *list = calloc(capacity, sizeof(**list));
    if (!*list)
        return ERROR_NOT_ENOUGH_MEMORY;
    struct text text = text_on(*list, capacity);
    for (size_t i = 0; i < count; i++) {
        struct domains_state state;
        domains_load(others[i], &state);
        if (**list && state.share.count)
            text_append_unit(&text, ',');
        text_append(&text, state.share.domains);
    }
    return 0;
}

static uint32_t search_domains_find(void *context, struct bytes key, struct bytes wanted,
                                    const struct bytes others[], size_t count, struct state *state)
{
    CLEANUP_FREE char16_t *theirs = NULL;
    struct domains_state share;
    domains_load(wanted, &share);
    uint32_t error = domains_join(others, count, &theirs);
    return error ? error : domains_look_for(context, key, &share, theirs, state);
}

static uint32_t domains_include(struct network *network, struct bytes key, bool is_first,
                                struct bytes share, const char16_t *others,
                                struct domains_state *all)
{
    CLEANUP_FREE char16_t *list = NULL;
    char16_t path[PATH_UNITS];
    struct domains_state fresh;
    domains_path(key, path);
    domains_load(share, &fresh);
    uint32_t error = search_list_read(network->registry, path, LIST, &list);
    if (error)
        return error;
    if (is_first)
        all->was_empty = list_is_of_interface(path) && list && !*list;
    return search_share_add(&all->share, fresh.share.domains, list ? list : u"", others);
}

static uint32_t search_domains_combine(void *context, struct bytes key, struct bytes now,
                                       struct bytes share, bool is_in, const struct bytes *others,
                                       size_t count, struct state *combined)
{
    CLEANUP_FREE char16_t *theirs = NULL;
    unsigned char bytes[STATE_SIZE];
    struct domains_state all, less;
    uint32_t error = 0;
    domains_load(now, &all);
    if (is_in) {
        error = domains_join(others, count, &theirs);
        if (!error)
            error = domains_include(context, key, !now.size, share, theirs, &all);
    } else {
        domains_load(share, &less);
        search_share_remove(&all.share, less.share.domains);
    }
    return error ? error : state_set(combined, domains_store(bytes, &all));
}

/* What `more` has that `less` has not. */
static void domains_difference(const struct domains_state *more, const struct domains_state *less,
                               struct search_share *rest)
{
    *rest = more->share;
    search_share_remove(rest, less->share.domains);
}

/* The same for domains that are appended, in their order: what comes behind `less`, usually. */
static void domains_appended(const struct domains_state *more, const struct domains_state *less,
                             struct search_share *rest)
{
    const char16_t *all = more->share.domains;
    size_t length = text_length(less->share.domains);
    domains_difference(more, less, rest);
    if (!length || !text_starts_with(all, less->share.domains) || all[length] != ',')
        return;
    struct text tail = TEXT_ON(rest->domains);
    text_append(&tail, all + length + 1);
}

static uint32_t domains_rewrite(struct registry *registry, const char16_t *path,
                                const struct domains_state *from, const struct domains_state *to)
{
    CLEANUP_FREE char16_t *old = NULL;
    char16_t list[SEARCH_LIST_CAPACITY];
    struct search_share gone, fresh;
    uint32_t error = search_list_read(registry, path, LIST, &old);
    if (error)
        return error;
    domains_difference(from, to, &gone);
    domains_appended(to, from, &fresh);
    if (old)
        search_list_remove(old, gone.domains);
    if (!fresh.count) {
        if (old)
            error = search_initial_clear(registry, path, &gone, old);
        return error || !old ? error : search_list_write(registry, path, old, from->was_empty);
    }
    struct text text = TEXT_ON(list);
    text_append(&text, old ? old : u"");
    if (text.truncated || search_list_add(list, fresh.domains))
        return ERROR_OUTOFMEMORY;
    return registry_write_text(registry, path, LIST, list);
}

static uint32_t search_domains_change(void *context, struct bytes key, struct bytes from,
                                      struct bytes to)
{
    struct network *network = context;
    struct registry *registry = network->registry;
    char16_t path[PATH_UNITS];
    struct domains_state before, after;
    domains_path(key, path);
    domains_load(from, &before);
    domains_load(to, &after);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = domains_rewrite(registry, path, &before, &after);
    registry->leave(registry);
    if (!error)
        dns_client_note(network, path_is_policy(path));
    return error;
}

/* What has gone of a share need not be taken away any more. */
static bool search_domains_satisfies(struct bytes found, struct bytes wanted)
{
    struct domains_state have, want;
    struct search_share missing;
    domains_load(found, &have);
    domains_load(wanted, &want);
    domains_difference(&have, &want, &missing);
    return have.was_empty == want.was_empty && !missing.count;
}

static void search_domains_describe(struct bytes key, char *text, size_t size)
{
    char16_t path[PATH_UNITS];
    domains_path(key, path);
    char16_t units[PATH_UNITS + 32];
    struct text where = TEXT_ON(units);
    text_append(&where, u"search domains in ");
    text_append(&where, path);
    text_to_line(units, text, size);
}

static const struct kind_of_shares search_domains_shares = {
    .combine = search_domains_combine,
    .find = search_domains_find,
};

const struct kind search_domains_kind = {
    .name = "search domains",
    .number = KIND_SEARCH_DOMAINS,
    .lifetime = LIFETIME_DISK,
    .is_valid = search_domains_is_valid,
    .probe = search_domains_probe,
    .shares = &search_domains_shares,
    .change = search_domains_change,
    .satisfies = search_domains_satisfies,
    .describe = search_domains_describe,
};

/* ---- what another service has left ---- */

struct restoration {
    struct network *network;
    const char16_t *path;
    uint32_t error;
};

/* A list that somebody has written since stays. The note also for one that is restored already: who
 * did that may have died before it told anyone. */
static uint32_t search_list_restore(struct network *network, const char16_t *path)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *initial = NULL, *list = NULL;
    uint32_t error = search_initial_read(registry, path, &initial);
    if (!error && initial)
        error = search_list_read(registry, path, LIST, &list);
    if (error || !list || !initial || !search_list_goes_on_from(list, initial))
        return error;
    dns_client_note(network, path_is_policy(path));
    return text_equal(list, initial) ? 0 : registry_write_text(registry, path, LIST, initial);
}

static void restore_untouched(void *actor)
{
    struct restoration *run = actor;
    struct registry *registry = run->network->registry;
    run->error = registry->enter(registry);
    if (run->error)
        return;
    run->error = search_list_restore(run->network, run->path);
    registry->leave(registry);
}

uint32_t search_initial_restore(struct ledger *ledger, struct network *network,
                                const char16_t *path, bool *is_over)
{
    unsigned char key[KEY_SIZE];
    struct restoration run = {.network = network, .path = path};
    bool is_untouched = ledger_if_untouched(ledger, &search_domains_kind,
                                            domains_store_key(key, path), restore_untouched, &run);
    *is_over = is_untouched && !run.error;
    return run.error;
}

/* ---- a session's share ---- */

/* The first list that is in use, or else that of the interface. */
static uint32_t search_list_choose(struct registry *registry, const char16_t *guid,
                                   char16_t path[PATH_UNITS])
{
    static const char16_t *const of_machine[] = {POLICY_KEY, TCPIP_KEY};
    for (size_t i = 0; i < ARRAY_COUNT(of_machine); i++) {
        CLEANUP_FREE char16_t *list = NULL;
        uint32_t error = search_list_read(registry, of_machine[i], LIST, &list);
        if (error)
            return error;
        path_join(path, of_machine[i], NULL);
        if (list && search_list_is_usable(list))
            return 0;
    }
    path_of_interface(path, FAMILY_IPV4, guid);
    return 0;
}

uint32_t search_domains_set(struct session_domains *own, const char16_t *guid,
                            const char16_t *domains)
{
    char16_t path[PATH_UNITS];
    unsigned char bytes[STATE_SIZE];
    struct domains_state share = {.was_empty = false};
    uint32_t error = search_domains_release(own);
    if (!error)
        error = search_list_choose(own->network->registry, guid, path);
    if (!error)
        error = search_share_add(&share.share, domains, u"", u"");
    if (error)
        return error;
    const struct bytes key = domains_store_key(own->key, path);
    error = ledger_set(own->ledger, own->session, &search_domains_kind, key,
                       domains_store(bytes, &share));
    own->key_size = error ? 0 : key.size;
    return error;
}

uint32_t search_domains_release(struct session_domains *own)
{
    if (!own->key_size)
        return 0;
    uint32_t error = ledger_release(own->ledger, own->session, &search_domains_kind,
                                    (struct bytes){own->key, own->key_size});
    if (error && error != ERROR_NOT_FOUND)
        return error;
    own->key_size = 0;
    return 0;
}
