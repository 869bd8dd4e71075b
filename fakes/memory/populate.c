/* SPDX-License-Identifier: MIT */
#include "fakes/memory/machine.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { INFINITE_LIFETIME = 0xffffffff };

/* NL_PREFIX_ORIGIN, NL_SUFFIX_ORIGIN */
enum { MANUAL = 1, WELL_KNOWN = 2, DHCP = 3, LINK_LAYER = 4 };

/* NL_ROUTE_PROTOCOL */
enum { PROTOCOL_LOCAL = 2, PROTOCOL_NETMGMT = 3 };

/* NET_LUID: the interface type (6 Ethernet, 71 wireless) above a number that the system chooses. */
#define LUID(type, number) ((uint64_t)(type) << 48 | (uint64_t)(number) << 24)

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        .family = 2, .bytes = { a, b, c, d }                                                       \
    }
#define LINK_LOCAL(last)                                                                           \
    {                                                                                              \
        .family = 23, .bytes = { [0] = 0xFE, [1] = 0x80, [15] = (last) }                           \
    }
#define V6_NONE                                                                                    \
    {                                                                                              \
        .family = 23                                                                               \
    }

static const struct machine_interface interfaces[] = {
    {POPULATED_ETHERNET, LUID(6, 0x8001), "Ethernet"},
    {POPULATED_WIFI, LUID(71, 0x8002), "Wi-Fi"},
    {POPULATED_TAP, LUID(6, 0x8003), "OpenVPN TAP-Windows6"},
    {POPULATED_VPN, LUID(6, 0x8004), "Local Area Connection 2"},
    {POPULATED_UMLAUT, LUID(6, 0x8005), "B\xC3\xBCro-VPN"},
};

static const struct {
    uint32_t interface;
    struct ip address;
    struct address_settings settings;
} addresses[] = {
    {POPULATED_ETHERNET, V4(192, 168, 1, 23), {24, 0, DHCP, DHCP, 86400, 43200}},
    {POPULATED_WIFI, V4(192, 168, 1, 57), {24, 1, DHCP, DHCP, 7200, 3600}},
    {POPULATED_TAP,
     V4(10, 98, 0, 1),
     {16, 0, MANUAL, MANUAL, INFINITE_LIFETIME, INFINITE_LIFETIME}},
    {POPULATED_TAP, V4(10, 8, 0, 2), {24, 0, MANUAL, MANUAL, INFINITE_LIFETIME, INFINITE_LIFETIME}},
    {POPULATED_ETHERNET,
     LINK_LOCAL(5),
     {64, 0, WELL_KNOWN, LINK_LAYER, INFINITE_LIFETIME, INFINITE_LIFETIME}},
    {POPULATED_TAP,
     LINK_LOCAL(9),
     {64, 0, WELL_KNOWN, LINK_LAYER, INFINITE_LIFETIME, INFINITE_LIFETIME}},
};

#define ROUTE_SETTINGS(metric, protocol, publish)                                                  \
    {                                                                                              \
        metric, protocol, INFINITE_LIFETIME, INFINITE_LIFETIME, 0, 0, 1, publish, 1                \
    }

static const struct {
    uint32_t interface;
    struct ip prefix;
    uint8_t prefix_length;
    struct ip next_hop;
    struct route_settings settings;
} routes[] = {
    {POPULATED_ETHERNET, V4(0, 0, 0, 0), 0, V4(192, 168, 1, 1),
     ROUTE_SETTINGS(0, PROTOCOL_NETMGMT, 0)},
    {POPULATED_WIFI,
     V4(0, 0, 0, 0),
     0,
     V4(192, 168, 1, 1),
     {25, PROTOCOL_NETMGMT, 7200, 3600, 0, 0, 1, 1, 0}},
    {POPULATED_TAP, V4(10, 99, 0, 0), 16, V4(10, 8, 0, 1), ROUTE_SETTINGS(50, PROTOCOL_NETMGMT, 1)},
    {POPULATED_ETHERNET, V6_NONE, 0, LINK_LOCAL(1), ROUTE_SETTINGS(25, PROTOCOL_NETMGMT, 0)},
};

