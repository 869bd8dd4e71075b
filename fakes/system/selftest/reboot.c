/* SPDX-License-Identifier: MIT */
/* What a machine still knows after a reboot. */
#include "selftest.h"

#include <fwpmu.h>
#include <string.h>

#define TAP_KEY                                                                                    \
    L"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"                        \
    L"{5E1D0002-AB12-4CD3-8A07-060504030201}"
#define PARENT        L"SYSTEM\\CurrentControlSet\\Control"
#define VOLATILE_NAME L"Fakes Self-Test"
#define VOLATILE_KEY  PARENT L"\\" VOLATILE_NAME

enum { TAP = 2, PERSISTENT_FILTER = 1 /* FWPM_FILTER_FLAG_PERSISTENT */ };

/* The list of that name in the dump. */
static cJSON *table(const char *name)
{
    cJSON *dump = ask("{'do':'dump'}");
    cJSON *rows = cJSON_DetachItemFromObject(dump, name);
    cJSON_Delete(dump);
    return rows;
}

static void assert_forgotten(const char *name, cJSON *before)
{
    cJSON *changed = table(name);
    assert_false(cJSON_Compare(before, changed, TRUE));
    ask_ok("{'do':'reboot'}");
    cJSON *after = table(name);
    assert_true(cJSON_Compare(before, after, TRUE));
    cJSON_Delete(changed);
    cJSON_Delete(after);
    cJSON_Delete(before);
}

static void test_routes_are_those_of_the_beginning(void **state)
{
    (void)state;
    cJSON *before = table("routes");
    MIB_IPFORWARD_ROW2 added = route_on(TAP, "10.50.0.0", 16, "10.8.0.1", 5);
    MIB_IPFORWARD_ROW2 populated = route_on(TAP, "10.99.0.0", 16, "10.8.0.1", 50);
    assert_int_equal(CreateIpForwardEntry2(&added), 0);
    assert_int_equal(DeleteIpForwardEntry2(&populated), 0);
    assert_forgotten("routes", before);
}

static void test_addresses_are_those_of_the_beginning(void **state)
{
    (void)state;
    cJSON *before = table("addresses");
    MIB_UNICASTIPADDRESS_ROW added = address_on(TAP, "10.50.0.2", 24);
    MIB_UNICASTIPADDRESS_ROW populated = address_on(TAP, "10.8.0.2", 24);
    assert_int_equal(CreateUnicastIpAddressEntry(&added), 0);
    assert_int_equal(DeleteUnicastIpAddressEntry(&populated), 0);
    assert_forgotten("addresses", before);
}

static void test_interfaces_stay_as_they_are(void **state)
{
    (void)state;
    MIB_IPINTERFACE_ROW row;
    InitializeIpInterfaceEntry(&row);
    row.Family = AF_INET;
    row.InterfaceIndex = TAP;
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    row.SitePrefixLength = 0;
    row.UseAutomaticMetric = FALSE;
    row.Metric = 3;
    row.NlMtu = 1400;
    assert_int_equal(SetIpInterfaceEntry(&row), 0);
    ask_ok("{'do':'reboot'}");
    assert_int_equal(GetIpInterfaceEntry(&row), 0);
    assert_int_equal(row.Metric, 3);
    assert_int_equal(row.NlMtu, 1400);
}

static void test_interface_that_has_gone_stays_away(void **state)
{
    (void)state;
    ask_ok("{'do':'edit', 'kind':'interface', 'action':'delete', 'row':{'interface':2}}");
    cJSON *before = table("routes");
    ask_ok("{'do':'reboot'}");
    cJSON *after = table("routes");
    assert_true(cJSON_Compare(before, after, TRUE));
    cJSON_Delete(before);
    cJSON_Delete(after);
}

static void test_registry_stays(void **state)
{
    (void)state;
    wchar_t text[64];
    DWORD size = sizeof(text);
    assert_int_equal(set_name_server(), 0);
    ask_ok("{'do':'reboot'}");
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, TAP_KEY, L"NameServer", RRF_RT_REG_SZ, NULL, text, &size),
        0);
    assert_int_equal(wcscmp(text, L"10.1.2.3"), 0);
}

static void add_filter(HANDLE engine, const wchar_t *name, UINT32 flags)
{
    static const GUID connect_v4 = {
        0xc38d57d1, 0x05a7, 0x4c33, {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}};
    FWPM_FILTER0 filter = {
        .displayData.name = (wchar_t *)name,
        .flags = flags,
        .layerKey = connect_v4,
        .action.type = FWP_ACTION_BLOCK,
    };
    assert_int_equal(FwpmFilterAdd0(engine, &filter, NULL, NULL), 0);
}

static bool has_filter(const char *name)
{
    cJSON *filters = table("filters");
    const cJSON *row = NULL;
    bool found = false;
    cJSON_ArrayForEach(row, filters) if (strcmp(record_text(row, "name"), name) == 0) found = true;
    cJSON_Delete(filters);
    return found;
}

