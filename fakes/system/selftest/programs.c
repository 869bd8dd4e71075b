/* SPDX-License-Identifier: MIT */
/* The fake programs, started as a service starts the real ones. */
#include "selftest.h"

#include <string.h>

#define WINS_KEY                                                                                   \
    L"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters\\Interfaces\\"                        \
    L"Tcpip_{5E1D0002-AB12-4CD3-8A07-060504030201}"
#define TAP_KEY                                                                                    \
    L"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"                        \
    L"{5E1D0002-AB12-4CD3-8A07-060504030201}"

/* Starts a program of the folder `where`, or Windows' own for NULL. */
static HANDLE start(const wchar_t *where, const wchar_t *program, const wchar_t *command_line)
{
    wchar_t path[2 * MAX_PATH] = L"", line[256];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    if (where) {
        GetModuleFileNameW(NULL, path, MAX_PATH);
        wcscpy(wcsrchr(path, L'\\') + 1, where);
    } else
        GetSystemDirectoryW(path, MAX_PATH);
    wcscat(path, L"\\");
    wcscat(path, program);
    wcscpy(line, command_line);
    assert_true(CreateProcessW(path, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL,
                               &startup, &process));
    CloseHandle(process.hThread);
    return process.hProcess;
}

static DWORD netsh(const wchar_t *arguments)
{
    wchar_t line[256] = L"netsh ";
    wcscat(line, arguments);
    return end_of_child(start(NULL, L"netsh.exe", line));
}

static void assert_list(const wchar_t *path, const wchar_t *name, const wchar_t *expected,
                        size_t units)
{
    wchar_t list[64] = {0};
    DWORD size = sizeof(list);
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_MULTI_SZ, NULL, list, &size), 0);
    assert_memory_equal(list, expected, units * sizeof(*list));
}

static void test_windows_own_programs_are_replaced(void **state)
{
    (void)state;
    assert_int_equal(netsh(L"interface ip delete wins 2  all"), 0);
    cJSON *line = last_record("ProgramStart");
    assert_string_equal(record_text(line, "program"), "netsh");
    assert_string_equal(record_text(line, "command_line"), "netsh interface ip delete wins 2  all");
    const cJSON *arguments = cJSON_GetObjectItem(line, "arguments");
    assert_int_equal(cJSON_GetArraySize(arguments), 7);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(arguments, 6)), "all");
    assert_true(record_value(line, "parent") == GetCurrentProcessId());
    cJSON_Delete(line);
    line = last_record("CreateProcessW");
    assert_non_null(strstr(record_text(line, "application"), "system32\\netsh.exe"));
    assert_null(strstr(record_text(line, "application"), "selftest"));
    assert_string_equal(record_text(line, "flags"), "0x8000000");
    cJSON_Delete(line);
}

static void test_netsh_sets_wins_servers(void **state)
{
    (void)state;
    assert_list(WINS_KEY, L"NameServerList", L"10.99.0.44\0", 12);
    assert_int_equal(netsh(L"interface ip delete wins 2  all"), 0);
    assert_list(WINS_KEY, L"NameServerList", L"\0", 1);
    assert_int_equal(netsh(L"interface ip set wins 2 static 10.8.0.1"), 0);
    assert_int_equal(netsh(L"interface ip add wins \"Local Area Connection 2\"  10.8.0.3"), 0);
    assert_int_equal(netsh(L"interface ip add wins 2  addr=10.8.0.2 index=2"), 0);
    assert_list(WINS_KEY, L"NameServerList",
                L"10.8.0.1\0"
                L"10.8.0.2\0"
                L"10.8.0.3\0",
                28);
    assert_int_equal(netsh(L"interface ip add wins 2  10.8.0.2"), 1);
}

static void test_netsh_turns_dhcp_on_and_off(void **state)
{
    (void)state;
    MIB_UNICASTIPADDRESS_ROW row = address_on(2, "10.8.0.2", 24);
    assert_int_equal(GetUnicastIpAddressEntry(&row), 0);
    assert_int_equal(netsh(L"interface ipv4 set address name=\"2\" source=dhcp"), 0);
    assert_int_equal(GetUnicastIpAddressEntry(&row), ERROR_NOT_FOUND);
    assert_int_equal(netsh(L"interface ipv4 set address name=\"2\" source=dhcp"), 1);
    assert_int_equal(netsh(L"interface ip set address 2 static 10.8.0.2 255.255.0.0"), 0);
    assert_list(TAP_KEY, L"SubnetMask", L"255.255.0.0\0", 13);
    row = address_on(2, "10.8.0.2", 0);
    assert_int_equal(GetUnicastIpAddressEntry(&row), 0);
    assert_int_equal(row.OnLinkPrefixLength, 16);
}