static uint64_t luid_of(uint32_t index)
{
    for (size_t i = 0; i < ARRAY_COUNT(interfaces); i++) {
        if (interfaces[i].index == index)
            return interfaces[i].luid;
    }
    abort();
}

static void must(uint32_t error)
{
    if (error)
        abort();
}

static void populate_settings(struct fake_machine *machine, struct network *network)
{
    const struct interface_metric chosen = {.automatic = 0, .metric = 50};
    const uint64_t wifi = luid_of(POPULATED_WIFI), tap = luid_of(POPULATED_TAP);
    must(network->set_metric(network, wifi, 2, &chosen));
    must(network->set_metric(network, wifi, 23, &chosen));
    must(network->set_mtu(network, tap, 2, 1400));
    machine_remove_ipv6(machine, POPULATED_UMLAUT);
}

/* ---- the registry ---- */

#define TCPIP    u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"
#define TCPIP6   u"SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters"
#define NETBT    u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_"
#define CLASS    u"SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}"
#define DNSCACHE u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters"

enum key_kind { IPV4, IPV6, WINS, ADAPTER, KEY_KINDS };
enum value_kind { TEXT, LIST, NUMBER };

static const struct {
    uint32_t interface;
    enum key_kind key;
    enum value_kind kind;
    const char16_t *name, *text;
    uint32_t number;
} values[] = {
    {POPULATED_ETHERNET, ADAPTER, TEXT, u"ComponentId", u"PCI\\VEN_8086&DEV_15F3", 0},
    {POPULATED_ETHERNET, IPV4, NUMBER, u"EnableDHCP", NULL, 1},
    {POPULATED_ETHERNET, IPV4, TEXT, u"NameServer", u"", 0},
    {POPULATED_ETHERNET, IPV4, TEXT, u"Domain", u"", 0},
    {POPULATED_ETHERNET, IPV4, TEXT, u"DhcpNameServer", u"192.168.1.1 192.168.1.2", 0},
    {POPULATED_ETHERNET, IPV4, TEXT, u"DhcpDomain", u"home.example", 0},
    {POPULATED_ETHERNET, WINS, LIST, u"NameServerList", u"", 0},
    {POPULATED_WIFI, ADAPTER, TEXT, u"ComponentId", u"PCI\\VEN_8086&DEV_A0F0", 0},
    {POPULATED_WIFI, IPV4, NUMBER, u"EnableDHCP", NULL, 1},
    {POPULATED_WIFI, IPV4, TEXT, u"NameServer", u"192.168.1.53,9.9.9.9", 0},
    {POPULATED_WIFI, IPV4, TEXT, u"Domain", u"wifi.example", 0},
    {POPULATED_WIFI, IPV4, TEXT, u"DhcpNameServer", u"192.168.1.1", 0},
    {POPULATED_TAP, ADAPTER, TEXT, u"ComponentId", u"tap0901", 0},
    {POPULATED_TAP, IPV4, NUMBER, u"EnableDHCP", NULL, 0},
    {POPULATED_TAP, IPV4, LIST, u"IPAddress", u"10.98.0.1,10.97.0.1", 0},
    {POPULATED_TAP, IPV4, LIST, u"SubnetMask", u"255.255.0.0,255.255.255.0", 0},
    {POPULATED_TAP, IPV4, LIST, u"DefaultGateway", u"10.98.0.254,10.98.0.253", 0},
    {POPULATED_TAP, IPV4, LIST, u"DefaultGatewayMetric", u"0,7", 0},
    {POPULATED_TAP, IPV4, TEXT, u"NameServer", u"10.99.0.53,10.99.0.54", 0},
    {POPULATED_TAP, IPV6, TEXT, u"NameServer", u"fd00:99::53", 0},
    {POPULATED_TAP, IPV4, TEXT, u"Domain", u"old.example", 0},
    {POPULATED_TAP, WINS, LIST, u"NameServerList", u"10.99.0.44", 0},
    {POPULATED_VPN, ADAPTER, TEXT, u"ComponentId", u"Wintun", 0},
    {POPULATED_VPN, IPV4, NUMBER, u"EnableDHCP", NULL, 0},
    {POPULATED_VPN, WINS, NUMBER, u"NetbiosOptions", NULL, 0},
    {POPULATED_VPN, IPV6, NUMBER, u"EnableDHCP", NULL, 0},
    {POPULATED_UMLAUT, ADAPTER, TEXT, u"ComponentId", u"ovpn-dco", 0},
    {POPULATED_UMLAUT, IPV4, NUMBER, u"EnableDHCP", NULL, 1},
    {POPULATED_UMLAUT, IPV4, TEXT, u"NameServer", u"", 0},
    {POPULATED_UMLAUT, IPV4, TEXT, u"SearchList", u"", 0},
    {POPULATED_UMLAUT, IPV6, TEXT, u"NameServer", u"", 0},
    {POPULATED_UMLAUT, WINS, LIST, u"NameServerList", u"", 0},
};

