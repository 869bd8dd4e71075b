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

/* Whose search lists belong to the machine, not to an interface. */
static const char16_t *const lists[] = {POLICY_KEY, TCPIP_KEY};

struct clean_up {
    struct ledger *ledger;
    struct network *network;
    bool is_session_alive; /* of this or another instance; or it cannot be found out */
    bool is_over[ARRAY_COUNT(lists)];
    uint32_t error; /* the first */
};

static void note_clean_up_failure(struct clean_up *run, uint32_t error, const char *what)
{
    log_error_of(LOG_UNDO_FAILED, error, "%s", what);
    if (!run->error)
        run->error = error;
}

/* Deletes rules of ours below `path` whose process is no longer an openvpn.exe. */
static void delete_dead_rules(struct clean_up *run, const char16_t *path)
{
    struct registry *registry = run->network->registry;
    struct programs *programs = run->network->programs;
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, pid, error = registry->list_keys(registry, path, &names, &units);
    if (error == ERROR_FILE_NOT_FOUND)
        return;
    if (error) {
        run->is_session_alive = true;
        note_clean_up_failure(run, error, "Name resolution rules can't be listed");
        return;
    }
    const char16_t *name;
    size_t at = 0, length;
    while ((name = multi_string_next(names, units, &at, &length)) != NULL) {
        char16_t rule[PATH_UNITS];
        if (!nrpt_key_is_ours(name) || !path_join(rule, path, u"\\", name, NULL))
            continue;
        if (nrpt_key_pid(name, &pid) && programs->is_openvpn(programs, pid)) {
            run->is_session_alive = true;
            continue;
        }
        error = registry->delete_key(registry, rule);
        if (error)
            note_clean_up_failure(run, error,
                                  "A name resolution rule of an earlier service can't be deleted");
        else
            dns_client_note(run->network, path_is_policy(path));
    }
}

/* An empty RULES_KEY means the same as none, whoever made it. That of group policy is left alone:
 * if it exists, Windows ignores RULES_KEY. */
static void delete_empty_rules_key(struct clean_up *run)
{
    struct registry *registry = run->network->registry;
    uint32_t keys, values;
    if (registry->count(registry, RULES_KEY, &keys, &values) || keys || values)
        return;
    uint32_t error = registry->delete_key(registry, RULES_KEY);
    if (error)
        note_clean_up_failure(run, error,
                              "The empty key of name resolution rules can't be deleted");
}

static void note_list_failure(struct clean_up *run, uint32_t error)
{
    if (error)
        note_clean_up_failure(
            run, error, "A search list that an earlier service has changed can't be restored");
}

/* Unless, as far as rules show, a session lives of the service that has left them. */
static void restore_lists(struct clean_up *run)
{
    for (size_t i = 0; i < ARRAY_COUNT(lists) && !run->is_session_alive; i++)
        note_list_failure(
            run, search_initial_restore(run->ledger, run->network, lists[i], &run->is_over[i]));
}

static void clean_up_registry(struct clean_up *run)
{
    delete_dead_rules(run, POLICY_RULES_KEY);
    delete_dead_rules(run, RULES_KEY);
    delete_empty_rules_key(run);
}

/* After the DNS client was notified: nothing else records what the lists were before. */
static void forget_initial_lists(struct clean_up *run)
{
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++)
        if (run->is_over[i])
            note_list_failure(run, search_initial_drop(run->network->registry, lists[i]));
}

static uint32_t excluding_others(struct clean_up *run, void (*act)(struct clean_up *run))
{
    struct registry *registry = run->network->registry;
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    act(run);
    registry->leave(registry);
    return 0;
}

uint32_t resources_clean_up(struct ledger *ledger, struct network *network)
{
    struct clean_up run = {.ledger = ledger, .network = network};
    uint32_t error = excluding_others(&run, clean_up_registry);
    if (!error)
        restore_lists(&run);
    dns_client_apply(network, false);
    if (!error)
        error = excluding_others(&run, forget_initial_lists);
    return run.error ? run.error : error;
}

/* All that the kinds change for longer than a restart lies in the registry. */
static uint32_t flush_registry(void *context)
{
    struct registry *registry = ((struct network *)context)->registry;
    return registry->flush(registry);
}

struct ledger *resources_ledger_create(struct network *network, struct journal *journal,
                                       struct other_journals *others)
{
    return ledger_create(network, journal, others, flush_registry);
}

uint32_t resources_recover(struct ledger *ledger, struct network *network,
                           struct ledger_summary *summary, uint32_t *clean_up_error)
{
    dns_client_note(network, true); /* the last process may have ended before it notified */
    uint32_t error = ledger_recover(ledger, resource_kinds, RESOURCE_KINDS, summary);
    if (error)
        return error;
    *clean_up_error = resources_clean_up(ledger, network);
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
