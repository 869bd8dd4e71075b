/* SPDX-License-Identifier: MIT */
#include "resource/exclude.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "dns/multi_string.h"
#include "resource/tcpip_registry.h"

enum { MOST_INTERFACES = 64, TEXTS = 7 };

struct interface_texts {
    char16_t *texts[TEXTS]; /* on the heap */
    struct registry_data dhcp6;
};

struct other_networks {
    size_t count;
    struct exclude_interface interfaces[MOST_INTERFACES];
    struct interface_texts texts[MOST_INTERFACES];
};

static void other_networks_free(struct other_networks **networks)
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

static void read_other_network(struct registry *registry, const char16_t *guid,
                               struct other_networks *networks)
{
    struct interface_texts *from = &networks->texts[networks->count];
    struct exclude_interface *to = &networks->interfaces[networks->count++];
    char16_t path[PATH_UNITS];
    for (size_t i = 0; i < TEXTS; i++) {
        path_of_interface(path, interface_values[i].family, guid);
        registry_read_text(registry, path, interface_values[i].name, &from->texts[i]);
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

static void read_other_networks(struct network *network, struct other_networks *networks)
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
            read_other_network(registry, guid, networks);
    }
}

uint32_t exclude_rules_read(struct network *network, const char16_t *search_domains, uint32_t pid,
                            struct nrpt_rule rules[EXCLUDE_RULES_MAX], size_t *count)
{
    __attribute__((cleanup(other_networks_free))) struct other_networks *networks =
        calloc(1, sizeof(*networks));
    *count = 0;
    if (!networks)
        return ERROR_NOT_ENOUGH_MEMORY;
    read_other_networks(network, networks);
    *count = exclude_rules(networks->interfaces, networks->count, search_domains, pid, rules);
    return 0;
}
