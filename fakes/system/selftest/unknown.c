/* SPDX-License-Identifier: MIT */
/* Functions that the fakes do not model, imported by a program: it starts, and the record tells of
 * the calls. */
#include "selftest.h"

#include <fwpmu.h>
#include <windns.h>

/* Of Windows 10, and not in the headers here. */
DWORD WINAPI GetNetworkConnectivityHint(void *hint);
BOOL WINAPI DnsFlushResolverCacheEntry_W(const wchar_t *name);

static void assert_recorded(const char *library, const char *name, bool refused)
{
    cJSON *line = last_record("UnknownCall");
    assert_string_equal(record_text(line, "library"), library);
    assert_string_equal(record_text(line, "name"), name);
    assert_int_equal(record_value(line, "refused"), refused);
    assert_int_equal(record_value(line, "result"), refused ? ERROR_CALL_NOT_IMPLEMENTED : 0);
    cJSON_Delete(line);
}

static void test_a_question_is_recorded_and_answered(void **state)
{
    (void)state;
    DWORD size = 0;
    /* Six arguments: two more than registers hold. */
    DWORD error = GetExtendedTcpTable(NULL, &size, FALSE, AF_INET, TCP_TABLE_OWNER_PID_LISTENER, 0);
    assert_int_equal(error, ERROR_INSUFFICIENT_BUFFER);
    assert_true(size > 0);
    assert_recorded("iphlpapi.dll", "GetExtendedTcpTable", false);
}

static void test_a_conversion_is_answered_without_a_record(void **state)
{
    (void)state;
    ULONG mask = 0, before = 0, after = 0;
    cJSON *line = find_record("UnknownCall");
    before = line ? (ULONG)record_value(line, "n") : 0;
    cJSON_Delete(line);
    assert_int_equal(ConvertLengthToIpv4Mask(8, &mask), 0);
    assert_int_equal(mask, htonl(0xFF000000));
    line = find_record("UnknownCall");
    after = line ? (ULONG)record_value(line, "n") : 0;
    cJSON_Delete(line);
    assert_int_equal(before, after);
}

#ifdef _WIN64
static void test_a_change_is_recorded_and_refused(void **state)
{
    (void)state;
    MIB_IPFORWARDROW row = {0};
    assert_int_equal(CreateIpForwardEntry(&row), ERROR_CALL_NOT_IMPLEMENTED);
    assert_recorded("iphlpapi.dll", "CreateIpForwardEntry", true);
    FWPM_CALLOUT0 callout = {0};
    assert_int_equal(FwpmCalloutAdd0(NULL, &callout, NULL, NULL), ERROR_CALL_NOT_IMPLEMENTED);
    assert_recorded("fwpuclnt.dll", "FwpmCalloutAdd0", true);
}

static void test_a_question_that_windows_does_not_know_is_refused(void **state)
{
    (void)state;
    char hint[64];
    if (GetProcAddress(LoadLibraryW(L"iphreal.dll"), "GetNetworkConnectivityHint"))
        skip();
    assert_int_equal(GetNetworkConnectivityHint(hint), ERROR_CALL_NOT_IMPLEMENTED);
    assert_recorded("iphlpapi.dll", "GetNetworkConnectivityHint", true);
}

static void test_a_function_that_returns_bool_fails(void **state)
{
    (void)state;
    SetLastError(0);
    assert_false(DnsFlushResolverCacheEntry_W(L"a.example"));
    assert_int_equal(GetLastError(), ERROR_CALL_NOT_IMPLEMENTED);
    assert_recorded("dnsapi.dll", "DnsFlushResolverCacheEntry_W", true);
}
#else
/* The caller cannot be returned to: see forwards.c. Here it is a program of its own. */
static void test_a_change_is_recorded_and_ends_the_program(void **state)
{
    (void)state;
    HANDLE child = start_child("create-old-route");
    assert_int_not_equal(end_of_child(child), 0);
    assert_recorded("iphlpapi.dll", "CreateIpForwardEntry", true);
}
#endif

int create_old_route(void)
{
    MIB_IPFORWARDROW row = {0};
    return (int)CreateIpForwardEntry(&row);
}

static void folder_of_module(HMODULE module, wchar_t folder[MAX_PATH])
{
    *folder = L'\0';
    assert_in_range(GetModuleFileNameW(module, folder, MAX_PATH), 1, MAX_PATH - 1);
    wchar_t *end = wcsrchr(folder, L'\\');
    assert_non_null(end);
    *end = L'\0';
}

static void test_the_library_of_the_dns_client_is_the_fake(void **state)
{
    (void)state;
    wchar_t own[MAX_PATH], path[MAX_PATH];
    folder_of_module(NULL, own);
    folder_of_module(GetModuleHandleW(L"dnsapi.dll"), path);
    assert_int_equal(_wcsicmp(own, path), 0);
    assert_true(DnsNameCompare_W(L"a.example", L"A.EXAMPLE"));
}

const struct CMUnitTest unknown_tests[] = {
    TEST(test_a_question_is_recorded_and_answered),
    TEST(test_a_conversion_is_answered_without_a_record),
#ifdef _WIN64
    TEST(test_a_change_is_recorded_and_refused),
    TEST(test_a_question_that_windows_does_not_know_is_refused),
    TEST(test_a_function_that_returns_bool_fails),
#else
    TEST(test_a_change_is_recorded_and_ends_the_program),
#endif
    TEST(test_the_library_of_the_dns_client_is_the_fake),
};
const size_t unknown_test_count = ARRAYSIZE(unknown_tests);
