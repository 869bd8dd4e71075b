/* SPDX-License-Identifier: MIT */
#include "tests/unit/third_party.h"

#include "resource/tcpip_registry.h"

#include <stdlib.h>
#include <string.h>

#define EXPECTED   u"SOFTWARE\\Expected"
#define OF_ADAPTER EXPECTED u"\\" /* followed by the GUID; one value for each setting */

enum {
    TEXT_SIZE = 256,
    LIST_SIZE = 512,
    FOREIGN_MTU = 1450,
    FOREIGN_METRIC = 70,
    FOREIGN_VALUES = 3
};

struct adapter adapters[TEST_ADAPTERS] = {{.alias = "OpenVPN TAP-Windows6"},
                                          {.alias = "Local Area Connection 2"},
                                          {.alias = "B\xC3\xBCro-VPN"}};

static const uint16_t families[2] = {FAMILY_IPV4, FAMILY_IPV6};
static struct crash *world;

static struct network *network(void)
{
    return machine_network(world->machine);
}

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void path_of(const struct adapter *adapter, const char16_t *before, const char16_t *after,
                    char16_t path[PATH_UNITS])
{
    char16_t guid[GUID_UNITS];
    must(!network()->get_guid(network(), adapter->luid, guid));
    must(path_join(path, before, guid, after, NULL));
}

/* ---- settings ---- */

struct setting {
    const char *name;
    void (*read_setting)(const struct setting *setting, const struct adapter *adapter,
                         char text[TEXT_SIZE]);
    unsigned family;
    const char16_t *place, *value; /* for registry values only */
};

static void read_mtu(const struct setting *setting, const struct adapter *adapter,
                     char text[TEXT_SIZE])
{
    uint32_t mtu;
    if (!network()->get_mtu(network(), adapter->luid, families[setting->family], &mtu))
        snprintf(text, TEXT_SIZE, "%u", (unsigned)mtu);
}

static void read_metric(const struct setting *setting, const struct adapter *adapter,
                        char text[TEXT_SIZE])
{
    struct interface_metric metric;
    if (!network()->get_metric(network(), adapter->luid, families[setting->family], &metric))
        snprintf(text, TEXT_SIZE, "%u", metric.automatic ? 0 : (unsigned)metric.metric);
}

static void read_value(const struct setting *setting, const struct adapter *adapter,
                       char text[TEXT_SIZE])
{
    char16_t path[PATH_UNITS];
    path_of(adapter, setting->place, NULL, path);
    const char *value = machine_value(world->machine, path, setting->value);
    if (value)
        snprintf(text, TEXT_SIZE, "%s", value);
}

#define OF_IPV4 TCPIP_KEY INTERFACES u"\\"
#define OF_IPV6 TCPIP6_KEY INTERFACES u"\\"
#define OF_WINS NETBT_KEY INTERFACES u"\\Tcpip_"

enum {
    MTU,
    METRIC = 2,
    SERVERS = 4,
    FURTHER = 6
}; /* each for IPv4, then IPv6; the others are IPv4
    * only */

static const struct setting settings[] = {
    {"MTU", read_mtu, 0, NULL, NULL},
    {"MTU of IPv6", read_mtu, 1, NULL, NULL},
    {"metric", read_metric, 0, NULL, NULL},
    {"metric of IPv6", read_metric, 1, NULL, NULL},
    {"name servers", read_value, 0, OF_IPV4, u"NameServer"},
    {"name servers of IPv6", read_value, 1, OF_IPV6, u"NameServer"},
    {"connection suffix", read_value, 0, OF_IPV4, u"Domain"},
    {"WINS servers", read_value, 0, OF_WINS, u"NameServerList"},
    {"DHCP", read_value, 0, OF_IPV4, u"EnableDHCP"},
    {"address", read_value, 0, OF_IPV4, u"IPAddress"},
};

static void read_setting(const struct setting *setting, const struct adapter *adapter,
                         char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "none");
    setting->read_setting(setting, adapter, text);
}

static void name_of(const struct setting *setting, char16_t name[TEXT_SIZE])
{
    must(text_from_utf8(setting->name, strlen(setting->name), name, TEXT_SIZE - 1));
}

