/* SPDX-License-Identifier: MIT */
#include "populate.h"
#include "adapters.h"
#include "store.h"

#include <stdio.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#define PARAMETERS    REGISTRY_TCPIP L"\\Parameters"
#define SYSTEM_RULES  REGISTRY_DNSCACHE L"\\Parameters\\DnsPolicyConfig"
#define POLICY_RULES  REGISTRY_POLICY L"\\DnsPolicyConfig"
#define STALE_SUFFIX  L",stale.example"
#define FIRST_EXCLUDE L"OpenVPNDNSRoutingX-01-%u"

const struct population usual_population = {.system_search_list = L"corp.example,example.net"};

enum { TAP = 2, ETHERNET = 5, WIFI = 7, WINTUN = 9 };

/* The content of an interface key; a row without text is a number, and addresses are those of
 * Dhcpv6DNSServers, sixteen bytes each. */
enum content { STRING, LIST, NUMBER, ADDRESSES };

static const struct {
    uint32_t interface;
    enum adapter_key key;
    enum content content;
    const wchar_t *name, *text;
    uint32_t number;
} values[] = {
    /* A VPN adapter with a manual configuration. */
    {TAP, ADAPTER_IPV4, NUMBER, L"EnableDHCP", NULL, 0},
    {TAP, ADAPTER_IPV4, LIST, L"IPAddress", L"10.8.0.2", 0},
    {TAP, ADAPTER_IPV4, LIST, L"SubnetMask", L"255.255.255.0", 0},
    {TAP, ADAPTER_IPV4, STRING, L"NameServer", L"10.99.0.53,10.99.0.54", 0},
    {TAP, ADAPTER_IPV4, STRING, L"Domain", L"old.example", 0},
    {TAP, ADAPTER_IPV4, STRING, L"SearchList", L"office.example,branch.example", 0},
    {TAP, ADAPTER_IPV6, STRING, L"NameServer", L"fd00:99::53", 0},
    {TAP, ADAPTER_NETBT, LIST, L"NameServerList", L"10.99.0.44", 0},
    /* A wired network with DHCP and static name servers. */
    {ETHERNET, ADAPTER_IPV4, STRING, L"DhcpIPAddress", L"192.168.1.20", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"DhcpSubnetMask", L"255.255.255.0", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"DhcpNameServer", L"192.168.1.1 192.168.1.2", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"DhcpDomain", L"lan.example", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"NameServer", L"192.168.1.53,9.9.9.9", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"Domain", L"", 0},
    {ETHERNET, ADAPTER_IPV4, STRING, L"SearchList", L"wired.example,lab.example", 0},
    {ETHERNET, ADAPTER_IPV6, STRING, L"NameServer", L"2001:db8:1::53", 0},
    {ETHERNET, ADAPTER_NETBT, LIST, L"NameServerList", L"192.168.1.44|192.168.1.45", 0},
    /* A wireless network configured by DHCP alone. */
    {WIFI, ADAPTER_IPV4, STRING, L"DhcpIPAddress", L"192.168.77.3", 0},
    {WIFI, ADAPTER_IPV4, STRING, L"DhcpSubnetMask", L"255.255.255.0", 0},
    {WIFI, ADAPTER_IPV4, STRING, L"DhcpNameServer", L"192.168.77.1 192.168.77.53", 0},
    {WIFI, ADAPTER_IPV4, STRING, L"DhcpDomain", L"wlan.example", 0},
    {WIFI, ADAPTER_IPV4, STRING, L"DhcpDomainSearchList", L"wlan.example,guest.example", 0},
    {WIFI, ADAPTER_IPV4, STRING, L"NameServer", L"", 0},
    {WIFI, ADAPTER_IPV6, ADDRESSES, L"Dhcpv6DNSServers", L"2001:db8:77::53|2001:db8:77::54", 0},
    {WIFI, ADAPTER_IPV6, STRING, L"Dhcpv6DomainSearchList", L"wlan.example", 0},
    {WIFI, ADAPTER_NETBT, LIST, L"DhcpNameServerList", L"192.168.77.44", 0},
};

