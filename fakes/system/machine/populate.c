/* SPDX-License-Identifier: MIT */
/* The machine as every test finds it: a laptop with a wired and a wireless network and two VPN
 * adapters, with changes that its user has made. */
#include "machine.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <sddl.h>

#define FOREVER               0xFFFFFFFFu
#define LUID_OF(type, number) ((uint64_t)(type) << 48 | (uint64_t)(number) << 24)

enum { ETHERNET = 6, LOOPBACK = 24, VIRTUAL = 53, WIRELESS = 71 };

static const struct {
    uint32_t index, type, luid_number;
    uint32_t physical, vpn;
    uint32_t metric; /* 0: automatic */
    uint32_t automatic_metric, mtu_v4, mtu_v6;
    const wchar_t *alias, *description, *component_id;
} interfaces[] = {
    {1, LOOPBACK, 1, 0, 0, 0, 75, FOREVER, FOREVER, L"Loopback Pseudo-Interface 1",
     L"Software Loopback Interface 1", L""},
    {2, ETHERNET, 2, 0, 1, 0, 25, 1500, 1500, L"Local Area Connection 2", L"TAP-Windows Adapter V9",
     L"tap0901"},
    {5, ETHERNET, 5, 1, 0, 0, 25, 1500, 1500, L"Ethernet", L"Intel(R) Ethernet Connection I219-LM",
     L"PCI\\VEN_8086&DEV_15BD"},
    {7, WIRELESS, 7, 1, 0, 50, 35, 1500, 1480, L"Wi-Fi", L"Intel(R) Wireless-AC 9560",
     L"PCI\\VEN_8086&DEV_A370"},
    {9, VIRTUAL, 9, 0, 1, 0, 5, 65535, 65535, L"OpenVPN Wintun \u2013 B\u00FCro",
     L"Wintun Userspace Tunnel", L"wintun"},
};

/* prefix origin and suffix origin: NL_PREFIX_ORIGIN, NL_SUFFIX_ORIGIN (1 manual, 2 well known,
 * 3 DHCP, 4 router advertisement or, as suffix, link-layer address). */
static const struct {
    uint32_t index;
    const char *address;
    uint8_t prefix_length;
    uint32_t prefix_origin, suffix_origin, lifetime;
} addresses[] = {
    {1, "127.0.0.1", 8, 2, 2, FOREVER},       {1, "::1", 128, 2, 2, FOREVER},
    {5, "192.168.1.20", 24, 3, 3, 86400},     {5, "fe80::1c1:20", 64, 2, 4, FOREVER},
    {5, "2001:db8:1::20", 64, 4, 4, 2592000}, {7, "192.168.77.3", 24, 1, 1, FOREVER},
    {7, "fe80::77:3", 64, 2, 4, FOREVER},     {2, "10.8.0.2", 24, 1, 1, FOREVER},
    {2, "fe80::2:2", 64, 2, 4, FOREVER},      {9, "fe80::9:9", 64, 2, 4, FOREVER},
};

/* Those that Windows does not derive from the addresses. protocol: NL_ROUTE_PROTOCOL,
 * 3 netmgmt; origin: NL_ROUTE_ORIGIN, 0 manual, 2 DHCP, 3 router advertisement. */
static const struct {
    uint32_t index;
    const char *prefix;
    uint8_t prefix_length;
    const char *next_hop;
    uint32_t metric, protocol, origin, lifetime;
} routes[] = {
    {5, "0.0.0.0", 0, "192.168.1.1", 0, 3, 2, 86400},
    {7, "0.0.0.0", 0, "192.168.77.1", 25, 3, 0, FOREVER},
    {5, "::", 0, "fe80::1", 256, 3, 3, 1800},
    {2, "10.99.0.0", 16, "10.8.0.1", 50, 3, 0, FOREVER},
    {5, "172.20.0.0", 16, "192.168.1.254", 0, 3, 0, FOREVER},
};

static const struct {
    const wchar_t *name, *domain, *sid;
} local_groups[] = {
    {L"Administrators", L"BUILTIN", L"S-1-5-32-544"},
    {L"Users", L"BUILTIN", L"S-1-5-32-545"},
    {L"OpenVPN Administrators", L"TESTBOX", L"S-1-5-21-2000-2000-2000-1010"},
};

