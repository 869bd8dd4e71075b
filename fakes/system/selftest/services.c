/* SPDX-License-Identifier: MIT */
/* Services of which the test says what programs are told, and what else is only of this machine. */
#include "selftest.h"

#include <string.h>
#include <tlhelp32.h>

static SC_HANDLE open_service(const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    DWORD error = GetLastError();
    CloseServiceHandle(manager);
    SetLastError(error);
    return service;
}

static DWORD state_of(const wchar_t *name, DWORD *pid)
{
    SERVICE_STATUS_PROCESS status;
    DWORD needed;
    SC_HANDLE service = open_service(name);
    assert_non_null(service);
    assert_true(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                                     sizeof(status), &needed));
    assert_true(CloseServiceHandle(service));
    *pid = status.dwProcessId;
    return status.dwCurrentState;
}

static void test_a_listed_service_is_as_the_test_says(void **state)
{
    (void)state;
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } buffer;
    DWORD pid, needed;
    ask_ok("{'do':'services', 'services':[{'name':'Some Service', 'state':1, 'start':4, 'pid':7,"
           "'binary':'C:\\\\x.exe -y', 'account':'Somebody'}]}");
    assert_int_equal(state_of(L"some service", &pid), SERVICE_STOPPED);
    assert_int_equal(pid, 7);
    SC_HANDLE service = open_service(L"Some Service");
    assert_true(QueryServiceConfigW(service, &buffer.config, sizeof(buffer), &needed));
    assert_int_equal(buffer.config.dwStartType, SERVICE_DISABLED);
    assert_int_equal(wcscmp(buffer.config.lpBinaryPathName, L"C:\\x.exe -y"), 0);
    assert_int_equal(wcscmp(buffer.config.lpServiceStartName, L"Somebody"), 0);
    assert_false(QueryServiceConfigW(service, &buffer.config, 16, &needed));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
}

static void test_a_listed_service_may_be_missing_or_denied(void **state)
{
    (void)state;
    ask_ok("{'do':'services', 'services':[{'name':'BFE', 'error':1060}, {'name':'Dnscache',"
           "'error':5}]}");
    assert_null(open_service(L"BFE"));
    assert_int_equal(GetLastError(), ERROR_SERVICE_DOES_NOT_EXIST);
    assert_null(open_service(L"Dnscache"));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
}

static void test_windows_own_services_run_unless_they_are_listed(void **state)
{
    (void)state;
    DWORD pid;
    assert_int_equal(state_of(L"Dnscache", &pid), SERVICE_RUNNING);
    assert_int_equal(state_of(L"BFE", &pid), SERVICE_RUNNING);
    ask_ok("{'do':'services', 'services':[{'name':'BFE', 'state':1}]}");
    assert_int_equal(state_of(L"BFE", &pid), SERVICE_STOPPED);
    reset(NULL);
    assert_int_equal(state_of(L"BFE", &pid), SERVICE_RUNNING);
}

static void test_services_that_run_are_listed_and_no_others(void **state)
{
    (void)state;
    union {
        ENUM_SERVICE_STATUS_PROCESSW services[4];
        BYTE bytes[4096];
    } buffer;
    DWORD needed, count = 9, resume = 0;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    ask_ok("{'do':'services', 'services':[{'name':'a'}, {'name':'b', 'state':1}, {'name':'c'}]}");
    assert_true(EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                                      buffer.bytes, sizeof(buffer), &needed, &count, &resume,
                                      NULL));
    assert_int_equal(count, 2);
    assert_int_equal(wcscmp(buffer.services[1].lpServiceName, L"c"), 0);
    CloseServiceHandle(manager);
}

static void test_only_processes_of_this_folder_are_seen(void **state)
{
    (void)state;
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    size_t count = 0, self = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
        count++;
        self += entry.th32ProcessID == GetCurrentProcessId();
    }
    CloseHandle(all);
    assert_int_equal(self, 1);
    assert_int_equal(count, 1);
}

static void test_the_keys_of_the_product_can_be_shut(void **state)
{
    (void)state;
    HKEY key = NULL;
    ask_ok("{'do':'settings', 'product_key_error':1009}");
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\OpenVPN$x", 0, KEY_READ, &key),
                     1009);
    ask_ok("{'do':'settings', 'product_key_error':0, 'policy_key_error':5}");
    assert_int_equal(
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Policies\\Gatehouse$x", 0, KEY_READ, &key),
        5);
    reset(NULL);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\OpenVPN$x", 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
}

static void test_the_event_log_can_be_shut(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'OpenEventLogW', 'action':'fail', 'code':5}");
    assert_null(OpenEventLogW(NULL, L"Application"));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    HANDLE log = OpenEventLogW(NULL, L"Application");
    assert_non_null(log);
    assert_true(CloseEventLog(log));
}

const struct CMUnitTest service_tests[] = {
    TEST(test_a_listed_service_is_as_the_test_says),
    TEST(test_a_listed_service_may_be_missing_or_denied),
    TEST(test_windows_own_services_run_unless_they_are_listed),
    TEST(test_services_that_run_are_listed_and_no_others),
    TEST(test_only_processes_of_this_folder_are_seen),
    TEST(test_the_keys_of_the_product_can_be_shut),
    TEST(test_the_event_log_can_be_shut),
};
const size_t service_test_count = ARRAYSIZE(service_tests);