static void set_addresses(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                          const wchar_t *text)
{
    uint8_t bytes[4][16];
    uint32_t count = 0;
    char item[MACHINE_IP_TEXT];
    while (*text && count < ARRAYSIZE(bytes)) {
        size_t length = 0;
        for (; *text && *text != L'|'; text++)
            item[length++] = (char)*text;
        item[length] = '\0';
        inet_pton(AF_INET6, item, bytes[count++]);
        if (*text)
            text++;
    }
    store_set(folder, path, name, REG_BINARY, bytes, count * (uint32_t)sizeof(*bytes));
}

static void populate_adapters(struct machine *machine)
{
    const wchar_t *folder = machine->folder;
    const struct interface_row *adapter;
    for (size_t cursor = 0; (adapter = machine_next_interface(machine, &cursor));)
        adapter_add_keys(folder, adapter);
    for (size_t i = 0; i < ARRAYSIZE(values); i++) {
        wchar_t path[REGISTRY_PATH];
        adapter = machine_interface(machine, 0, values[i].interface);
        if (!adapter)
            continue;
        adapter_key(adapter, values[i].key, path);
        if (values[i].content == STRING)
            store_set_text(folder, path, values[i].name, values[i].text);
        else if (values[i].content == LIST)
            store_set_list(folder, path, values[i].name, values[i].text);
        else if (values[i].content == NUMBER)
            store_set_number(folder, path, values[i].name, values[i].number);
        else
            set_addresses(folder, path, values[i].name, values[i].text);
    }
}

static void add_rule(const wchar_t *folder, const wchar_t *rules, const wchar_t *name,
                     const wchar_t *suffix, const wchar_t *servers)
{
    wchar_t path[REGISTRY_PATH];
    registry_join(rules, name, path);
    store_set_list(folder, path, L"Name", suffix);
    store_set_text(folder, path, L"GenericDNSServers", servers);
    store_set_number(folder, path, L"ConfigOptions", 8);
    store_set_number(folder, path, L"Version", 2);
}

static void populate_rules(const wchar_t *folder, const struct population *population)
{
    static const wchar_t foreign[] = L"{3D0D39C6-5B2A-4D34-9D4E-0C1F5D6C7A11}";
    const wchar_t *effective = population->policy_rules ? POLICY_RULES : SYSTEM_RULES;
    wchar_t name[64];
    if (population->policy_rules)
        add_rule(folder, POLICY_RULES, foreign, L".intranet.example", L"192.0.2.53");
    if (population->system_rules)
        add_rule(folder, SYSTEM_RULES, foreign, L".dev.example", L"192.0.2.54");
    for (size_t i = 0; i < population->stale_rule_count; i++) {
        uint32_t pid = population->stale_rules[i];
        _snwprintf(name, ARRAYSIZE(name), L"OpenVPNDNSRouting-%u", pid);
        add_rule(folder, effective, name, L".", L"10.8.0.1");
        _snwprintf(name, ARRAYSIZE(name), FIRST_EXCLUDE, pid);
        add_rule(folder, effective, name, L".lan.example", L"192.168.1.53");
    }
}

static void populate_list(const wchar_t *folder, const wchar_t *path, const wchar_t *list,
                          bool stale)
{
    wchar_t text[POPULATION_TEXT + ARRAYSIZE(STALE_SUFFIX)];
    if (!*list)
        return;
    wcscpy(text, list);
    if (stale) {
        store_set_text(folder, path, L"InitialSearchList", list);
        wcscat(text, STALE_SUFFIX);
    }
    store_set_text(folder, path, L"SearchList", text);
}

void registry_populate(struct machine *machine, const struct population *population)
{
    const wchar_t *folder = machine->folder;
    store_remove(folder);
    store_set_text(folder, PARAMETERS, L"Hostname", L"testbox");
    store_set_text(folder, PARAMETERS, L"Domain", L"corp.example");
    store_set_number(folder, REGISTRY_TCPIP6 L"\\Parameters", L"DisabledComponents", 0);
    store_set_number(folder, REGISTRY_NETBT L"\\Parameters", L"EnableLMHOSTS", 1);
    store_set_number(folder, REGISTRY_DNSCACHE L"\\Parameters", L"MaxCacheTtl", 86400);
    store_set_text(folder, REGISTRY_CLASS, L"Class", L"Net");
    populate_list(folder, PARAMETERS, population->system_search_list,
                  population->stale_system_list);
    populate_list(folder, REGISTRY_POLICY, population->policy_search_list,
                  population->stale_policy_list);
    populate_rules(folder, population);
    populate_adapters(machine);
}
