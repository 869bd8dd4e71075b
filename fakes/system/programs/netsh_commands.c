/* SPDX-License-Identifier: MIT */
/* The commands' effects on the model and on the registry. */
#include "adapters.h"
#include "netsh.h"
#include "store.h"

#include <stdlib.h>

#include <winsock2.h>
#include <ws2tcpip.h>

enum { FAILED = 1 };
enum { ORIGIN_MANUAL = 1, ORIGIN_DHCP = 3, PREFERRED = 4 };

static bool is_same_text(const wchar_t *a, const wchar_t *b)
{
    return a && _wcsicmp(a, b) == 0;
}

static bool parse_address(const wchar_t *text, bool ipv6, struct machine_ip *ip)
{
    char narrow[MACHINE_IP_TEXT];
    size_t length = 0;
    for (; text && *text && *text < 0x80 && length + 1 < sizeof(narrow); text++)
        narrow[length++] = (char)*text;
    narrow[length] = '\0';
    return text && !*text && machine_ip_parse(narrow, ip) &&
           ip->family == (ipv6 ? AF_INET6 : AF_INET);
}

/* "a<separator>b": inserts `item` after the items of `text`, or at position `index` (from 1) when
 * that is not 0. False when the item exists already or does not fit. */
static bool insert_item(wchar_t text[STORE_TEXT], wchar_t separator, const wchar_t *item,
                        unsigned index)
{
    wchar_t result[STORE_TEXT] = L"";
    const wchar_t *from = text;
    size_t length = 0;
    bool inserted = false;
    if (wcslen(text) + wcslen(item) + 2 > STORE_TEXT)
        return false;
    for (unsigned place = 1; *from || !inserted; place++) {
        bool here = !inserted && (place == index || !*from);
        size_t units = here ? wcslen(item) : wcscspn(from, (wchar_t[]){separator, 0});
        const wchar_t *source = here ? item : from;
        if (!here && units == wcslen(item) && wcsncmp(from, item, units) == 0)
            return false;
        if (length)
            result[length++] = separator;
        memcpy(result + length, source, units * sizeof(*result));
        length += units;
        inserted = inserted || here;
        if (!here)
            from += units + (from[units] ? 1 : 0);
    }
    result[length] = L'\0';
    wcscpy(text, result);
    return true;
}

static void remove_item(wchar_t text[STORE_TEXT], wchar_t separator, const wchar_t *item)
{
    wchar_t result[STORE_TEXT] = L"";
    size_t length = 0;
    for (const wchar_t *from = text; *from;) {
        size_t units = wcscspn(from, (wchar_t[]){separator, 0});
        if (units != wcslen(item) || wcsncmp(from, item, units) != 0) {
            if (length)
                result[length++] = separator;
            memcpy(result + length, from, units * sizeof(*result));
            length += units;
        }
        from += units + (from[units] ? 1 : 0);
    }
    result[length] = L'\0';
    wcscpy(text, result);
}

/* Where the name servers of a family, or the WINS servers, are stored. */
struct list_place {
    wchar_t path[REGISTRY_PATH];
    const wchar_t *name;
    wchar_t separator;
};

static void dns_place(const struct netsh_request *request, struct list_place *place)
{
    adapter_key(&request->interface, request->ipv6 ? ADAPTER_IPV6 : ADAPTER_IPV4, place->path);
    place->name = L"NameServer";
    place->separator = L',';
}

static void wins_place(const struct netsh_request *request, struct list_place *place)
{
    adapter_key(&request->interface, ADAPTER_NETBT, place->path);
    place->name = L"NameServerList";
    place->separator = L'|';
}

static uint32_t store_list(const struct list_place *place, const wchar_t *text)
{
    uint32_t error = place->separator == L'|'
                         ? store_set_list(watched_machine.folder, place->path, place->name, text)
                         : store_set_text(watched_machine.folder, place->path, place->name, text);
    return error ? FAILED : 0;
}

static uint32_t set_servers(const struct netsh_request *request, const struct list_place *place)
{
    struct machine_ip ip;
    const wchar_t *source = request->values[1], *address = request->values[2];
    if (is_same_text(source, L"dhcp"))
        return store_list(place, L"");
    if (!is_same_text(source, L"static"))
        return FAILED;
    if (!address || is_same_text(address, L"none"))
        return store_list(place, L"");
    return parse_address(address, request->ipv6, &ip) ? store_list(place, address) : FAILED;
}

static uint32_t add_server(const struct netsh_request *request, const struct list_place *place)
{
    struct machine_ip ip;
    wchar_t text[STORE_TEXT];
    const wchar_t *address = request->values[1], *index = request->values[2];
    int place_number = index ? _wtoi(index) : 0;
    if (!parse_address(address, request->ipv6, &ip) || (index && place_number < 1))
        return FAILED;
    store_get_text(watched_machine.folder, place->path, place->name, text);
    if (!insert_item(text, place->separator, address, (unsigned)place_number)) {
        program_print("The object already exists.\r\n\r\n");
        return FAILED;
    }
    return store_list(place, text);
}

static uint32_t delete_servers(const struct netsh_request *request, const struct list_place *place)
{
    wchar_t text[STORE_TEXT];
    const wchar_t *address = request->values[1];
    if (!address || is_same_text(address, L"all"))
        return store_list(place, L"");
    store_get_text(watched_machine.folder, place->path, place->name, text);
    size_t length = wcslen(text);
    remove_item(text, place->separator, address);
    return wcslen(text) == length ? FAILED : store_list(place, text);
}