/* Saves the current state of a setting as the expected one. */
static void expect_current(size_t setting, const struct adapter *adapter)
{
    char16_t path[PATH_UNITS], name[TEXT_SIZE] = {0}, value[TEXT_SIZE] = {0};
    char text[TEXT_SIZE];
    read_setting(&settings[setting], adapter, text);
    path_of(adapter, OF_ADAPTER, NULL, path);
    name_of(&settings[setting], name);
    text_from_utf8(text, strlen(text), value, TEXT_SIZE - 1);
    machine_set_text(world->machine, path, name, value);
}

static bool check_setting(const struct setting *setting, const struct adapter *adapter)
{
    char16_t path[PATH_UNITS], name[TEXT_SIZE] = {0};
    char found[TEXT_SIZE];
    read_setting(setting, adapter, found);
    path_of(adapter, OF_ADAPTER, NULL, path);
    name_of(setting, name);
    const char *expected = machine_value(world->machine, path, name);
    bool is_so = expected && strcmp(expected, found) == 0;
    if (!is_so)
        fprintf(stderr, "%s (%u): %s %s, not %s\n", adapter->alias, (unsigned)adapter->index,
                setting->name, found, expected ? expected : "unknown");
    return is_so;
}

/* ---- the machine's search list ---- */

/* The domains of the list that are not ours. */
static void copy_foreign_domains(const char *list, char foreign[LIST_SIZE])
{
    size_t used = 0;
    foreign[0] = 0;
    while (list && *list) {
        const char *end = list + strcspn(list, ",");
        if (strncmp(list, OURS, strlen(OURS)) != 0)
            used += (size_t)snprintf(foreign + used, LIST_SIZE - used, "%s%.*s", used ? "," : "",
                                     (int)(end - list), list);
        list = *end ? end + 1 : end;
    }
}

static void expect_current_list(void)
{
    char foreign[LIST_SIZE];
    char16_t units[LIST_SIZE] = {0};
    copy_foreign_domains(machine_value(world->machine, TCPIP_KEY, u"SearchList"), foreign);
    must(text_from_utf8(foreign, strlen(foreign), units, LIST_SIZE - 1));
    machine_set_text(world->machine, EXPECTED, u"SearchList", units);
}

static bool check_search_list(void)
{
    char found[LIST_SIZE];
    const char *list = machine_value(world->machine, TCPIP_KEY, u"SearchList");
    snprintf(found, sizeof(found), "%s", list ? list : "none");
    const char *expected = machine_value(world->machine, EXPECTED, u"SearchList");
    bool is_so = expected && strcmp(expected, found) == 0;
    if (!is_so)
        fprintf(stderr, "search list: %s, not %s\n", found, expected ? expected : "unknown");
    return is_so;
}

bool third_party_check_settings(void)
{
    bool is_so = check_search_list();
    for (size_t i = 0; i < TEST_ADAPTERS; i++)
        for (size_t j = 0; j < ARRAY_COUNT(settings); j++)
            is_so &= check_setting(&settings[j], &adapters[i]);
    return is_so;
}

/* ---- changes by third parties ---- */

static void set_mtu(const struct adapter *adapter, unsigned family)
{
    if (!network()->set_mtu(network(), adapter->luid, families[family],
                            FOREIGN_MTU + random_below(FOREIGN_VALUES)))
        expect_current(MTU + family, adapter);
}

static void set_metric(const struct adapter *adapter, unsigned family)
{
    const struct interface_metric metric = {.metric =
                                                FOREIGN_METRIC + random_below(FOREIGN_VALUES)};
    if (!network()->set_metric(network(), adapter->luid, families[family], &metric))
        expect_current(METRIC + family, adapter);
}

static void set_servers(const struct adapter *adapter, unsigned family)
{
    const struct setting *setting = &settings[SERVERS + family];
    char16_t path[PATH_UNITS];
    path_of(adapter, setting->place, NULL, path);
    machine_set_text(world->machine, path, setting->value,
                     random_one_in(2) ? u"9.9.9.9" : u"8.8.8.8");
    expect_current(SERVERS + family, adapter);
}

void third_party_set_any(struct adapter *adapter)
{
    static void (*const sets[])(const struct adapter *, unsigned) = {set_mtu, set_metric,
                                                                     set_servers};
    unsigned family = random_below(2);
    sets[random_below(ARRAY_COUNT(sets))](adapter, family);
}