static void make_path(struct network *network, uint32_t interface, enum key_kind key,
                      char16_t path[224])
{
    static const char16_t *const folders[] = {
        [IPV4] = TCPIP u"\\Interfaces\\",
        [IPV6] = TCPIP6 u"\\Interfaces\\",
        [WINS] = NETBT,
        [ADAPTER] = CLASS u"\\",
    };
    struct text text = text_on(path, 224);
    char16_t guid[GUID_UNITS];
    must(network->get_guid(network, luid_of(interface), guid));
    text_append(&text, folders[key]);
    if (key == ADAPTER)
        text_append_format(&text, "%04u", (unsigned)interface);
    else
        text_append(&text, guid);
}

static void populate_registry(struct fake_machine *machine, struct network *network)
{
    char16_t path[224], guid[GUID_UNITS];
    for (size_t i = 0; i < ARRAY_COUNT(interfaces); i++) {
        for (unsigned key = 0; key < KEY_KINDS; key++) {
            make_path(network, interfaces[i].index, key, path);
            machine_add_key(machine, path);
        }
        must(network->get_guid(network, interfaces[i].luid, guid));
        machine_set_text(machine, path, u"NetCfgInstanceId", guid); /* ADAPTER was the last */
    }
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        make_path(network, values[i].interface, values[i].key, path);
        if (values[i].kind == TEXT)
            machine_set_text(machine, path, values[i].name, values[i].text);
        else if (values[i].kind == LIST)
            machine_set_list(machine, path, values[i].name, values[i].text);
        else
            machine_set_number(machine, path, values[i].name, values[i].number);
    }
    machine_add_key(machine, CLASS u"\\Properties");
    machine_add_key(machine, CLASS);
    machine_add_key(machine, TCPIP u"\\Interfaces");
    machine_add_key(machine, DNSCACHE);
    machine_set_text(machine, TCPIP, u"SearchList", u"corp.example,example.net");
    machine_set_text(machine, TCPIP, u"Domain", u"");
}

static void populate_connections(struct fake_machine *machine)
{
    static const uint32_t connected[] = {POPULATED_ETHERNET, POPULATED_WIFI, POPULATED_VPN};
    for (size_t i = 0; i < ARRAY_COUNT(connected); i++)
        machine_set_connected(machine, connected[i], true);
}

void machine_populate(struct fake_machine *machine)
{
    struct network *network = machine_network(machine);
    for (size_t i = 0; i < ARRAY_COUNT(interfaces); i++)
        machine_add_interface(machine, interfaces[i].index, interfaces[i].luid,
                              interfaces[i].alias);
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        struct address_key key = {luid_of(addresses[i].interface), addresses[i].address};
        must(network->create_address(network, &key, &addresses[i].settings));
    }
    for (size_t i = 0; i < ARRAY_COUNT(routes); i++) {
        struct route_key key = {luid_of(routes[i].interface), routes[i].prefix,
                                routes[i].prefix_length, routes[i].next_hop};
        must(network->create_route(network, &key, &routes[i].settings));
    }
    populate_settings(machine, network);
    populate_registry(machine, network);
    populate_connections(machine);
}
