/* SPDX-License-Identifier: MIT */
/* add_nrpt_cfg and delete_nrpt_cfg: which name servers are asked for which domains, and with it the
 * adapter's name servers and search domains. Facts: docs/protocol.md, "NRPT". */
#include "channel/handlers.h"

#include "base/errors.h"
#include "base/log.h"
#include "channel/records.h"
#include "dns/exclude.h"
#include "dns/nrpt.h"

enum { FLAG_DNSSEC = 1 };

/* ---- rules of a process ---- */

/* Deletes every rule of the process below `path` that no claim of ours is about: it is left over
 * from an earlier process with the same id. */
static uint32_t sweep_locked(struct network *network, const char16_t *path, uint32_t process_id)
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

static uint32_t sweep(struct network *network, uint32_t process_id)
{
    struct registry *registry = network->registry;
    uint32_t error = registry->enter(registry);
    if (error)
        return error;
    error = sweep_locked(network, POLICY_RULES_KEY, process_id);
    if (!error)
        error = sweep_locked(network, RULES_KEY, process_id);
    registry->leave(registry);
    return error;
}

/* ---- releasing ---- */

static void keep_first(uint32_t *error, uint32_t next)
{
    if (!*error)
        *error = next;
}

/* Whatever the last addition of this session has set, wherever that was. What fails stays claimed
 * and can be asked for again. */
static uint32_t release_all(struct channel *channel)
{
    struct channel_nrpt *nrpt = &channel->nrpt;
    uint32_t error = search_domains_release(channel);
    if (nrpt->guid[0]) {
        keep_first(&error, name_servers_release(channel, nrpt->guid, FAMILY_IPV6));
        keep_first(&error, name_servers_release(channel, nrpt->guid, FAMILY_IPV4));
    }
    for (size_t i = nrpt->rule_count; i > 0; i--)
        keep_first(&error, rule_release(channel, nrpt->is_policy, nrpt->rules[i - 1]));
    if (!error)
        error = rules_key_release(channel);
    if (!error)
        *nrpt = (struct channel_nrpt){0};
    return error;
}

/* ---- what the registry says of the other networks ---- */

enum { MOST_INTERFACES = 64, TEXTS = 7 };

struct interface_texts {
    char16_t *texts[TEXTS]; /* on the heap */
    struct registry_data dhcp6;
};

struct networks {
    size_t count;
    struct exclude_interface interfaces[MOST_INTERFACES];
    struct interface_texts texts[MOST_INTERFACES];
};

static void networks_free(struct networks **networks)
{
    for (size_t i = 0; *networks && i < (*networks)->count; i++) {
        for (size_t text = 0; text < TEXTS; text++)
            free((*networks)->texts[i].texts[text]);
        free((*networks)->texts[i].dhcp6.bytes);
    }
    free(*networks);
}

static const struct {
    uint16_t family;
    const char16_t *name;
} interface_values[TEXTS] = {
    {FAMILY_IPV4, u"SearchList"},           {FAMILY_IPV4, u"Domain"},
    {FAMILY_IPV4, u"DhcpDomainSearchList"}, {FAMILY_IPV4, u"DhcpDomain"},
    {FAMILY_IPV4, u"NameServer"},           {FAMILY_IPV4, u"DhcpNameServer"},
    {FAMILY_IPV6, u"NameServer"},
};

/* What can't be read is as if it were not there: exclude rules are a courtesy. */
static void read_interface(struct registry *registry, const char16_t *guid,
                           struct networks *networks)
{
    struct interface_texts *from = &networks->texts[networks->count];
    struct exclude_interface *to = &networks->interfaces[networks->count++];
    char16_t path[PATH_UNITS];
    for (size_t i = 0; i < TEXTS; i++) {
        path_of_interface(path, interface_values[i].family, guid);
        read_text(registry, path, interface_values[i].name, &from->texts[i]);
    }
    path_of_interface(path, FAMILY_IPV6, guid);
    registry->get_value(registry, path, u"Dhcpv6DNSServers", &from->dhcp6);
    for (size_t i = 0; i < 4; i++)
        to->suffixes[i] = from->texts[i];
    to->name_servers[0] = from->texts[4];
    to->name_servers[1] = from->texts[5];
    to->name_servers6 = from->texts[6];
    if (from->dhcp6.type == REGISTRY_BINARY) {
        to->dhcp6_name_servers = from->dhcp6.bytes;
        to->dhcp6_size = from->dhcp6.size;
    }
}

