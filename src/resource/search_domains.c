/* SPDX-License-Identifier: MIT */
#include "resource/search_domains.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "dns/domains.h"
#include "dns/search_list.h"
#include "resource/kinds.h"
#include "resource/tcpip_registry.h"
#include "system/dns_client.h"

#include <string.h>

#define LIST    u"SearchList"
#define INITIAL u"InitialSearchList"

/* The key's bytes: the session's number, then the path of the list's key with its zero. The state's
 * bytes: 1 when the list was there and empty, the domains with their zero, and for each of them,
 * in 2 bytes each, how often the list held it before any session came, and how often when the share
 * was last looked at, its own included. */
enum {
    KEY_SIZE = 8 + PATH_UNITS * (int)sizeof(char16_t),
    MOST_DOMAINS = DOMAINS_FIELD_SIZE / 2, /* each a letter and a comma */
    STATE_SIZE = 1 + 2 * DOMAINS_CAPACITY + 4 * MOST_DOMAINS
};
_Static_assert(sizeof(char16_t) == 2, "a state has its domains as the registry has them");

struct share {
    bool was_empty;
    size_t count;
    char16_t domains[DOMAINS_CAPACITY];
    uint16_t before[MOST_DOMAINS];
    uint16_t among_all[MOST_DOMAINS];
};

static struct bytes share_store_key(unsigned char at[KEY_SIZE], uint64_t session,
                                    const char16_t *path)
{
    size_t size = (text_length(path) + 1) * sizeof(*path);
    store_u64(at, session);
    memcpy(at + 8, path, size);
    return (struct bytes){at, 8 + size};
}

static void share_list_path(struct bytes key, char16_t path[PATH_UNITS])
{
    memcpy(path, (const unsigned char *)key.at + 8, key.size - 8);
}

bool search_domains_are_in(struct bytes key, const char16_t *path)
{
    char16_t own[PATH_UNITS];
    share_list_path(key, own);
    return text_equal(own, path);
}

static struct bytes share_store(unsigned char at[STATE_SIZE], const struct share *share)
{
    size_t size = 1 + (text_length(share->domains) + 1) * sizeof(char16_t);
    at[0] = share->was_empty;
    memcpy(at + 1, share->domains, size - 1);
    for (size_t i = 0; i < share->count; i++, size += 4) {
        store_u16(at + size, share->before[i]);
        store_u16(at + size + 2, share->among_all[i]);
    }
    return (struct bytes){at, size};
}

static bool share_load_if_valid(struct bytes state, struct share *share)
{
    const unsigned char *bytes = state.at;
    size_t at = 1;
    if (state.size < 1 || bytes[0] > 1)
        return false;
    share->was_empty = bytes[0];
    if (!bytes_load_text(state, &at, share->domains, DOMAINS_CAPACITY))
        return false;
    for (share->count = 0; state.size - at >= 4 && share->count < MOST_DOMAINS; at += 4) {
        share->before[share->count] = load_u16(bytes + at);
        share->among_all[share->count++] = load_u16(bytes + at + 2);
    }
    return at == state.size;
}

static struct share share_load(struct bytes state)
{
    struct share share = {0};
    share_load_if_valid(state, &share);
    return share;
}

/* ---- the list; all between enter() and leave() of the registry ---- */

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

/* A list of the machine is kept in InitialSearchList before the first change to it. */
static uint32_t search_initial_keep(struct registry *registry, const char16_t *path,
                                    const char16_t *list, bool *is_new)
{
    CLEANUP_FREE char16_t *initial = NULL;
    uint32_t error = search_list_read(registry, path, INITIAL, &initial);
    if (error || initial)
        return error;
    error = registry_write_text(registry, path, INITIAL, list);
    *is_new = !error;
    return error;
}

/* What the list was before anyone; NULL: nobody has changed it, or it is an interface's. */
static uint32_t search_initial_read(struct registry *registry, const char16_t *path,
                                    char16_t **initial)
{
    return list_is_of_interface(path) ? 0 : search_list_read(registry, path, INITIAL, initial);
}

