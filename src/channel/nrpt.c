/* SPDX-License-Identifier: MIT */
#include "channel/nrpt.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "channel/arguments.h"
#include "channel/left_out.h"
#include "resource/exclude.h"
#include "resource/nrpt_rule.h"
#include "resource/nrpt_rules_key.h"
#include "resource/value.h"
#include "system/dns_client.h"

enum { FLAG_DNSSEC = 1 };

/* ---- releasing ---- */

static void keep_first_error(uint32_t *error, uint32_t next)
{
    if (!*error)
        *error = next;
}

static uint32_t nrpt_release_name_servers(struct channel *channel)
{
    const char16_t *guid = channel->nrpt.guid;
    if (!guid[0])
        return 0;
    uint32_t error =
        value_release(channel->ledger, &channel->session, guid, FAMILY_IPV6, VALUE_NAME_SERVER);
    keep_first_error(&error, value_release(channel->ledger, &channel->session, guid, FAMILY_IPV4,
                                           VALUE_NAME_SERVER));
    return error;
}

/* Releases what the last add_nrpt_cfg of the session has set. What cannot be released stays
 * claimed, and another request can release it. */
static uint32_t nrpt_release_all(struct channel *channel)
{
    struct channel_nrpt *nrpt = &channel->nrpt;
    uint32_t error = search_domains_release(&channel->domains);
    keep_first_error(&error, nrpt_release_name_servers(channel));
    for (size_t i = nrpt->rule_count; i > 0; i--)
        keep_first_error(&error, rule_release(channel->ledger, &channel->session, nrpt->is_policy,
                                              nrpt->rules[i - 1]));
    if (!error)
        error = rules_key_release(channel->ledger, &channel->session);
    if (!error)
        *nrpt = (struct channel_nrpt){0};
    return error;
}

/* ---- adding ---- */

/* The message, read and checked. */
struct nrpt_request {
    const struct message_nrpt *message;
    char16_t guid[GUID_UNITS];
    char16_t search_domains[DOMAINS_CAPACITY];
    size_t rule_count;
    struct nrpt_rule rules[1 + EXCLUDE_RULES_MAX]; /* the main rule first */
};

static uint32_t read_nrpt_request(struct channel *channel, struct nrpt_request *request)
{
    const struct message_nrpt *message = request->message;
    struct domains_left_out left_out = {0};
    bool dnssec = (message->flags & FLAG_DNSSEC) && !channel->options.ignore_dnssec;
    uint32_t error =
        argument_interface_by_name(channel->network, &message->interface, request->guid);
    if (!error)
        error = nrpt_main_rule(message->addresses, message->resolve_domains,
                               channel->options.process_id, dnssec, &request->rules[0], &left_out);
    if (!error)
        error = domains_search(message->search_domains, request->search_domains, &left_out);
    leave_out_names(channel, &left_out);
    return error;
}

static uint32_t nrpt_add_rules(struct channel *channel, struct nrpt_request *request)
{
    struct channel_nrpt *nrpt = &channel->nrpt;
    size_t exclude_count = 0;
    uint32_t error = rules_find_place(channel->network, &nrpt->is_policy);
    if (!error && !nrpt->is_policy)
        error = rules_key_add(channel->ledger, &channel->session);
    if (!error && nrpt_is_catch_all(&request->rules[0]))
        error = exclude_rules_read(channel->network, request->search_domains,
                                   channel->options.process_id, request->rules + 1, &exclude_count);
    request->rule_count = 1 + exclude_count;
    for (size_t i = 0; !error && i < request->rule_count; i++) {
        error = rule_set(channel->ledger, &channel->session, nrpt->is_policy, &request->rules[i]);
        if (error)
            break;
        struct text key = text_on(nrpt->rules[nrpt->rule_count++], NRPT_KEY_CAPACITY);
        text_append(&key, request->rules[i].key);
    }
    return error;
}

/* The servers of one family; none were sent for it, or the adapter lacks it: `*is_set` stays. */
static uint32_t nrpt_add_family(struct channel *channel, const struct nrpt_request *request,
                                uint16_t family, bool *is_set, uint32_t *left_out)
{
    char16_t list[NAME_SERVERS_CAPACITY];
    uint32_t error = name_servers_of_nrpt(request->message->addresses, family, ',', list);
    if (error || !list[0])
        return error;
    error = value_set(channel->ledger, &channel->session, request->guid, family, VALUE_NAME_SERVER,
                      list);
    if (leave_out_name_servers(channel, family, error)) {
        *left_out = error;
        return 0;
    }
    *is_set |= !error;
    return error;
}

/* None without search domains if the rules are for some domains only: Windows would then send all
 * other queries to the adapter's name servers. */
static uint32_t nrpt_add_name_servers(struct channel *channel, const struct nrpt_request *request)
{
    bool is_set = false;
    uint32_t left_out = 0;
    if (!request->search_domains[0] && !nrpt_is_catch_all(&request->rules[0]))
        return 0;
    struct text guid = TEXT_ON(channel->nrpt.guid);
    text_append(&guid, request->guid);
    uint32_t error = nrpt_add_family(channel, request, FAMILY_IPV4, &is_set, &left_out);
    if (!error)
        error = nrpt_add_family(channel, request, FAMILY_IPV6, &is_set, &left_out);
    return error || is_set ? error : left_out;
}

static uint32_t nrpt_add_search_domains(struct channel *channel, const struct nrpt_request *request)
{
    if (!request->search_domains[0])
        return 0;
    uint32_t error = search_domains_set(&channel->domains, request->guid, request->search_domains);
    if (!leave_out_search_domains(channel, error))
        return error;
    return nrpt_is_catch_all(&request->rules[0]) ? 0 : nrpt_release_name_servers(channel);
}

static uint32_t nrpt_add(struct channel *channel, struct nrpt_request *request)
{
    uint32_t error = nrpt_release_all(channel);
    if (!error)
        error = rules_delete_of_process(channel->network, channel->options.process_id);
    if (!error)
        error = nrpt_add_rules(channel, request);
    if (!error)
        error = nrpt_add_name_servers(channel, request);
    if (!error)
        error = nrpt_add_search_domains(channel, request);
    if (error)
        nrpt_release_all(channel);
    return error;
}

uint32_t handle_add_nrpt(struct channel *channel, const struct message *message)
{
    CLEANUP_FREE struct nrpt_request *request = calloc(1, sizeof(*request));
    if (!request)
        return ERROR_NOT_ENOUGH_MEMORY;
    request->message = &message->nrpt;
    uint32_t error = read_nrpt_request(channel, request);
    if (!error)
        error = nrpt_add(channel, request);
    dns_client_apply(channel->network, !error);
    return error;
}

uint32_t handle_delete_nrpt(struct channel *channel, const struct message *message)
{
    if (!message->nrpt.interface.name[0])
        return ERROR_MESSAGE_DATA;
    uint32_t error = nrpt_release_all(channel);
    keep_first_error(&error,
                     rules_delete_of_process(channel->network, channel->options.process_id));
    dns_client_apply(channel->network, true);
    return error;
}
