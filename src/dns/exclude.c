/* SPDX-License-Identifier: MIT */
#include "dns/exclude.h"

#include "dns/split.h"

#include <string.h>

/* ---- suffixes ---- */

/* The name without a dot at its start or end. */
static struct piece exclude_bare_name(struct piece name)
{
    if (name.length && name.at[0] == '.') {
        name.at++;
        name.length--;
    }
    if (name.length && name.at[name.length - 1] == '.')
        name.length--;
    return name;
}

static bool exclude_is_same_domain(struct piece a, struct piece b)
{
    return text_equal_caseless(a.at, a.length, b.at, b.length);
}

static bool exclude_is_pushed(const char16_t *search_domains, struct piece name)
{
    struct piece pushed;
    for (const char16_t *rest = search_domains; split_next(&rest, u",", &pushed);)
        if (exclude_is_same_domain(exclude_bare_name(pushed), name))
            return true;
    return false;
}

/* Windows uses the first of these values that contains a dot. */
static const char16_t *exclude_suffixes(const struct exclude_interface *interface)
{
    for (size_t i = 0; i < ARRAY_COUNT(interface->suffixes); i++)
        if (interface->suffixes[i] && text_find(interface->suffixes[i], '.'))
            return interface->suffixes[i];
    return u"";
}

static void exclude_append_suffixes(struct multi_string *names, const char16_t *suffixes,
                                    const char16_t *search_domains)
{
    struct piece name;
    for (const char16_t *rest = suffixes; split_next(&rest, u", ;", &name);) {
        char16_t units[DOMAINS_CAPACITY];
        struct text dotted = TEXT_ON(units);
        if (!domain_is_valid(name.at, name.length))
            continue;
        name = exclude_bare_name(name);
        if (exclude_is_pushed(search_domains, name))
            continue;
        text_append_unit(&dotted, '.');
        text_append_units(&dotted, name.at, name.length);
        multi_string_append(names, units, dotted.length);
    }
}

/* ---- name servers ---- */

/* Appends an address only if all of it fits: an address that is cut off is another address. */
static void exclude_append_server(struct text *servers, const char16_t *units, size_t length)
{
    bool separator = servers->length > 0;
    if (servers->length + separator + length >= servers->capacity)
        return;
    if (separator)
        text_append_unit(servers, ';');
    text_append_units(servers, units, length);
}

/* Returns true if the value contains an address. */
static bool exclude_append_servers(struct text *servers, const char16_t *value)
{
    struct piece server;
    bool any = false;
    for (const char16_t *rest = value; split_next(&rest, u", ;", &server);) {
        struct ip ip;
        if (!numeric_parse(server.at, server.length, &ip))
            continue;
        exclude_append_server(servers, server.at, server.length);
        any = true;
    }
    return any;
}

static void exclude_append_binary_servers(struct text *servers, const unsigned char *at,
                                          size_t size)
{
    for (struct ip ip = {.family = FAMILY_IPV6}; size >= sizeof(ip.bytes);) {
        char16_t units[NUMERIC_CAPACITY];
        struct text address = TEXT_ON(units);
        memcpy(ip.bytes, at, sizeof(ip.bytes));
        at += sizeof(ip.bytes);
        size -= sizeof(ip.bytes);
        numeric_append(&address, &ip);
        exclude_append_server(servers, units, address.length);
    }
}

/* In each family, servers that were set by hand take precedence over those of DHCP. */
static void exclude_append_all_servers(struct text *servers,
                                       const struct exclude_interface *interface)
{
    for (size_t i = 0; i < ARRAY_COUNT(interface->name_servers); i++)
        if (exclude_append_servers(servers, interface->name_servers[i]))
            break;
    if (!exclude_append_servers(servers, interface->name_servers6) && interface->dhcp6_name_servers)
        exclude_append_binary_servers(servers, interface->dhcp6_name_servers,
                                      interface->dhcp6_size);
}

/* ---- rules ---- */

static bool exclude_make_rule(const struct exclude_interface *interface,
                              const char16_t *search_domains, struct nrpt_rule *rule)
{
    struct multi_string names = MULTI_STRING_ON(rule->names);
    struct text servers = TEXT_ON(rule->servers);
    exclude_append_suffixes(&names, exclude_suffixes(interface), search_domains);
    exclude_append_all_servers(&servers, interface);
    rule->names_count = multi_string_count(&names);
    rule->dnssec = false; /* resolvers of local networks rarely validate */
    return names.length > 0 && servers.length > 0;
}

size_t exclude_rules(const struct exclude_interface *interfaces, size_t count,
                     const char16_t *search_domains, uint32_t pid,
                     struct nrpt_rule rules[EXCLUDE_RULES_MAX])
{
    size_t made = 0;
    for (size_t i = 0; i < count && made < EXCLUDE_RULES_MAX; i++) {
        if (!exclude_make_rule(&interfaces[i], search_domains, &rules[made]))
            continue;
        struct text key = TEXT_ON(rules[made].key);
        made++;
        text_append_format(&key, "OpenVPNDNSRoutingX-%02x-%lu", (unsigned)made, (unsigned long)pid);
    }
    return made;
}
