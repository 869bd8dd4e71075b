/* SPDX-License-Identifier: MIT */
#include "dns/exclude.h"

#include "dns/split.h"

#include <string.h>

/* ---- suffixes ---- */

/* The name without the dots that may stand in front and behind. */
static struct piece bare(struct piece name)
{
    if (name.length && name.at[0] == '.') {
        name.at++;
        name.length--;
    }
    if (name.length && name.at[name.length - 1] == '.')
        name.length--;
    return name;
}

static bool is_same_domain(struct piece a, struct piece b)
{
    return text_equal_caseless(a.at, a.length, b.at, b.length);
}

static bool is_pushed(const char16_t *search_domains, struct piece name)
{
    struct piece pushed;
    for (const char16_t *rest = search_domains; split_next(&rest, u",", &pushed);)
        if (is_same_domain(bare(pushed), name))
            return true;
    return false;
}

/* The first value that has a dot is the one that counts, as it does for Windows. */
static const char16_t *suffixes_of(const struct exclude_interface *interface)
{
    for (size_t i = 0; i < ARRAY_COUNT(interface->suffixes); i++)
        if (interface->suffixes[i] && text_find(interface->suffixes[i], '.'))
            return interface->suffixes[i];
    return u"";
}

static void append_suffixes(struct multi_string *names, const char16_t *suffixes,
                            const char16_t *search_domains)
{
    struct piece name;
    for (const char16_t *rest = suffixes; split_next(&rest, u", ;", &name);) {
        char16_t units[DOMAINS_CAPACITY];
        struct text dotted = TEXT_ON(units);
        if (!domain_is_valid(name.at, name.length))
            continue;
        name = bare(name);
        if (is_pushed(search_domains, name))
            continue;
        text_append_unit(&dotted, '.');
        text_append_units(&dotted, name.at, name.length);
        multi_string_append(names, units, dotted.length);
    }
}

/* ---- name servers ---- */

/* Appends what fits whole, so that no address is cut into another one. */
static void append_server(struct text *servers, const char16_t *units, size_t length)
{
    bool separator = servers->length > 0;
    if (servers->length + separator + length >= servers->capacity)
        return;
    if (separator)
        text_append_unit(servers, ';');
    text_append_units(servers, units, length);
}

/* Returns true when there was an address in the value. */
static bool append_servers(struct text *servers, const char16_t *value)
{
    struct piece server;
    bool any = false;
    for (const char16_t *rest = value; split_next(&rest, u", ;", &server);) {
        struct message_ip ip;
        int16_t family;
        if (!numeric_parse(server.at, server.length, &family, &ip))
            continue;
        append_server(servers, server.at, server.length);
        any = true;
    }
    return any;
}

static void append_binary_servers(struct text *servers, const unsigned char *at, size_t size)
{
    for (struct message_ip ip; size >= sizeof(ip.bytes);) {
        char16_t units[NUMERIC_CAPACITY];
        struct text address = TEXT_ON(units);
        memcpy(ip.bytes, at, sizeof(ip.bytes));
        at += sizeof(ip.bytes);
        size -= sizeof(ip.bytes);
        numeric_append(&address, FAMILY_IPV6, &ip);
        append_server(servers, units, address.length);
    }
}

/* What was set by hand comes before what DHCP gave, in each family. */
static void append_all_servers(struct text *servers, const struct exclude_interface *interface)
{
    for (size_t i = 0; i < ARRAY_COUNT(interface->name_servers); i++)
        if (append_servers(servers, interface->name_servers[i]))
            break;
    if (!append_servers(servers, interface->name_servers6) && interface->dhcp6_name_servers)
        append_binary_servers(servers, interface->dhcp6_name_servers, interface->dhcp6_size);
}

/* ---- rules ---- */

static bool make_rule(const struct exclude_interface *interface, const char16_t *search_domains,
                      struct nrpt_rule *rule)
{
    struct multi_string names = MULTI_STRING_ON(rule->names);
    struct text servers = TEXT_ON(rule->servers);
    append_suffixes(&names, suffixes_of(interface), search_domains);
    append_all_servers(&servers, interface);
    rule->names_count = multi_string_count(&names);
    rule->dnssec = false; /* the resolvers at hand rarely validate */
    return names.length > 0 && servers.length > 0;
}

size_t exclude_rules(const struct exclude_interface *interfaces, size_t count,
                     const char16_t *search_domains, uint32_t pid,
                     struct nrpt_rule rules[EXCLUDE_RULES_MAX])
{
    size_t made = 0;
    for (size_t i = 0; i < count && made < EXCLUDE_RULES_MAX; i++) {
        if (!make_rule(&interfaces[i], search_domains, &rules[made]))
            continue;
        struct text key = TEXT_ON(rules[made].key);
        made++;
        text_append_format(&key, "OpenVPNDNSRoutingX-%02x-%lu", (unsigned)made, (unsigned long)pid);
    }
    return made;
}