static void test_only_persistent_filters_stay(void **state)
{
    (void)state;
    HANDLE engine;
    assert_int_equal(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine), 0);
    add_filter(engine, L"fleeting", 0);
    add_filter(engine, L"lasting", PERSISTENT_FILTER);
    assert_true(has_filter("fleeting"));
    ask_ok("{'do':'reboot'}");
    assert_false(has_filter("fleeting"));
    assert_true(has_filter("lasting"));
    assert_true(has_filter("No mail")); /* of the populated machine */
    cJSON *answer = ask("{'do':'firewall'}");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(answer, "sessions")), 0);
    cJSON_Delete(answer);
    FwpmEngineClose0(engine);
}

/* ---- volatile keys ---- */

/* Each test begins without one, but a reset keeps it. */
static void make_volatile_key(void)
{
    HKEY key;
    DWORD disposition, number = 4711;
    ask_ok("{'do':'reboot'}");
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, VOLATILE_KEY, 0, NULL, REG_OPTION_VOLATILE,
                                     KEY_ALL_ACCESS, NULL, &key, &disposition),
                     0);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(RegSetValueExW(key, L"Id", 0, REG_DWORD, (BYTE *)&number, 4), 0);
    RegCloseKey(key);
}

int volatile_number(void)
{
    DWORD number = 0, size = sizeof(number);
    RegGetValueW(HKEY_LOCAL_MACHINE, VOLATILE_KEY, L"Id", RRF_RT_REG_DWORD, NULL, &number, &size);
    return (int)number;
}

static bool has_key(HKEY parent, const wchar_t *path)
{
    HKEY key;
    LSTATUS error = RegOpenKeyExW(parent, path, 0, KEY_READ, &key);
    if (!error)
        RegCloseKey(key);
    return !error;
}

static void test_volatile_keys_last_until_then(void **state)
{
    (void)state;
    make_volatile_key();
    assert_int_equal(volatile_number(), 4711);
    assert_int_equal(end_of_child(start_child("volatile-number")), 4711);
    reset(NULL);
    assert_int_equal(volatile_number(), 4711);
    ask_ok("{'do':'reboot'}");
    assert_int_equal(volatile_number(), 0);
    assert_int_equal(end_of_child(start_child("volatile-number")), 0);
    assert_false(has_key(HKEY_LOCAL_MACHINE, VOLATILE_KEY));
}

static void test_volatile_keys_are_found_from_above(void **state)
{
    (void)state;
    HKEY parent;
    make_volatile_key();
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, PARENT, 0, KEY_READ, &parent), 0);
    assert_true(has_key(parent, VOLATILE_NAME));
    /* The real key must not exist, because all installations share it. */
    wchar_t name[256];
    DWORD length = ARRAYSIZE(name);
    for (DWORD i = 0; RegEnumKeyExW(parent, i, name, &length, NULL, NULL, NULL, NULL) == 0; i++) {
        assert_int_not_equal(wcscmp(name, VOLATILE_NAME), 0);
        length = ARRAYSIZE(name);
    }
    RegCloseKey(parent);
}

static void test_volatile_keys_can_be_deleted(void **state)
{
    (void)state;
    make_volatile_key();
    assert_int_equal(RegDeleteKeyW(HKEY_LOCAL_MACHINE, VOLATILE_KEY), 0);
    assert_false(has_key(HKEY_LOCAL_MACHINE, VOLATILE_KEY));
}

static void test_calls_on_volatile_keys_can_fail(void **state)
{
    (void)state;
    HKEY key;
    make_volatile_key();
    cJSON *line = last_record("RegCreateKeyExW");
    assert_true(record_value(line, "volatile") == 1);
    cJSON_Delete(line);
    ask_ok("{'do':'fault', 'call':'RegSetValueExW', 'action':'fail', 'code':5}");
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, VOLATILE_KEY, 0, KEY_ALL_ACCESS, &key), 0);
    assert_int_equal(RegSetValueExW(key, L"Id", 0, REG_SZ, (const BYTE *)L"", 2), 5);
    RegCloseKey(key);
    ask_ok("{'do':'reboot'}");
}

static void test_key_that_exists_is_not_made_volatile(void **state)
{
    (void)state;
    HKEY key;
    DWORD disposition;
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, PARENT, 0, NULL, REG_OPTION_VOLATILE,
                                     KEY_READ, NULL, &key, &disposition),
                     0);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
    assert_true(has_key(key, L"Session Manager"));
    RegCloseKey(key);
}

const struct CMUnitTest reboot_tests[] = {
    TEST(test_routes_are_those_of_the_beginning),
    TEST(test_addresses_are_those_of_the_beginning),
    TEST(test_interfaces_stay_as_they_are),
    TEST(test_interface_that_has_gone_stays_away),
    TEST(test_registry_stays),
    TEST(test_only_persistent_filters_stay),
    TEST(test_volatile_keys_last_until_then),
    TEST(test_volatile_keys_are_found_from_above),
    TEST(test_volatile_keys_can_be_deleted),
    TEST(test_calls_on_volatile_keys_can_fail),
    TEST(test_key_that_exists_is_not_made_volatile),
};
const size_t reboot_test_count = ARRAYSIZE(reboot_tests);