uint32_t search_initial_drop(struct registry *registry, const char16_t *path, bool is_in_use)
{
    CLEANUP_FREE char16_t *list = NULL, *initial = NULL;
    uint32_t error = search_initial_read(registry, path, &initial);
    if (!error)
        error = search_list_read(registry, path, LIST, &list);
    if (error || !initial || (is_in_use && !(list && text_equal(list, initial))))
        return error;
    return registry->delete_value(registry, path, INITIAL);
}

/* Whether the list is still what was there before and, behind that, shares. */
static bool search_list_goes_on_from(const char16_t *list, const char16_t *initial)
{
    char16_t next = text_starts_with(list, initial) ? list[text_length(initial)] : u'?';
    return next == 0 || next == ',' || !*initial;
}

/* A list that somebody has written since stays. The note also for one that is restored already: who
 * did that may have died before it told anyone. */
uint32_t search_initial_restore(struct network *network, const char16_t *path)
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

static uint32_t share_add(struct network *network, const char16_t *path, const struct share *share)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *old = NULL;
    char16_t list[SEARCH_LIST_CAPACITY];
    struct text text = TEXT_ON(list);
    bool is_initial_new = false;
    uint32_t error = search_list_read(registry, path, LIST, &old);
    if (error)
        return error;
    text_append(&text, old ? old : u"");
    if (text.truncated || search_list_add(list, share->domains))
        return ERROR_OUTOFMEMORY;
    if (!list_is_of_interface(path))
        error = search_initial_keep(registry, path, old ? old : u"", &is_initial_new);
    if (!error)
        error = registry_write_text(registry, path, LIST, list);
    if (error && is_initial_new)
        registry_retry_state(registry, path, INITIAL, (struct bytes){NULL, 0});
    return error;
}

/* An interface's list that we made goes when it is empty. */
static uint32_t search_list_write_rest(struct registry *registry, const char16_t *path,
                                       const char16_t *list, bool was_empty)
{
    if (!*list && list_is_of_interface(path) && !was_empty)
        return registry->delete_value(registry, path, LIST);
    return registry_write_text(registry, path, LIST, list);
}

static bool search_lists_have_users(struct network *network)
{
    return network->dns_client->has_search_users(network->dns_client);
}

/* With the last share, of a session that has said that it leaves, goes what the list was before all
 * of them, whatever others have made of it. */
static uint32_t share_remove(struct network *network, const char16_t *path,
                             const struct share *share)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *old = NULL, *initial = NULL;
    uint32_t error = search_list_read(registry, path, LIST, &old);
    if (!error)
        error = search_initial_read(registry, path, &initial);
    if (error || !old)
        return error;
    CLEANUP_FREE char16_t *list = text_copy(old);
    if (!list)
        return ERROR_NOT_ENOUGH_MEMORY;
    search_list_remove(list, share->domains);
    error = search_list_write_rest(registry, path, list, share->was_empty);
    bool is_last = !search_lists_have_users(network);
    if (error || !initial || (!is_last && !text_equal(initial, list)))
        return error;
    error = registry->delete_value(registry, path, INITIAL);
    if (error)
        registry_retry_text(registry, path, LIST, old); /* all or nothing */
    return error;
}

/* ---- the kind ---- */

static bool share_is_valid(struct bytes state)
{
    uint16_t counts[MOST_DOMAINS];
    struct share share;
    return share_load_if_valid(state, &share) && domains_are_valid(share.domains) &&
           share.count == search_list_count(u"", share.domains, counts, MOST_DOMAINS);
}

static bool search_domains_is_valid(struct bytes key, struct bytes state)
{
    char16_t path[PATH_UNITS];
    size_t at = 8;
    if (key.size < 8 || !bytes_load_text(key, &at, path, PATH_UNITS) || at != key.size ||
        (!text_equal(path, POLICY_KEY) && !text_equal(path, TCPIP_KEY) &&
         !path_is_of_interface(path, FAMILY_IPV4)))
        return false;
    return !state.size || share_is_valid(state);
}

static bool share_is_whole(const struct share *now, const struct share *then, bool is_uncertain)
{
    uint16_t own[MOST_DOMAINS];
    search_list_count(then->domains, then->domains, own, MOST_DOMAINS);
    for (size_t i = 0; i < now->count; i++)
        if (now->among_all[i] < (is_uncertain ? then->among_all[i] : then->before[i] + own[i]))
            return false;
    return true;
}

