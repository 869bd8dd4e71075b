/* SPDX-License-Identifier: MIT */
/* The registry of the fakes, through the hooks in this program. */
#include "selftest.h"

#include <string.h>

#define INTERFACES L"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"
#define TAP_KEY    INTERFACES L"{5E1D0002-AB12-4CD3-8A07-060504030201}"
#define TAP_NAME                                                                                   \
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"                   \
    "{5E1D0002-AB12-4CD3-8A07-060504030201}"
#define RULES                                                                                      \
    L"system\\currentcontrolset\\SERVICES\\dnscache\\Parameters\\DnsPolicyConfig\\OpenVPN-1"
#define RULES_NAME                                                                                 \
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters\\DnsPolicyConfig\\OpenVPN-1"

static HKEY open_key(HKEY parent, const wchar_t *path)
{
    HKEY key;
    assert_int_equal(RegOpenKeyExW(parent, path, 0, KEY_ALL_ACCESS, &key), 0);
    return key;
}

static void assert_name_server(HKEY key, const wchar_t *subkey, const wchar_t *expected)
{
    wchar_t text[64];
    DWORD size = sizeof(text);
    assert_int_equal(RegGetValueW(key, subkey, L"NameServer", RRF_RT_REG_SZ, NULL, text, &size), 0);
    assert_int_equal(wcscmp(text, expected), 0);
}

/* The value's row in the driver's dump, which is the caller's; NULL when it is missing. */
static const cJSON *dumped(cJSON **dump, const char *key, const char *value)
{
    *dump = ask("{'do':'registry'}");
    const cJSON *keys = cJSON_GetObjectItem(*dump, "registry");
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(keys, key), value);
}

static void test_every_way_to_a_key_leads_into_the_store(void **state)
{
    (void)state;
    static const wchar_t expected[] = L"10.99.0.53,10.99.0.54";
    assert_name_server(HKEY_LOCAL_MACHINE, TAP_KEY, expected);
    HKEY above = open_key(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet");
    HKEY services = open_key(above, L"services\\");
    assert_name_server(services, TAP_KEY + wcslen(L"SYSTEM\\CurrentControlSet\\Services\\"),
                       expected);
    HKEY inside = open_key(services, L"tcpip\\parameters");
    HKEY tap = open_key(inside, L"Interfaces\\{5e1d0002-ab12-4cd3-8a07-060504030201}");
    assert_name_server(tap, NULL, expected);
    RegCloseKey(above);
    RegCloseKey(services);
    RegCloseKey(inside);
    RegCloseKey(tap);
}

static void test_other_keys_are_left_alone(void **state)
{
    (void)state;
    HKEY key = open_key(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT");
    HKEY services = open_key(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services");
    HKEY other;
    assert_int_equal(RegOpenKeyExW(services, L"Tcpip7", 0, KEY_READ, &other), ERROR_FILE_NOT_FOUND);
    RegCloseKey(services);
    RegCloseKey(key);
    cJSON *answer = ask("{'do':'counters'}");
    assert_null(cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "counters"), "RegOpenKeyExW"));
    cJSON_Delete(answer);
}

static void test_changes_are_recorded_with_their_data(void **state)
{
    (void)state;
    static const wchar_t list[] = L".\0";
    DWORD number = 8, disposition;
    HKEY key;
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, RULES, 0, NULL, 0, KEY_ALL_ACCESS, NULL,
                                     &key, &disposition),
                     0);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    cJSON *line = last_record("RegCreateKeyExW");
    assert_string_equal(record_text(line, "key"), RULES_NAME);
    assert_true(record_value(line, "created") == 1);
    cJSON_Delete(line);

    assert_int_equal(
        RegSetValueExW(key, L"Name", 0, REG_MULTI_SZ, (const BYTE *)list, sizeof(list)), 0);
    line = last_record("RegSetValueExW");
    assert_string_equal(record_text(line, "type"), "REG_MULTI_SZ");
    assert_string_equal(
        cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItem(line, "data"), 0)), ".");
    cJSON_Delete(line);

    assert_int_equal(RegSetValueExW(key, L"Version", 0, REG_DWORD, (BYTE *)&number, 4), 0);
    line = last_record("RegSetValueExW");
    assert_true(record_value(line, "data") == 8);
    assert_string_equal(record_text(line, "value"), "Version");
    cJSON_Delete(line);

    /* Without its terminator it does not count as a string. */
    assert_int_equal(RegSetValueExW(key, L"GenericDNSServers", 0, REG_SZ, (const BYTE *)L"a", 2),
                     0);
    line = last_record("RegSetValueExW");
    assert_string_equal(record_text(line, "raw"), "6100");
    cJSON_Delete(line);
    RegCloseKey(key);

    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, RULES), 0);
    line = last_record("RegDeleteTreeW");
    assert_string_equal(record_text(line, "key"), RULES_NAME);
    cJSON_Delete(line);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, RULES, 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
}

