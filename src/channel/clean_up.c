/* SPDX-License-Identifier: MIT */
/* What a service that did not end by itself has left in the registry of the DNS client. */
#include "channel/handlers.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "channel/records.h"
#include "dns/multi_string.h"
#include "dns/nrpt.h"
#include "network/programs.h"

struct cleaning {
    struct network *network;
    bool is_any_alive; /* a session, perhaps of another instance, lives, or it can't be told */
    uint32_t error;    /* the first */
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
            note_unapplied(registry, path);
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

static void clean_up_locked(struct cleaning *cleaning)
{
    static const char16_t *const lists[] = {POLICY_KEY, TCPIP_KEY};
    struct registry *registry = cleaning->network->registry;
    delete_dead_rules(cleaning, POLICY_RULES_KEY);
    delete_dead_rules(cleaning, RULES_KEY);
    delete_empty_rules_key(cleaning);
    cleaning->is_any_alive |= registry->has_search_users(registry);
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        uint32_t error = (cleaning->is_any_alive ? search_initial_drop
                                                 : search_initial_restore)(registry, lists[i]);
        if (error)
            note_failure(cleaning, error,
                         "A search list that an earlier service has changed can't be restored");
    }
}

uint32_t channel_clean_up(struct network *network)
{
    struct registry *registry = network->registry;
    struct cleaning cleaning = {.network = network, .error = registry->enter(registry)};
    if (!cleaning.error) {
        clean_up_locked(&cleaning);
        registry->leave(registry);
    }
    dns_apply(registry, false);
    return cleaning.error;
}

uint32_t channel_recover(struct ledger *ledger, struct network *network,
                         struct ledger_summary *summary, uint32_t *clean_up_error)
{
    if (ledger_has_lasting(ledger))
        note_unapplied(network->registry, POLICY_KEY);
    uint32_t error = ledger_recover(ledger, channel_kinds, CHANNEL_KINDS, summary);
    if (error)
        return error;
    *clean_up_error = channel_clean_up(network);
    ledger_tidy(ledger);
    ledger_settle(ledger);
    return 0;
}
