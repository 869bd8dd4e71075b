/* SPDX-License-Identifier: MIT */
#include "tests/unit/others.h"

#include "resource/tcpip_registry.h"

#include <stdlib.h>
#include <string.h>

#define EXPECTED   u"SOFTWARE\\Expected"
#define OF_ADAPTER EXPECTED u"\\" /* below it by GUID, a value for each setting */

enum { TEXT_SIZE = 256, LIST_SIZE = 512, THEIR_MTU = 1450, THEIR_METRIC = 70, THEIR_VALUES = 3 };

struct adapter adapters[OTHERS_ADAPTERS] = {{.alias = "OpenVPN TAP-Windows6"},
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
    void (*look)(const struct setting *setting, const struct adapter *adapter,
                 char text[TEXT_SIZE]);
    unsigned family;
    const char16_t *place, *value; /* of one in the registry */
};

static void look_at_mtu(const struct setting *setting, const struct adapter *adapter,
                        char text[TEXT_SIZE])
{
    uint32_t mtu;
    if (!network()->get_mtu(network(), adapter->luid, families[setting->family], &mtu))
        snprintf(text, TEXT_SIZE, "%u", (unsigned)mtu);
}

static void look_at_metric(const struct setting *setting, const struct adapter *adapter,
                           char text[TEXT_SIZE])
{
    struct interface_metric metric;
    if (!network()->get_metric(network(), adapter->luid, families[setting->family], &metric))
        snprintf(text, TEXT_SIZE, "%u", metric.automatic ? 0 : (unsigned)metric.metric);
}

static void look_at_value(const struct setting *setting, const struct adapter *adapter,
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

enum { MTU, METRIC = 2, SERVERS = 4, FURTHER = 6 }; /* of IPv4, then of IPv6; the rest of IPv4 */

static const struct setting settings[] = {
    {"MTU", look_at_mtu, 0, NULL, NULL},
    {"MTU of IPv6", look_at_mtu, 1, NULL, NULL},
    {"metric", look_at_metric, 0, NULL, NULL},
    {"metric of IPv6", look_at_metric, 1, NULL, NULL},
    {"name servers", look_at_value, 0, OF_IPV4, u"NameServer"},
    {"name servers of IPv6", look_at_value, 1, OF_IPV6, u"NameServer"},
    {"connection suffix", look_at_value, 0, OF_IPV4, u"Domain"},
    {"WINS servers", look_at_value, 0, OF_WINS, u"NameServerList"},
    {"DHCP", look_at_value, 0, OF_IPV4, u"EnableDHCP"},
    {"address", look_at_value, 0, OF_IPV4, u"IPAddress"},
};

static void look(const struct setting *setting, const struct adapter *adapter, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "none");
    setting->look(setting, adapter, text);
}

static void name_of(const struct setting *setting, char16_t name[TEXT_SIZE])
{
    must(text_from_utf8(setting->name, strlen(setting->name), name, TEXT_SIZE - 1));
}

/* As it is now. */
static void expect(size_t setting, const struct adapter *adapter)
{
    char16_t path[PATH_UNITS], name[TEXT_SIZE] = {0}, value[TEXT_SIZE] = {0};
    char text[TEXT_SIZE];
    look(&settings[setting], adapter, text);
    path_of(adapter, OF_ADAPTER, NULL, path);
    name_of(&settings[setting], name);
    text_from_utf8(text, strlen(text), value, TEXT_SIZE - 1);
    machine_set_text(world->machine, path, name, value);
}

static bool is_as_expected(const struct setting *setting, const struct adapter *adapter)
{
    char16_t path[PATH_UNITS], name[TEXT_SIZE] = {0};
    char found[TEXT_SIZE];
    look(setting, adapter, found);
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

/* What of it is not ours. */
static void pick_theirs(const char *list, char theirs[LIST_SIZE])
{
    size_t used = 0;
    theirs[0] = 0;
    while (list && *list) {
        const char *end = list + strcspn(list, ",");
        if (strncmp(list, OURS, strlen(OURS)) != 0)
            used += (size_t)snprintf(theirs + used, LIST_SIZE - used, "%s%.*s", used ? "," : "",
                                     (int)(end - list), list);
        list = *end ? end + 1 : end;
    }
}

static void expect_list(void)
{
    char theirs[LIST_SIZE];
    char16_t units[LIST_SIZE] = {0};
    pick_theirs(machine_value(world->machine, TCPIP_KEY, u"SearchList"), theirs);
    must(text_from_utf8(theirs, strlen(theirs), units, LIST_SIZE - 1));
    machine_set_text(world->machine, EXPECTED, u"SearchList", units);
}

static bool begins_with_tokens(const char *list, const char *beginning)
{
    size_t length = strlen(beginning);
    return strncmp(list, beginning, length) == 0 && list[length] == ',';
}

static bool is_list_as_expected(bool may_be_cut)
{
    char found[LIST_SIZE];
    const char *list = machine_value(world->machine, TCPIP_KEY, u"SearchList");
    snprintf(found, sizeof(found), "%s", list ? list : "none");
    const char *expected = machine_value(world->machine, EXPECTED, u"SearchList");
    bool is_so = expected && (strcmp(expected, found) == 0 ||
                              (may_be_cut && begins_with_tokens(expected, found)));
    if (!is_so)
        fprintf(stderr, "search list: %s, not %s\n", found, expected ? expected : "unknown");
    return is_so;
}

bool others_find_all_as_expected(bool may_list_be_cut)
{
    bool is_so = is_list_as_expected(may_list_be_cut);
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++)
        for (size_t j = 0; j < ARRAY_COUNT(settings); j++)
            is_so &= is_as_expected(&settings[j], &adapters[i]);
    return is_so;
}