/* What of it the list holds beyond what was there before any session. */
static struct share share_beyond(const char16_t *list, const struct share *wanted)
{
    struct share found = {.was_empty = wanted->was_empty};
    struct text picked = TEXT_ON(found.domains);
    memcpy(found.before, wanted->before, sizeof(found.before));
    found.count = search_list_pick(list, wanted->domains, found.before, &picked);
    return found;
}

/* The list can't tell whose a token is. As long as sessions live, a share is there if it is whole,
 * beside what was there before; one that is not yet there, or not any more, for all that anybody
 * knows, beside what others had there then, too. When none lives all that is beyond what was there
 * before is a dead one's, and some of it may have gone already. `state` becomes what is found. */
static uint32_t share_look_for(struct network *network, const char16_t *path,
                               const struct share *wanted, bool is_uncertain, struct state *state)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *list = NULL;
    unsigned char bytes[STATE_SIZE];
    uint32_t error = registry->enter(registry);
    state_drop(state);
    if (error)
        return error;
    error = search_list_read(registry, path, LIST, &list);
    registry->leave(registry);
    if (error || !list)
        return error;
    bool is_any_alive = search_lists_have_users(network);
    struct share found = is_any_alive ? *wanted : share_beyond(list, wanted);
    search_list_count(list, found.domains, found.among_all, MOST_DOMAINS);
    if (!found.count || (is_any_alive && !share_is_whole(&found, wanted, is_uncertain)))
        return 0;
    return state_set(state, share_store(bytes, &found));
}

static uint32_t search_domains_probe(void *context, struct bytes key, struct state *state)
{
    char16_t path[PATH_UNITS];
    if (!state->size)
        return 0;
    share_list_path(key, path);
    const struct share share = share_load(state_bytes(state));
    return share_look_for(context, path, &share, false, state);
}

static uint32_t search_domains_probe_interrupted(void *context, struct bytes key, struct bytes from,
                                                 struct bytes to, struct state *state)
{
    char16_t path[PATH_UNITS];
    state_drop(state);
    if (!from.size && !to.size)
        return 0;
    share_list_path(key, path);
    const struct share share = share_load(to.size ? to : from);
    return share_look_for(context, path, &share, true, state);
}

static uint32_t search_domains_change(void *context, struct bytes key, struct bytes from,
                                      struct bytes to)
{
    struct network *network = context;
    struct registry *registry = network->registry;
    char16_t path[PATH_UNITS];
    if (from.size && to.size)
        return ERROR_OBJECT_ALREADY_EXISTS; /* one is released before another is set */
    const struct share share = share_load(to.size ? to : from);
    share_list_path(key, path);
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = (to.size ? share_add : share_remove)(network, path, &share);
    registry->leave(registry);
    if (!error)
        dns_client_note(network, path_is_policy(path));
    return error;
}

/* How often others have the same domains makes no difference, and what has gone of a dead session's
 * need not be taken away any more. */
static bool search_domains_satisfies(struct bytes found, struct bytes wanted)
{
    const struct share have = share_load(found), want = share_load(wanted);
    uint16_t none[MOST_DOMAINS] = {0};
    char16_t units[DOMAINS_CAPACITY];
    struct text both = TEXT_ON(units);
    return have.was_empty == want.was_empty &&
           search_list_pick(want.domains, have.domains, none, &both) == have.count;
}

static void search_domains_describe(struct bytes key, char *text, size_t size)
{
    char16_t path[PATH_UNITS];
    share_list_path(key, path);
    char16_t units[PATH_UNITS + 32];
    struct text where = TEXT_ON(units);
    text_append(&where, u"domains of a session in ");
    text_append(&where, path);
    text_to_line(units, text, size);
}

const struct kind search_domains_kind = {
    .name = "search domains",
    .number = KIND_SEARCH_DOMAINS,
    .lifetime = LIFETIME_DISK,
    .is_valid = search_domains_is_valid,
    .probe = search_domains_probe,
    .probe_interrupted = search_domains_probe_interrupted,
    .change = search_domains_change,
    .satisfies = search_domains_satisfies,
    .describe = search_domains_describe,
};

/* ---- a session's share ---- */

