/* SPDX-License-Identifier: MIT */
#include "channel/dns.h"

#include "base/errors.h"
#include "channel/arguments.h"
#include "channel/left_out.h"
#include "dns/domains.h"
#include "dns/name_servers.h"
#include "resource/value.h"
#include "system/dns_client.h"

/* ---- domains: what they are depends on the version of the client ---- */

/* Clients up to 2.6 send the one connection suffix of the interface, later ones search domains. */
static bool sends_suffix(const struct channel *channel)
{
    return channel->layout.dialect == DIALECT_UP_TO_2_6;
}

/* An error if the request is for these domains only and there is none among them. */
static uint32_t read_dns_domains(struct channel *channel, const struct message_dns *dns,
                                 char16_t domains[DOMAINS_CAPACITY])
{
    struct domains_left_out left_out = {0};
    uint32_t error = sends_suffix(channel) ? domains_suffix(dns->domains, domains, &left_out)
                                           : domains_search(dns->domains, domains, &left_out);
    leave_out_names(channel, &left_out);
    if (!error && !*domains && !dns->address_count && left_out.count > left_out.roots)
        error = ERROR_MESSAGE_DATA;
    return error;
}

static uint32_t set_dns_domains(struct channel *channel, const char16_t *guid,
                                const char16_t *domains)
{
    return sends_suffix(channel) ? value_set(channel->ledger, &channel->session, guid, FAMILY_IPV4,
                                             VALUE_DOMAIN, domains)
                                 : search_domains_set(&channel->domains, guid, domains);
}

static uint32_t release_dns_domains(struct channel *channel, const char16_t *guid)
{
    return sends_suffix(channel)
               ? value_release(channel->ledger, &channel->session, guid, FAMILY_IPV4, VALUE_DOMAIN)
               : search_domains_release(&channel->domains);
}

/* ---- the messages ---- */

static uint32_t read_name_servers(const struct message_dns *dns,
                                  char16_t servers[NAME_SERVERS_CAPACITY])
{
    struct ip ips[ARGUMENT_IPS];
    size_t count;
    uint32_t error = argument_ips(dns->family, dns->address_count, dns->addresses, ips, &count);
    if (!error)
        name_servers_of(ips, count, servers);
    return error;
}

/* `*is_set` if the adapter has the servers now; they may be left out if there are domains. */
static uint32_t set_dns_servers(struct channel *channel, const char16_t *guid, uint16_t family,
                                const char16_t *servers, bool *is_set)
{
    if (!*servers)
        return 0;
    uint32_t error =
        value_set(channel->ledger, &channel->session, guid, family, VALUE_NAME_SERVER, servers);
    *is_set = !error;
    return error;
}

static uint32_t set_dns(struct channel *channel, const char16_t *guid,
                        const struct message_dns *dns, const char16_t *servers,
                        const char16_t *domains)
{
    const uint16_t family = (uint16_t)dns->family;
    bool is_set = false;
    uint32_t error = set_dns_servers(channel, guid, family, servers, &is_set);
    bool is_left_out = leave_out_name_servers(channel, family, error);
    if (!*domains || (error && !is_left_out))
        return error;
    error = set_dns_domains(channel, guid, domains);
    is_left_out = leave_out_search_domains(channel, error);
    if (!is_set || !error)
        return error;
    if (is_left_out)
        return 0;
    value_release(channel->ledger, &channel->session, guid, family, VALUE_NAME_SERVER);
    return error;
}

uint32_t handle_add_dns(struct channel *channel, const struct message *message)
{
    const struct message_dns *dns = &message->dns;
    char16_t guid[GUID_UNITS], servers[NAME_SERVERS_CAPACITY] = u"", domains[DOMAINS_CAPACITY];
    uint32_t error = argument_interface_by_name(channel->network, &dns->interface, guid);
    if (!error)
        error = read_dns_domains(channel, dns, domains);
    if (!error && dns->address_count)
        error = read_name_servers(dns, servers);
    if (!error)
        error = set_dns(channel, guid, dns, servers, domains);
    dns_client_apply(channel->network, !error);
    return error;
}

/* Releases what this session has set, and nothing else. */
uint32_t handle_delete_dns(struct channel *channel, const struct message *message)
{
    const struct message_dns *dns = &message->dns;
    char16_t guid[GUID_UNITS];
    uint32_t error = argument_interface_by_name(channel->network, &dns->interface, guid);
    if (!error)
        error = argument_family(dns->family);
    if (error)
        return error;
    error = value_release(channel->ledger, &channel->session, guid, (uint16_t)dns->family,
                          VALUE_NAME_SERVER);
    uint32_t domains_error = dns->domains[0] ? release_dns_domains(channel, guid) : 0;
    dns_client_apply(channel->network, true);
    return error ? error : domains_error;
}
