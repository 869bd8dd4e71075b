/* SPDX-License-Identifier: MIT */
#include "resource/resources.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "dns/multi_string.h"
#include "dns/nrpt.h"
#include "resource/kinds.h"
#include "resource/search_domains.h"
#include "resource/tcpip_registry.h"
#include "system/dns_client.h"
#include "system/programs.h"

#include <stdio.h>

static const char16_t *const lists[] = {POLICY_KEY, TCPIP_KEY};
enum { LISTS = ARRAY_COUNT(lists) };

struct cleaning {
    struct network *network;
    bool is_any_alive;    /* a session, perhaps of another instance, lives, or it can't be told */
    bool has_shares;      /* some of those that the journal tells of are still in their lists */
    bool is_known[LISTS]; /* the journal tells of all shares in that list */
    bool has_failed[LISTS];
    uint32_t error; /* the first */
};

static void note_failure(struct cleaning *cleaning, uint32_t error, const char *what)
{
    log_error(error, "%s", what);
    if (!cleaning->error)
        cleaning->error = error;
}

/* Deletes the rules below `path` whose process is no openvpn.exe any more. */
static void delete_dead_rules(struct cleaning *cleaning, const char16_t *path)
{
    struct registry *registry = cleaning->network->registry;
    struct programs *programs = cleaning->network->programs;
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, pid, error = registry->list_keys(registry, path, &names, &units);
    if (error == ERROR_FILE_NOT_FOUND)
        return;
    if (error) {
        cleaning->is_any_alive = true;
        note_failure(cleaning, error, "Name resolution rules can't be listed");
        return;
    }
    const char16_t *name;
    size_t at = 0, length;
    while ((name = multi_string_next(names, units, &at, &length)) != NULL) {
        char16_t rule[PATH_UNITS];
        if (!nrpt_key_is_ours(name) || !path_join(rule, path, u"\\", name, NULL))
            continue;
        if (nrpt_key_pid(name, &pid) && programs->is_openvpn(programs, pid)) {
            cleaning->is_any_alive = true;
            continue;
        }
        error = registry->delete_key(registry, rule);
        if (error)
            note_failure(cleaning, error,
                         "A name resolution rule of an earlier service can't be deleted");
        else
            dns_client_note(cleaning->network, path_is_policy(path));
    }
}

/* The key of the local rules is there for rules only. Whoever made it, without any it says what its
 * absence says; that of group policy is left alone, since its presence alone means something. */
static void delete_empty_rules_key(struct cleaning *cleaning)
{
    struct registry *registry = cleaning->network->registry;
    uint32_t keys, values;
    if (registry->count(registry, RULES_KEY, &keys, &values) || keys || values)
        return;
    uint32_t error = registry->delete_key(registry, RULES_KEY);
    if (error)
        note_failure(cleaning, error, "The empty key of name resolution rules can't be deleted");
}

static void note_failure_of_list(struct cleaning *cleaning, size_t list, uint32_t error)
{
    if (!error)
        return;
    cleaning->has_failed[list] = true;
    note_failure(cleaning, error,
                 "A search list that an earlier service has changed can't be restored");
}

static bool has_users(const struct cleaning *cleaning)
{
    struct dns_client *client = cleaning->network->dns_client;
    return client->has_search_users(client);
}

static void clean_up_locked(struct cleaning *cleaning)
{
    delete_dead_rules(cleaning, POLICY_RULES_KEY);
    delete_dead_rules(cleaning, RULES_KEY);
    delete_empty_rules_key(cleaning);
    cleaning->is_any_alive |= has_users(cleaning);
    for (size_t i = 0; i < LISTS; i++)
        if (!cleaning->is_any_alive && !cleaning->is_known[i])
            note_failure_of_list(cleaning, i, search_initial_restore(cleaning->network, lists[i]));
}

/* When everybody has been told of the lists, since nothing else says what they were. */
static void drop_initial_locked(struct cleaning *cleaning)
{
    struct registry *registry = cleaning->network->registry;
    bool is_in_use = cleaning->is_any_alive || cleaning->has_shares || has_users(cleaning);
    for (size_t i = 0; i < LISTS; i++)
        if (!cleaning->has_failed[i])
            note_failure_of_list(cleaning, i, search_initial_drop(registry, lists[i], is_in_use));
}

static uint32_t clean_up(struct cleaning *cleaning)
{
    struct registry *registry = cleaning->network->registry;
    uint32_t error = registry->enter(registry);
    if (!error) {
        clean_up_locked(cleaning);
        registry->leave(registry);
    }
    dns_client_apply(cleaning->network, false);
    if (!error)
        error = registry->enter(registry);
    if (!error) {
        drop_initial_locked(cleaning);
        registry->leave(registry);
    }
    return cleaning->error ? cleaning->error : error;
}

uint32_t resources_clean_up(struct network *network)
{
    struct cleaning cleaning = {.network = network};
    return clean_up(&cleaning);
}

static void note_known(void *seer, struct bytes key)
{
    struct cleaning *cleaning = seer;
    for (size_t i = 0; i < LISTS; i++)
        cleaning->is_known[i] |= search_domains_are_in(key, lists[i]);
}

/* All that the kinds change for longer than a restart lies in the registry. */
static uint32_t flush_registry(void *context)
{
    struct registry *registry = ((struct network *)context)->registry;
    return registry->flush(registry);
}

struct ledger *resources_ledger_create(struct network *network, struct journal *journal)
{
    return ledger_create(network, journal, flush_registry);
}

uint32_t resources_recover(struct ledger *ledger, struct network *network,
                           struct ledger_summary *summary, uint32_t *clean_up_error)
{
    struct cleaning cleaning = {.network = network};
    ledger_each_found(ledger, &search_domains_kind, note_known, &cleaning);
    dns_client_note(network, true); /* the last process may have died before it notified */
    uint32_t error = ledger_recover(ledger, resource_kinds, RESOURCE_KINDS, summary);
    if (error)
        return error;
    cleaning.has_shares = ledger_left_of(ledger, &search_domains_kind);
    *clean_up_error = clean_up(&cleaning);
    ledger_flush(ledger);
    return 0;
}

size_t resources_retry(struct ledger *ledger, struct network *network)
{
    ledger_retry(ledger);
    dns_client_apply(network, false);
    ledger_flush(ledger);
    return ledger_left(ledger);
}

void resources_verify(struct ledger *ledger, struct network *network,
                      struct ledger_summary *summary)
{
    ledger_verify(ledger, summary);
    dns_client_apply(network, false);
    ledger_flush(ledger);
}

static const struct kind *find_kind(uint32_t number)
{
    for (size_t i = 0; i < RESOURCE_KINDS; i++)
        if (resource_kinds[i]->number == number)
            return resource_kinds[i];
    return NULL;
}

/* Keys do not depend on the states. */
void resources_describe(const struct journal_entry *entry, char *text, size_t size)
{
    const struct kind *kind = find_kind(entry->kind);
    if (!kind)
        snprintf(text, size, "change of unknown kind %u", (unsigned)entry->kind);
    else if (!kind->is_valid(entry->key, (struct bytes){NULL, 0}))
        snprintf(text, size, "%s with a damaged name", kind->name);
    else
        kind->describe(entry->key, text, size);
}