static void read_networks(struct network *network, struct networks *networks)
{
    struct registry *registry = network->registry;
    CLEANUP_FREE char16_t *names = NULL;
    uint32_t units;
    if (registry->list_keys(registry, TCPIP_KEY INTERFACES, &names, &units))
        return;
    const char16_t *guid;
    size_t at = 0, length;
    while (networks->count < MOST_INTERFACES &&
           (guid = multi_string_next(names, units, &at, &length)) != NULL) {
        if (network->is_connected(network, guid))
            read_interface(registry, guid, networks);
    }
}

/* ---- adding ---- */

/* The message, read and checked. */
struct request {
    const struct message_nrpt *message;
    char16_t guid[GUID_UNITS];
    char16_t search_domains[DOMAINS_CAPACITY];
    size_t rule_count;
    struct nrpt_rule rules[1 + EXCLUDE_RULES_MAX]; /* the main rule first */
};

static uint32_t read_request(const struct channel *channel, struct request *request)
{
    const struct message_nrpt *message = request->message;
    bool dnssec = (message->flags & FLAG_DNSSEC) && !channel->options.ignore_dnssec;
    uint32_t error = interface_by_name(channel->network, &message->interface, request->guid);
    if (!error)
        error = nrpt_main_rule(message, channel->options.process_id, dnssec, &request->rules[0]);
    if (!error)
        error = domains_search(message->search_domains, request->search_domains);
    request->rule_count = 1;
    return error;
}

static uint32_t make_exclude_rules(const struct channel *channel, struct request *request)
{
    __attribute__((cleanup(networks_free))) struct networks *networks =
        calloc(1, sizeof(*networks));
    if (!networks)
        return ERROR_NOT_ENOUGH_MEMORY;
    read_networks(channel->network, networks);
    request->rule_count +=
        exclude_rules(networks->interfaces, networks->count, request->search_domains,
                      channel->options.process_id, request->rules + 1);
    return 0;
}

static uint32_t add_rules(struct channel *channel, struct request *request)
{
    struct channel_nrpt *nrpt = &channel->nrpt;
    struct registry *registry = channel->network->registry;
    uint32_t keys, values, error = registry->count(registry, POLICY_RULES_KEY, &keys, &values);
    nrpt->is_policy = !error;
    if (error == ERROR_FILE_NOT_FOUND)
        error = rules_key_add(channel);
    if (!error && nrpt_is_catch_all(&request->rules[0]))
        error = make_exclude_rules(channel, request);
    for (size_t i = 0; !error && i < request->rule_count; i++) {
        error = rule_set(channel, nrpt->is_policy, &request->rules[i]);
        if (error)
            break;
        struct text key = text_on(nrpt->rules[nrpt->rule_count++], NRPT_KEY_CAPACITY);
        text_append(&key, request->rules[i].key);
    }
    return error;
}

/* Without search domains and with rules for some domains only, the adapter's name servers would be
 * asked for all the rest. */
static uint32_t add_name_servers(struct channel *channel, const struct request *request)
{
    static const int16_t families[] = {FAMILY_IPV4, FAMILY_IPV6};
    char16_t list[NAME_SERVERS_CAPACITY];
    uint32_t error = 0;
    if (!request->search_domains[0] && !nrpt_is_catch_all(&request->rules[0]))
        return 0;
    struct text guid = TEXT_ON(channel->nrpt.guid);
    text_append(&guid, request->guid);
    for (size_t i = 0; !error && i < ARRAY_COUNT(families); i++) {
        error = name_servers_of_nrpt(request->message, families[i], ',', list);
        if (!error && list[0])
            error = name_servers_set(channel, request->guid, (uint16_t)families[i], list);
    }
    return error;
}

static uint32_t add(struct channel *channel, struct request *request)
{
    uint32_t error = release_all(channel);
    if (!error)
        error = sweep(channel->network, channel->options.process_id);
    if (!error)
        error = add_rules(channel, request);
    if (!error)
        error = add_name_servers(channel, request);
    if (!error && request->search_domains[0])
        error = search_domains_set(channel, request->guid, request->search_domains);
    if (error)
        release_all(channel);
    return error;
}

uint32_t nrpt_add(struct channel *channel, const struct message *message)
{
    CLEANUP_FREE struct request *request = calloc(1, sizeof(*request));
    if (!request)
        return ERROR_NOT_ENOUGH_MEMORY;
    request->message = &message->nrpt;
    uint32_t error = read_request(channel, request);
    if (!error)
        error = add(channel, request);
    dns_client_apply(channel->network, !error);
    return error;
}

uint32_t nrpt_delete(struct channel *channel, const struct message *message)
{
    if (!message->nrpt.interface.name[0])
        return ERROR_MESSAGE_DATA;
    uint32_t error = release_all(channel);
    keep_first(&error, sweep(channel->network, channel->options.process_id));
    dns_client_apply(channel->network, true);
    return error;
}