static void test_netsh_sets_name_servers(void **state)
{
    (void)state;
    wchar_t text[64];
    DWORD size = sizeof(text);
    assert_int_equal(netsh(L"interface ip delete dns 2 all"), 0);
    assert_int_equal(netsh(L"interface ip add dns 2 10.8.0.1 validate=no"), 0);
    assert_int_equal(netsh(L"interface ipv4 add dns 2 10.8.0.3"), 0);
    RegGetValueW(HKEY_LOCAL_MACHINE, TAP_KEY, L"NameServer", RRF_RT_REG_SZ, NULL, text, &size);
    assert_int_equal(wcscmp(text, L"10.8.0.1,10.8.0.3"), 0);
    assert_int_equal(netsh(L"interface ipv6 add dns 2 10.8.0.1"), 1);
}

static void test_netsh_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    assert_int_equal(netsh(L"interface ip set dance 2 static"), 1);
    assert_int_equal(netsh(L"interface ip set wins 99 static 10.8.0.1"), 1);
    assert_int_equal(netsh(L"interface ipv6 set wins 2 static fd00::1"), 1);
    assert_int_equal(netsh(L""), 1);
}

static void test_ipconfig_takes_two_options(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(start(NULL, L"ipconfig.exe", L"ipconfig /flushdns")), 0);
    assert_int_equal(end_of_child(start(NULL, L"ipconfig.exe", L"ipconfig /registerdns")), 0);
    assert_int_equal(end_of_child(start(NULL, L"ipconfig.exe", L"ipconfig /dance")), 1);
}

static void test_tapctl_makes_and_deletes_an_adapter(void **state)
{
    (void)state;
    cJSON *before = ask("{'do':'registry'}");
    assert_int_equal(end_of_child(start(L"bin", L"tapctl.exe", L"tapctl create --hwid ovpn-dco")),
                     0);
    NET_LUID luid;
    assert_int_equal(ConvertInterfaceAliasToLuid(L"OpenVPN Data Channel Offload", &luid), 0);
    cJSON *after = ask("{'do':'registry'}");
    assert_false(cJSON_Compare(before, after, TRUE));
    cJSON_Delete(after);
    assert_int_equal(end_of_child(start(L"bin", L"tapctl.exe",
                                        L"tapctl delete \"OpenVPN Data Channel Offload\"")),
                     0);
    after = ask("{'do':'registry'}");
    assert_true(cJSON_Compare(before, after, TRUE));
    cJSON_Delete(before);
    cJSON_Delete(after);
    assert_int_equal(end_of_child(start(L"bin", L"tapctl.exe", L"tapctl create --hwid dance")), 1);
}

static void test_program_fails_with_a_code_and_no_effect(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'netsh', 'action':'fail', 'code':3}");
    assert_int_equal(netsh(L"interface ip delete wins 2  all"), 3);
    assert_list(WINS_KEY, L"NameServerList", L"10.99.0.44\0", 12);
}

static void test_slow_program_waits_until_it_is_released(void **state)
{
    (void)state;
    ask_ok("{'do':'fault', 'call':'ipconfig', 'action':'block'}");
    HANDLE child = start(NULL, L"ipconfig.exe", L"ipconfig /flushdns");
    bool blocked = false;
    for (ULONGLONG end = GetTickCount64() + 10000; !blocked && GetTickCount64() < end;) {
        cJSON *answer = ask("{'do':'waiting'}");
        const cJSON *waiter = cJSON_GetArrayItem(cJSON_GetObjectItem(answer, "waiting"), 0);
        blocked = strcmp(record_text(waiter, "call"), "ipconfig") == 0;
        cJSON_Delete(answer);
    }
    assert_true(blocked);
    assert_int_equal(WaitForSingleObject(child, 0), WAIT_TIMEOUT);
    ask_ok("{'do':'clear_faults'}");
    assert_int_equal(end_of_child(child), 0);
}

const struct CMUnitTest program_tests[] = {
    TEST(test_windows_own_programs_are_replaced),
    TEST(test_netsh_sets_wins_servers),
    TEST(test_netsh_turns_dhcp_on_and_off),
    TEST(test_netsh_sets_name_servers),
    TEST(test_netsh_refuses_what_it_does_not_know),
    TEST(test_ipconfig_takes_two_options),
    TEST(test_tapctl_makes_and_deletes_an_adapter),
    TEST(test_program_fails_with_a_code_and_no_effect),
    TEST(test_slow_program_waits_until_it_is_released),
};
const size_t program_test_count = ARRAYSIZE(program_tests);