#define SERVERS(verb, kind)                                                                        \
    static uint32_t verb##_##kind(const struct netsh_request *request)                             \
    {                                                                                              \
        struct list_place place;                                                                   \
        kind##_place(request, &place);                                                             \
        return verb(request, &place);                                                              \
    }
SERVERS(set_servers, dns)
SERVERS(add_server, dns)
SERVERS(delete_servers, dns)
SERVERS(set_servers, wins)
SERVERS(add_server, wins)
SERVERS(delete_servers, wins)

/* All IPv4 addresses except link-local ones, which Windows assigns itself. The lock must be
 * held. */
static void drop_addresses(uint64_t luid)
{
    const struct address_row *row;
    for (size_t cursor = 0; (row = machine_next_address(&watched_machine, &cursor));)
        if (row->luid == luid && row->address.family == AF_INET)
            machine_delete_address(&watched_machine, row);
}

static uint32_t use_dhcp(const struct netsh_request *request)
{
    const wchar_t *folder = watched_machine.folder;
    wchar_t path[REGISTRY_PATH];
    adapter_key(&request->interface, ADAPTER_IPV4, path);
    if (store_get_number(folder, path, L"EnableDHCP")) {
        program_print("DHCP is already enabled on this interface.\r\n\r\n");
        return FAILED;
    }
    machine_lock(&watched_machine);
    drop_addresses(request->interface.luid);
    machine_unlock(&watched_machine);
    store_set_number(folder, path, L"EnableDHCP", 1);
    store_delete(folder, path, L"IPAddress");
    store_delete(folder, path, L"SubnetMask");
    store_delete(folder, path, L"DefaultGateway");
    return 0;
}

/* 255.255.255.0 is 24; 255 when the mask has holes. */
static uint8_t prefix_length(const struct machine_ip *mask)
{
    uint32_t bits = (uint32_t)mask->bytes[0] << 24 | (uint32_t)mask->bytes[1] << 16 |
                    (uint32_t)mask->bytes[2] << 8 | mask->bytes[3];
    uint8_t length = 0;
    while (length < 32 && bits >> (31 - length) & 1)
        length++;
    return length < 32 && bits << length ? 255 : length;
}

/* netsh interface ip set address <interface> static <address> <mask> [<gateway>|none] */
static uint32_t use_static(const struct netsh_request *request)
{
    const wchar_t *folder = watched_machine.folder, *gateway = request->values[4];
    struct machine_ip mask, next_hop;
    struct address_row row = {.luid = request->interface.luid,
                              .prefix_origin = ORIGIN_MANUAL,
                              .suffix_origin = ORIGIN_MANUAL,
                              .valid_lifetime = 0xFFFFFFFF,
                              .preferred_lifetime = 0xFFFFFFFF,
                              .dad_state = PREFERRED};
    wchar_t path[REGISTRY_PATH];
    if (!parse_address(request->values[2], false, &row.address) ||
        !parse_address(request->values[3], false, &mask) || prefix_length(&mask) > 32 ||
        (gateway && !is_same_text(gateway, L"none") && !parse_address(gateway, false, &next_hop)))
        return FAILED;
    row.prefix_length = prefix_length(&mask);
    adapter_key(&request->interface, ADAPTER_IPV4, path);
    machine_lock(&watched_machine);
    drop_addresses(request->interface.luid);
    uint32_t error = machine_add_address(&watched_machine, &row);
    machine_unlock(&watched_machine);
    store_set_number(folder, path, L"EnableDHCP", 0);
    store_set_list(folder, path, L"IPAddress", request->values[2]);
    store_set_list(folder, path, L"SubnetMask", request->values[3]);
    if (gateway && !is_same_text(gateway, L"none"))
        store_set_list(folder, path, L"DefaultGateway", gateway);
    return error ? FAILED : 0;
}

static uint32_t set_address(const struct netsh_request *request)
{
    if (is_same_text(request->values[1], L"dhcp"))
        return use_dhcp(request);
    return is_same_text(request->values[1], L"static") ? use_static(request) : FAILED;
}

#define SET_SERVER_TAGS                                                                            \
    {                                                                                              \
        L"name", L"source", L"address", L"register", L"validate"                                   \
    }
#define ADD_SERVER_TAGS                                                                            \
    {                                                                                              \
        L"name", L"address", L"index", L"validate"                                                 \
    }
#define DELETE_SERVER_TAGS                                                                         \
    {                                                                                              \
        L"name", L"address", L"validate"                                                           \
    }

const struct netsh_command netsh_commands[] = {
    {L"set", L"address", true, {L"name", L"source", L"address", L"mask", L"gateway"}, set_address},
    {L"set", L"winsservers", true, SET_SERVER_TAGS, set_servers_wins},
    {L"add", L"winsservers", true, ADD_SERVER_TAGS, add_server_wins},
    {L"delete", L"winsservers", true, DELETE_SERVER_TAGS, delete_servers_wins},
    {L"set", L"dnsservers", false, SET_SERVER_TAGS, set_servers_dns},
    {L"add", L"dnsservers", false, ADD_SERVER_TAGS, add_server_dns},
    {L"delete", L"dnsservers", false, DELETE_SERVER_TAGS, delete_servers_dns},
};
const size_t netsh_command_count = ARRAYSIZE(netsh_commands);
