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

/* Deletes the rules below `path` whose process is no openvpn.exe any more. True when another is
 * left: a session, perhaps of another instance, lives. */
static bool delete_dead_rules(struct network *network, const char16_t *path)
{
    struct registry *registry = network->registry;
    struct programs *programs = network->programs;
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units, pid;
    bool is_any_alive = false;
    if (registry->list_keys(registry, path, &names, &units))
        return false;
    const char16_t *name;
    size_t at = 0, length;
    while ((name = multi_string_next(names, units, &at, &length)) != NULL) {
        char16_t rule[PATH_UNITS];
        if (!nrpt_key_is_ours(name) || !path_join(rule, path, u"\\", name, NULL))
            continue;
        if (nrpt_key_pid(name, &pid) && programs->is_openvpn(programs, pid)) {
            is_any_alive = true;
            continue;
        }
        uint32_t error = registry->delete_key(registry, rule);
        if (error)
            log_error(error, "A name resolution rule of an earlier service can't be deleted");
        else
            note_unapplied(registry, path);
    }
    return is_any_alive;
}

/* The key of the local rules is there for rules only. Whoever made it, without any it says what its
 * absence says; that of group policy is left alone, since its presence alone means something. */
static void delete_empty_rules_key(struct registry *registry)
{
    uint32_t keys, values;
    if (registry->count(registry, RULES_KEY, &keys, &values) || keys || values)
        return;
    uint32_t error = registry->delete_key(registry, RULES_KEY);
    if (error)
        log_error(error, "The empty key of name resolution rules can't be deleted");
}

/* A list that somebody has written since does not begin with what we found: it stays. */
static uint32_t restore_list(struct registry *registry, const char16_t *path)
{
    CLEANUP_FREE char16_t *initial = NULL, *list = NULL;
    if (read_text(registry, path, u"InitialSearchList", &initial))
        return 0;
    uint32_t error = read_text(registry, path, u"SearchList", &list);
    if (!error && text_starts_with(list, initial) && !text_equal(list, initial)) {
        error = write_text(registry, path, u"SearchList", initial);
        note_unapplied(registry, path);
    } else if (error == ERROR_FILE_NOT_FOUND) {
        error = 0;
    }
    return error ? error : registry->delete_value(registry, path, u"InitialSearchList");
}

static void clean_up_locked(struct network *network)
{
    static const char16_t *const lists[] = {POLICY_KEY, TCPIP_KEY};
    struct registry *registry = network->registry;
    bool is_any_alive = delete_dead_rules(network, POLICY_RULES_KEY);
    is_any_alive |= delete_dead_rules(network, RULES_KEY);
    delete_empty_rules_key(registry);
    is_any_alive |= registry->has_search_users(registry);
    for (size_t i = 0; i < TEXT_COUNT(lists); i++) {
        uint32_t error = (is_any_alive ? search_initial_drop : restore_list)(registry, lists[i]);
        if (error)
            log_error(error, "A search list that an earlier service has changed can't be restored");
    }
}

void channel_clean_up(struct network *network)
{
    struct registry *registry = network->registry;
    if (!registry->enter(registry)) {
        clean_up_locked(network);
        registry->leave(registry);
    }
    dns_apply(registry, false);
}

void channel_recover(struct ledger *ledger, struct network *network, struct ledger_summary *summary)
{
    if (ledger_has_lasting(ledger))
        note_unapplied(network->registry, POLICY_KEY);
    ledger_recover(ledger, channel_kinds, CHANNEL_KINDS, summary);
    channel_clean_up(network);
    ledger_tidy(ledger);
}