static void test_driver_sees_types_and_data(void **state)
{
    (void)state;
    cJSON *dump;
    HKEY key = open_key(HKEY_LOCAL_MACHINE, TAP_KEY);
    const cJSON *value = dumped(&dump, TAP_NAME, "NameServer");
    assert_string_equal(record_text(value, "type"), "REG_SZ");
    assert_string_equal(record_text(value, "data"), "10.99.0.53,10.99.0.54");
    cJSON_Delete(dump);
    assert_int_equal(RegDeleteValueW(key, L"NameServer"), 0);
    assert_null(dumped(&dump, TAP_NAME, "NameServer"));
    cJSON_Delete(dump);
    RegCloseKey(key);
    reset(NULL);
    assert_non_null(dumped(&dump, TAP_NAME, "NameServer"));
    cJSON_Delete(dump);
}

static void test_driver_edits_the_registry(void **state)
{
    (void)state;
    ask_ok("{'do':'edit_registry', 'action':'set', 'type':'REG_SZ', 'value':'NameServer',"
           "'key':'HKLM\\\\SYSTEM\\\\CurrentControlSet\\\\Services\\\\Tcpip\\\\Parameters\\\\"
           "Interfaces\\\\{5E1D0002-AB12-4CD3-8A07-060504030201}', 'data':'10.1.2.3'}");
    assert_name_server(HKEY_LOCAL_MACHINE, TAP_KEY, L"10.1.2.3");
    cJSON *answer = ask("{'do':'edit_registry', 'action':'delete_key', 'key':'HKLM\\\\SOFTWARE'}");
    assert_non_null(cJSON_GetObjectItem(answer, "error"));
    cJSON_Delete(answer);
}

static FILETIME last_write(const wchar_t *path)
{
    FILETIME written = {0};
    HKEY key = open_key(HKEY_LOCAL_MACHINE, path);
    assert_int_equal(
        RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &written),
        0);
    RegCloseKey(key);
    return written;
}

static void test_reset_does_not_touch_what_nobody_changed(void **state)
{
    (void)state;
    FILETIME before = last_write(TAP_KEY);
    Sleep(2); /* more than the resolution of the clock */
    reset(NULL);
    FILETIME after = last_write(TAP_KEY);
    assert_int_equal(CompareFileTime(&before, &after), 0);
}

int set_name_server(void)
{
    return (int)RegSetKeyValueW(HKEY_LOCAL_MACHINE, TAP_KEY, L"NameServer", REG_SZ, L"10.1.2.3",
                                18);
}

/* Writes to the store directly, as a program without fakes would. */
static void set_name_server_in_the_store(void)
{
    wchar_t path[1024] = L"SYSTEM\\GatehouseFakes\\";
    size_t length = wcslen(path);
    GetModuleFileNameW(NULL, path + length, MAX_PATH);
    for (wchar_t *at = path + length; *at; at++)
        if (*at == L'\\')
            *at = L'/';
    wcscpy(wcsrchr(path, L'/'), L"\\" TAP_KEY);
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, L"NameServer", REG_SZ, L"10.1.2.3", 18), 0);
}

static void assert_seen_and_reset(void)
{
    cJSON *dump;
    const cJSON *value = dumped(&dump, TAP_NAME, "NameServer");
    assert_string_equal(record_text(value, "data"), "10.1.2.3");
    cJSON_Delete(dump);
    reset(NULL);
    assert_name_server(HKEY_LOCAL_MACHINE, TAP_KEY, L"10.99.0.53,10.99.0.54");
}

static void test_whoever_writes_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(set_name_server(), 0);
    assert_seen_and_reset();
    assert_int_equal(end_of_child(start_child("set-name-server")), 0);
    assert_seen_and_reset();
    set_name_server_in_the_store();
    assert_seen_and_reset();
}

