/* SPDX-License-Identifier: MIT */
/* add_dns_cfg and delete_dns_cfg: the name servers of an interface in one family, and domains. */
#include "channel/handlers.h"

#include "base/errors.h"
#include "channel/records.h"
#include "dns/domains.h"
#include "dns/name_servers.h"

#include <string.h>

uint32_t interface_by_name(struct network *network, const struct message_interface *interface,
                           char16_t guid[GUID_UNITS])
{
    const uint32_t by_name = (uint32_t)INTERFACE_BY_NAME;
    uint64_t luid;
    if (!interface->name[0])
        return ERROR_MESSAGE_DATA;
    uint32_t error = network->find_interface(network, by_name, interface->name, &luid);
    return error ? error : network->get_guid(network, luid, guid);
}

uint32_t name_servers_set(struct channel *channel, const char16_t *guid, uint16_t family,
                          const char16_t *list)
{
    char16_t path[PATH_UNITS];
    path_of_interface(path, family, guid);
    return value_set(channel, path, u"NameServer", list);
}

uint32_t name_servers_release(struct channel *channel, const char16_t *guid, uint16_t family)
{
    char16_t path[PATH_UNITS];
    path_of_interface(path, family, guid);
    return value_release(channel, path, u"NameServer");
}

/* ---- domains, as the client's version means them ---- */

/* Up to 2.6 they are the interface's one connection suffix. */
static bool is_suffix(const struct channel *channel)
{
    return channel->layout.dialect == DIALECT_UP_TO_2_6;
}

static uint32_t read_domains(const struct channel *channel, const struct message_dns *dns,
                             char16_t domains[DOMAINS_CAPACITY])
{
    return is_suffix(channel) ? domains_suffix(dns->domains, domains)
                              : domains_search(dns->domains, domains);
}

static uint32_t set_domains(struct channel *channel, const char16_t *guid, const char16_t *domains)
{
    char16_t path[PATH_UNITS];
    if (!is_suffix(channel))
        return search_domains_set(channel, guid, domains);
    path_of_interface(path, FAMILY_IPV4, guid);
    return value_set(channel, path, u"Domain", domains);
}

static uint32_t release_domains(struct channel *channel, const char16_t *guid)
{
    char16_t path[PATH_UNITS];
    if (!is_suffix(channel))
        return search_domains_release(channel);
    path_of_interface(path, FAMILY_IPV4, guid);
    return value_release(channel, path, u"Domain");
}

/* ---- the messages ---- */

static uint32_t set_both(struct channel *channel, const char16_t *guid,
                         const struct message_dns *dns, const char16_t *servers,
                         const char16_t *domains)
{
    uint32_t error = 0;
    if (*servers)
        error = name_servers_set(channel, guid, (uint16_t)dns->family, servers);
    if (error || !*domains)
        return error;
    error = set_domains(channel, guid, domains);
    if (error && *servers)
        name_servers_release(channel, guid, (uint16_t)dns->family);
    return error;
}

uint32_t dns_add(struct channel *channel, const struct message *message)
{
    const struct message_dns *dns = &message->dns;
    char16_t guid[GUID_UNITS], servers[NAME_SERVERS_CAPACITY] = u"", domains[DOMAINS_CAPACITY];
    uint32_t error = interface_by_name(channel->network, &dns->interface, guid);
    if (!error)
        error = read_domains(channel, dns, domains);
    if (!error && dns->address_count)
        error = name_servers_of(dns->family, dns->address_count, dns->addresses, servers);
    if (!error)
        error = set_both(channel, guid, dns, servers, domains);
    dns_client_apply(channel->network, !error);
    return error;
}

/* Ends what this session has set. What it has not set stays as it is. */
uint32_t dns_delete(struct channel *channel, const struct message *message)
{
    const struct message_dns *dns = &message->dns;
    char16_t guid[GUID_UNITS];
    uint32_t error = interface_by_name(channel->network, &dns->interface, guid);
    if (!error)
        error = check_prefix(dns->family, 0);
    if (error)
        return error;
    error = name_servers_release(channel, guid, (uint16_t)dns->family);
    uint32_t domains_error = dns->domains[0] ? release_domains(channel, guid) : 0;
    dns_client_apply(channel->network, true);
    return error ? error : domains_error;
}