/* The first list that is in use, or else that of the interface; NULL if that is not there. */
static uint32_t search_list_choose(struct registry *registry, const char16_t *guid,
                                   char16_t path[PATH_UNITS], char16_t **list)
{
    static const char16_t *const of_machine[] = {POLICY_KEY, TCPIP_KEY};
    for (size_t i = 0; i < ARRAY_COUNT(of_machine); i++) {
        uint32_t error = search_list_read(registry, of_machine[i], LIST, list);
        if (error)
            return error;
        path_join(path, of_machine[i], NULL);
        if (*list && search_list_is_usable(*list))
            return 0;
        free(*list);
        *list = NULL;
    }
    path_of_interface(path, FAMILY_IPV4, guid);
    return search_list_read(registry, path, LIST, list);
}

/* What the session will have in the list. `initial` is what the list was before anyone, or NULL; an
 * interface's has nothing to tell that by, so there equal domains are those of other sessions. */
static struct share share_make(const char16_t *path, const char16_t *list, const char16_t *initial,
                               bool has_others, const char16_t *domains)
{
    bool is_shared = list_is_of_interface(path) && has_others;
    struct share share = {.was_empty = list_is_of_interface(path) && list && !*list};
    struct text text = TEXT_ON(share.domains);
    uint16_t own[MOST_DOMAINS];
    const char16_t *now = list ? list : u"";
    text_append(&text, domains);
    share.count = search_list_count(domains, domains, own, MOST_DOMAINS);
    search_list_count(now, domains, share.among_all, MOST_DOMAINS);
    search_list_count(initial ? initial : now, domains, share.before, MOST_DOMAINS);
    for (size_t i = 0; i < share.count; i++) {
        if (is_shared)
            share.before[i] = 0;
        else if (share.before[i] > share.among_all[i]) /* somebody has written the list since */
            share.before[i] = share.among_all[i];
        share.among_all[i] = (uint16_t)(share.among_all[i] + own[i]);
    }
    return share;
}

static void search_lists_count_user(struct network *network, int more)
{
    network->dns_client->count_search_user(network->dns_client, more);
}

void search_domains_leave(struct search_share *own)
{
    if (own->key_size)
        search_lists_count_user(own->network, -1);
}

/* A share that was not there any more has not taken what the list was before along. What fails
 * here, the next start does. */
void search_domains_forget(struct search_share *own)
{
    if (!own->key_size)
        return;
    struct network *network = own->network;
    struct registry *registry = network->registry;
    char16_t path[PATH_UNITS];
    share_list_path((struct bytes){own->key, own->key_size}, path);
    own->key_size = 0;
    if (registry->enter(registry))
        return;
    bool is_in_use =
        search_lists_have_users(network) || ledger_left_of(own->ledger, &search_domains_kind);
    search_initial_drop(registry, path, is_in_use);
    registry->leave(registry);
}

uint32_t search_domains_set(struct search_share *own, const char16_t *guid, const char16_t *domains)
{
    struct network *network = own->network;
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *list = NULL, *initial = NULL;
    char16_t path[PATH_UNITS];
    unsigned char state[STATE_SIZE];
    uint32_t error = search_domains_release(own);
    if (!error)
        error = search_list_choose(registry, guid, path, &list);
    if (!error)
        error = search_initial_read(registry, path, &initial);
    if (error)
        return error;
    bool has_others = search_lists_have_users(network);
    search_lists_count_user(own->network, 1); /* before there is anything to clean up after it */
    const struct share share = share_make(path, list, initial, has_others, domains);
    const struct bytes key = share_store_key(own->key, own->session->id, path);
    own->key_size = key.size;
    error = ledger_set(own->ledger, own->session, &search_domains_kind, key,
                       share_store(state, &share));
    if (error) {
        search_domains_leave(own);
        search_domains_forget(own);
    }
    return error;
}

uint32_t search_domains_release(struct search_share *own)
{
    if (!own->key_size)
        return 0;
    search_domains_leave(own);
    uint32_t error = ledger_release(own->ledger, own->session, &search_domains_kind,
                                    (struct bytes){own->key, own->key_size});
    if (error && error != ERROR_NOT_FOUND) {
        search_lists_count_user(own->network, 1);
        return error;
    }
    search_domains_forget(own);
    return 0;
}