static uint64_t now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void add_interfaces(struct machine *machine)
{
    for (size_t i = 0; i < ARRAYSIZE(interfaces); i++) {
        struct interface_row row = {
            .luid = LUID_OF(interfaces[i].type, interfaces[i].luid_number),
            .index = interfaces[i].index,
            .type = interfaces[i].type,
            .physical = interfaces[i].physical,
            .vpn = interfaces[i].vpn,
            .connected = 1,
            .link_mtu = interfaces[i].mtu_v4,
            .automatic_metric = interfaces[i].automatic_metric,
        };
        GUID guid = {0x5E1D0000 + row.index, 0xAB12, 0x4CD3, {0x8A, 7, 6, 5, 4, 3, 2, 1}};
        memcpy(row.guid, &guid, sizeof(row.guid));
        wcscpy(row.alias, interfaces[i].alias);
        wcscpy(row.description, interfaces[i].description);
        wcscpy(row.component_id, interfaces[i].component_id);
        for (size_t family = 0; family < INTERFACE_FAMILIES; family++)
            row.ip[family] = (struct interface_ip){
                .present = 1,
                .metric =
                    interfaces[i].metric ? interfaces[i].metric : interfaces[i].automatic_metric,
                .use_automatic_metric = interfaces[i].metric == 0,
                .mtu = family == INTERFACE_IPV4 ? interfaces[i].mtu_v4 : interfaces[i].mtu_v6,
                .router_discovery =
                    family == INTERFACE_IPV4 ? RouterDiscoveryDhcp : RouterDiscoveryEnabled,
                .dad_transmits = family == INTERFACE_IPV4 ? 3 : 1,
            };
        machine_add_interface(machine, &row);
    }
}

/* Looked up by alias, because indexes change. 0 when the interface has been removed. */
static uint64_t luid_of(struct machine *machine, uint32_t index)
{
    for (size_t i = 0; i < ARRAYSIZE(interfaces); i++) {
        uint64_t luid = LUID_OF(interfaces[i].type, interfaces[i].luid_number);
        if (interfaces[i].index == index && machine_interface(machine, luid, 0))
            return luid;
    }
    return 0;
}

static void add_addresses(struct machine *machine)
{
    for (size_t i = 0; i < ARRAYSIZE(addresses); i++) {
        struct address_row row = {
            .luid = luid_of(machine, addresses[i].index),
            .created = now(),
            .prefix_origin = addresses[i].prefix_origin,
            .suffix_origin = addresses[i].suffix_origin,
            .valid_lifetime = addresses[i].lifetime,
            .preferred_lifetime = addresses[i].lifetime,
            .dad_state = IpDadStatePreferred,
            .prefix_length = addresses[i].prefix_length,
        };
        machine_ip_parse(addresses[i].address, &row.address);
        if (row.luid)
            machine_add_address(machine, &row);
    }
}

static void add_routes(struct machine *machine)
{
    for (size_t i = 0; i < ARRAYSIZE(routes); i++) {
        struct route_row row = {
            .luid = luid_of(machine, routes[i].index),
            .created = now(),
            .metric = routes[i].metric,
            .protocol = routes[i].protocol,
            .origin = routes[i].origin,
            .valid_lifetime = routes[i].lifetime,
            .preferred_lifetime = routes[i].lifetime,
            .prefix_length = routes[i].prefix_length,
            .immortal = routes[i].lifetime == FOREVER,
        };
        machine_ip_parse(routes[i].prefix, &row.prefix);
        machine_ip_parse(routes[i].next_hop, &row.next_hop);
        if (row.luid)
            machine_add_route(machine, &row);
    }
}

static void add_local_groups(struct machine_image *image)
{
    for (size_t i = 0; i < ARRAYSIZE(local_groups); i++) {
        struct local_group *group = &image->local_groups[i];
        PSID sid;
        wcscpy(group->name, local_groups[i].name);
        wcscpy(group->domain, local_groups[i].domain);
        if (ConvertStringSidToSidW(local_groups[i].sid, &sid)) {
            memcpy(group->sid, sid, GetLengthSid(sid));
            LocalFree(sid);
        }
    }
    image->local_group_count = ARRAYSIZE(local_groups);
}

void machine_populate(struct machine *machine)
{
    struct machine_image *image = machine->image;
    /* Other processes may be running: their locks and the record's numbers stay. */
    memset(image->counters, 0, sizeof(image->counters));
    memset(image->armed, 0, sizeof(image->armed));
    for (size_t i = 0; i < MACHINE_FAULTS; i++)
        image->faults[i].live = 0;
    image->death_count = 0;
    memset(image->interface_states, 0, sizeof(image->interface_states));
    memset(image->address_states, 0, sizeof(image->address_states));
    memset(image->route_states, 0, sizeof(image->route_states));
    image->persona_count = 0;
    image->service_count = 0;
    memset(image->local_groups, 0, sizeof(image->local_groups));
    image->settings = (struct machine_settings){
        .recorded_groups = ((1u << CALL_GROUP_COUNT) - 1) & ~(1u << GROUP_WRITES),
        .service_is_system = 1,
    };

    image->engine_is_stopped = 0;
    image->populations++;
    image->changes++;

    /* Populating is not subject to faults, and counts no commits. */
    struct machine driver = *machine;
    driver.driver = true;
    add_interfaces(&driver);
    add_addresses(&driver);
    add_routes(&driver);
    add_local_groups(image);
}

void machine_reboot(struct machine *machine)
{
    struct machine_image *image = machine->image;
    struct machine driver = *machine;
    driver.driver = true;
    image->populations++;
    image->changes++;
    memset(image->address_states, 0, sizeof(image->address_states));
    memset(image->route_states, 0, sizeof(image->route_states));
    add_addresses(&driver);
    add_routes(&driver);
}