void third_party_set_mtu(struct adapter *adapter)
{
    set_mtu(adapter, 0);
}

void third_party_set_search_list(void)
{
    const char *now = machine_value(world->machine, TCPIP_KEY, u"SearchList");
    char list[LIST_SIZE];
    char16_t units[LIST_SIZE] = {0};
    bool is_appended = now && *now && random_one_in(2);
    snprintf(list, sizeof(list), "%s%stheirs%u.example", is_appended ? now : "",
             is_appended ? "," : "", random_below(FOREIGN_VALUES));
    if (strlen(list) > TEXT_SIZE)
        return;
    must(text_from_utf8(list, strlen(list), units, LIST_SIZE - 1));
    machine_set_text(world->machine, TCPIP_KEY, u"SearchList", units);
    expect_current_list();
}

/* ---- adapters ---- */

static void install(const struct adapter *adapter)
{
    char16_t path[PATH_UNITS];
    path_of(adapter, CONNECTIONS_KEY u"\\", u"\\" CONNECTION, path);
    machine_add_key(world->machine, path);
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++)
        expect_current(i, adapter);
}

/* The keys that Windows makes for a new adapter. */
static void make_keys(const struct adapter *adapter)
{
    static const char16_t *const places[] = {OF_IPV4, OF_IPV6, OF_WINS};
    char16_t path[PATH_UNITS];
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        path_of(adapter, places[i], NULL, path);
        machine_add_key(world->machine, path);
    }
    path_of(adapter, OF_IPV4, NULL, path);
    machine_set_number(world->machine, path, u"EnableDHCP", 0);
    machine_set_list(world->machine, path, u"IPAddress", u"172.16.0.9");
    machine_set_list(world->machine, path, u"SubnetMask", u"255.255.0.0");
}

void third_party_start(struct crash *crash)
{
    static const uint32_t indexes[TEST_ADAPTERS] = {POPULATED_TAP, POPULATED_VPN, POPULATED_UMLAUT};
    world = crash;
    expect_current_list();
    for (size_t i = 0; i < TEST_ADAPTERS; i++) {
        struct adapter *adapter = &adapters[i];
        *adapter = (struct adapter){.alias = adapter->alias, .index = indexes[i]};
        must(!network()->find_interface(network(), adapter->index, "", &adapter->luid));
        install(adapter);
    }
}

void adapter_unplug(struct adapter *adapter)
{
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        adapter->has_ip[i] =
            !network()->get_mtu(network(), adapter->luid, families[i], &adapter->mtu[i]) &&
            !network()->get_metric(network(), adapter->luid, families[i], &adapter->metric[i]);
    machine_remove_interface(world->machine, adapter->index);
    adapter->is_unplugged = true;
}

void adapter_plug_in(struct adapter *adapter)
{
    machine_add_interface(world->machine, adapter->index, adapter->luid, adapter->alias);
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        if (!adapter->has_ip[i])
            continue;
        must(!network()->set_mtu(network(), adapter->luid, families[i], adapter->mtu[i]));
        must(!network()->set_metric(network(), adapter->luid, families[i], &adapter->metric[i]));
    }
    if (!adapter->has_ip[1])
        machine_remove_ipv6(world->machine, adapter->index);
    adapter->is_unplugged = false;
}

void adapter_replace(struct adapter *adapter)
{
    enum { APART = 16 }; /* distance of the new index from the old one */
    char16_t path[PATH_UNITS];
    path_of(adapter, CONNECTIONS_KEY u"\\", u"\\" CONNECTION, path);
    machine_remove_keys(world->machine, path);
    machine_remove_interface(world->machine, adapter->index);
    adapter->index += APART;
    machine_add_interface(world->machine, adapter->index, adapter->luid, adapter->alias);
    make_keys(adapter);
    install(adapter);
    crash_sync(world);
}

void adapters_refresh(void)
{
    for (size_t i = 0; i < TEST_ADAPTERS; i++) {
        uint64_t luid;
        adapters[i].is_unplugged =
            network()->find_interface(network(), adapters[i].index, "", &luid) != 0;
    }
}
