/* SPDX-License-Identifier: MIT */
#include "channel/dns.h"

#include "channel/arguments.h"
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

static uint32_t read_dns_domains(const struct channel *channel, const struct message_dns *dns,
                                 char16_t domains[DOMAINS_CAPACITY])
{
    return sends_suffix(channel) ? domains_suffix(dns->domains, domains)
                                 : domains_search(dns->domains, domains);
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

static uint32_t set_dns(struct channel *channel, const char16_t *guid,
                        const struct message_dns *dns, const char16_t *servers,
                        const char16_t *domains)
{
    uint32_t error = 0;
    if (*servers)
        error = value_set(channel->ledger, &channel->session, guid, (uint16_t)dns->family,
                          VALUE_NAME_SERVER, servers);
    if (error || !*domains)
        return error;
    error = set_dns_domains(channel, guid, domains);
    if (error && *servers)
        value_release(channel->ledger, &channel->session, guid, (uint16_t)dns->family,
                      VALUE_NAME_SERVER);
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