/* ---- what somebody sets ---- */

static void set_mtu(const struct adapter *adapter, unsigned family)
{
    if (!network()->set_mtu(network(), adapter->luid, families[family],
                            THEIR_MTU + random_below(THEIR_VALUES)))
        expect(MTU + family, adapter);
}

static void set_metric(const struct adapter *adapter, unsigned family)
{
    const struct interface_metric metric = {.metric = THEIR_METRIC + random_below(THEIR_VALUES)};
    if (!network()->set_metric(network(), adapter->luid, families[family], &metric))
        expect(METRIC + family, adapter);
}

static void set_servers(const struct adapter *adapter, unsigned family)
{
    const struct setting *setting = &settings[SERVERS + family];
    char16_t path[PATH_UNITS];
    path_of(adapter, setting->place, NULL, path);
    machine_set_text(world->machine, path, setting->value,
                     random_one_in(2) ? u"9.9.9.9" : u"8.8.8.8");
    expect(SERVERS + family, adapter);
}

void others_set_anything(struct adapter *adapter)
{
    static void (*const sets[])(const struct adapter *, unsigned) = {set_mtu, set_metric,
                                                                     set_servers};
    unsigned family = random_below(2);
    sets[random_below(ARRAY_COUNT(sets))](adapter, family);
}

void others_set_mtu(struct adapter *adapter)
{
    set_mtu(adapter, 0);
}

void others_set_list(void)
{
    const char *now = machine_value(world->machine, TCPIP_KEY, u"SearchList");
    char list[LIST_SIZE];
    char16_t units[LIST_SIZE] = {0};
    bool goes_on = now && *now && random_one_in(2);
    snprintf(list, sizeof(list), "%s%stheirs%u.example", goes_on ? now : "", goes_on ? "," : "",
             random_below(THEIR_VALUES));
    if (strlen(list) > TEXT_SIZE)
        return;
    must(text_from_utf8(list, strlen(list), units, LIST_SIZE - 1));
    machine_set_text(world->machine, TCPIP_KEY, u"SearchList", units);
    expect_list();
}

/* ---- adapters ---- */

static void install(const struct adapter *adapter)
{
    char16_t path[PATH_UNITS];
    path_of(adapter, CONNECTIONS_KEY u"\\", u"\\" CONNECTION, path);
    machine_add_key(world->machine, path);
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++)
        expect(i, adapter);
}

/* What Windows makes for an adapter that it has not seen yet. */
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

void others_begin(struct crash *crash)
{
    static const uint32_t indexes[OTHERS_ADAPTERS] = {POPULATED_TAP, POPULATED_VPN,
                                                      POPULATED_UMLAUT};
    world = crash;
    expect_list();
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++) {
        struct adapter *adapter = &adapters[i];
        *adapter = (struct adapter){.alias = adapter->alias, .index = indexes[i]};
        must(!network()->find_interface(network(), adapter->index, "", &adapter->luid));
        install(adapter);
    }
}

void others_pull(struct adapter *adapter)
{
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        adapter->has_ip[i] =
            !network()->get_mtu(network(), adapter->luid, families[i], &adapter->mtu[i]) &&
            !network()->get_metric(network(), adapter->luid, families[i], &adapter->metric[i]);
    machine_remove_interface(world->machine, adapter->index);
    adapter->is_away = true;
}

void others_plug_in(struct adapter *adapter)
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
    adapter->is_away = false;
}

void others_replace(struct adapter *adapter)
{
    enum { APART = 16 }; /* the indexes of the one and the other */
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

void others_look_again(void)
{
    for (size_t i = 0; i < OTHERS_ADAPTERS; i++) {
        uint64_t luid;
        adapters[i].is_away =
            network()->find_interface(network(), adapters[i].index, "", &luid) != 0;
    }
}