static void test_a_lost_registry_is_populated_again(void **state)
{
    (void)state;
    assert_int_equal(
        RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services\\Tcpip"), 0);
    reset(NULL);
    assert_name_server(HKEY_LOCAL_MACHINE, TAP_KEY, L"10.99.0.53,10.99.0.54");
}

static void test_populating_has_options(void **state)
{
    (void)state;
    HKEY key;
    static const wchar_t policy[] =
        L"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient\\DnsPolicyConfig";
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, policy, 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
    ask_ok(
        "{'do':'reset', 'registry':{'policy_rules':true, 'stale_rules':[4712],"
        "'policy_search_list':'gp.example', 'stale_policy_list':true, 'system_search_list':''}}");
    key = open_key(HKEY_LOCAL_MACHINE, policy);
    RegCloseKey(open_key(key, L"OpenVPNDNSRoutingX-01-4712"));
    RegCloseKey(key);
    cJSON *dump;
    const char *client = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient";
    const cJSON *value = dumped(&dump, client, "SearchList");
    assert_string_equal(record_text(value, "data"), "gp.example,stale.example");
    cJSON_Delete(dump);
    value = dumped(&dump, client, "InitialSearchList");
    assert_string_equal(record_text(value, "data"), "gp.example");
    cJSON_Delete(dump);
    assert_null(dumped(&dump, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters",
                       "SearchList"));
    cJSON_Delete(dump);
}

static void test_calls_on_watched_keys_can_fail(void **state)
{
    (void)state;
    HKEY key = open_key(HKEY_LOCAL_MACHINE, TAP_KEY);
    ask_ok("{'do':'fault', 'call':'RegSetValueExW', 'action':'fail', 'code':5}");
    ask_ok("{'do':'fault', 'call':'RegDeleteValueW', 'action':'fail', 'code':1450}");
    ask_ok("{'do':'fault', 'call':'RegQueryValueExW', 'action':'fail', 'code':8}");
    assert_int_equal(RegSetValueExW(key, L"NameServer", 0, REG_SZ, (const BYTE *)L"", 2), 5);
    assert_int_equal(RegDeleteValueW(key, L"NameServer"), 1450);
    assert_int_equal(RegQueryValueExW(key, L"NameServer", NULL, NULL, NULL, NULL), 8);
    assert_name_server(key, NULL, L"10.99.0.53,10.99.0.54");
    RegCloseKey(key);
}

static void test_dns_client_is_told(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, L"Dnscache", SERVICE_PAUSE_CONTINUE);
    assert_true(ControlService(service, SERVICE_CONTROL_PARAMCHANGE, &status));
    assert_int_equal(status.dwCurrentState, SERVICE_RUNNING);
    cJSON *line = last_record("ControlService");
    assert_string_equal(record_text(line, "name"), "Dnscache");
    assert_true(record_value(line, "control") == SERVICE_CONTROL_PARAMCHANGE);
    cJSON_Delete(line);
    assert_true(CloseServiceHandle(service));
    service = OpenServiceW(manager, L"Dnscache", SERVICE_QUERY_STATUS);
    assert_false(ControlService(service, SERVICE_CONTROL_PARAMCHANGE, &status));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_true(CloseServiceHandle(service));
    ask_ok("{'do':'fault', 'call':'OpenServiceW', 'action':'fail', 'code':1060}");
    assert_null(OpenServiceW(manager, L"Dnscache", SERVICE_PAUSE_CONTINUE));
    assert_true(CloseServiceHandle(manager));
}

static void test_cache_flush_is_found_and_recorded(void **state)
{
    (void)state;
    HMODULE dnsapi = LoadLibraryW(L"dnsapi.dll");
    BOOL(WINAPI * flush)(void) = (void *)GetProcAddress(dnsapi, "DnsFlushResolverCache");
    assert_non_null(flush);
    ask_ok("{'do':'fault', 'call':'DnsFlushResolverCache', 'nth':2, 'action':'fail', 'code':5}");
    assert_true(flush());
    assert_false(flush());
    cJSON *line = last_record("DnsFlushResolverCache");
    assert_true(record_value(line, "result") == 5);
    cJSON_Delete(line);
    FreeLibrary(dnsapi);
}

static void test_policy_notification_is_found_and_recorded(void **state)
{
    (void)state;
    LONG(WINAPI * publish)
    (ULONGLONG, const void *, const void *, ULONG, const void *) =
        (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlPublishWnfStateData");
    assert_non_null(publish);
    assert_int_equal(publish(0x0D891E2AA3BC0875, NULL, NULL, 0, NULL), 0);
    cJSON *line = last_record("RtlPublishWnfStateData");
    assert_string_equal(record_text(line, "state"), "0xd891e2aa3bc0875");
    cJSON_Delete(line);
    assert_null(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlPublishNothing"));
}

static void test_added_interface_has_keys(void **state)
{
    (void)state;
    cJSON *dump;
    const char *class = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\"
                        "{4d36e972-e325-11ce-bfc1-08002be10318}\\0011";
    ask_ok("{'do':'edit', 'kind':'interface', 'action':'add', 'row':{'index':11, 'alias':'New',"
           "'component_id':'ovpn-dco'}}");
    const cJSON *value = dumped(&dump, class, "ComponentId");
    assert_string_equal(record_text(value, "data"), "ovpn-dco");
    cJSON_Delete(dump);
    ask_ok("{'do':'edit', 'kind':'interface', 'action':'delete', 'row':{'interface':11}}");
    assert_null(dumped(&dump, class, "ComponentId"));
    cJSON_Delete(dump);
}

const struct CMUnitTest registry_tests[] = {
    TEST(test_every_way_to_a_key_leads_into_the_store),
    TEST(test_other_keys_are_left_alone),
    TEST(test_changes_are_recorded_with_their_data),
    TEST(test_driver_sees_types_and_data),
    TEST(test_driver_edits_the_registry),
    TEST(test_reset_does_not_touch_what_nobody_changed),
    TEST(test_whoever_writes_is_noticed),
    TEST(test_a_lost_registry_is_populated_again),
    TEST(test_populating_has_options),
    TEST(test_calls_on_watched_keys_can_fail),
    TEST(test_dns_client_is_told),
    TEST(test_cache_flush_is_found_and_recorded),
    TEST(test_policy_notification_is_found_and_recorded),
    TEST(test_added_interface_has_keys),
};
const size_t registry_test_count = ARRAYSIZE(registry_tests);
