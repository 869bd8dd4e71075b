/* SPDX-License-Identifier: MIT */
#include "selftest.h"

#include "control.h"
#include "tests/unit/cmocka_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wchar_t folder[MAX_PATH];

static cJSON *send_request(const char *format, va_list arguments)
{
    char text[4096];
    vsnprintf(text, sizeof(text), format, arguments);
    for (char *quote = text; (quote = strchr(quote, '\''));)
        *quote = '"';
    cJSON *request = cJSON_Parse(text);
    if (!request)
        fail_msg("no JSON: %s", text);
    cJSON *answer = fake_control(folder, request);
    cJSON_Delete(request);
    return answer;
}

cJSON *ask(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cJSON *answer = send_request(format, arguments);
    va_end(arguments);
    return answer;
}

void ask_ok(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cJSON *answer = send_request(format, arguments);
    va_end(arguments);
    if (answer->child)
        fail_msg("%s: %s", format, answer->child->valuestring);
    cJSON_Delete(answer);
}

int reset(void **state)
{
    (void)state;
    ask_ok("{'do':'reset'}");
    return 0;
}

cJSON *find_record(const char *call)
{
    char line[8192];
    cJSON *last = NULL;
    FILE *file = _wfopen(L"record.jsonl", L"r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        cJSON *parsed = cJSON_Parse(line);
        if (!parsed)
            fail_msg("no JSON: %s", line);
        if (strcmp(record_text(parsed, "call"), call) != 0) {
            cJSON_Delete(parsed);
            continue;
        }
        cJSON_Delete(last);
        last = parsed;
    }
    fclose(file);
    return last;
}

cJSON *last_record(const char *call)
{
    cJSON *line = find_record(call);
    if (!line)
        fail_msg("%s is not recorded", call);
    return line;
}

const char *record_text(const cJSON *line, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));
    return text ? text : "";
}

double record_value(const cJSON *line, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : cJSON_GetNumberValue(item);
}

HANDLE start_child(const char *what)
{
    wchar_t path[MAX_PATH], command[2 * MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    _snwprintf(command, 2 * MAX_PATH, L"\"%ls\" %hs", path, what);
    assert_true(
        CreateProcessW(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    CloseHandle(process.hThread);
    return process.hProcess;
}

DWORD end_of_child(HANDLE child)
{
    enum { HANG_MILLISECONDS = 120000 };
    DWORD code = 0;
    assert_int_equal(WaitForSingleObject(child, HANG_MILLISECONDS), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(child, &code));
    CloseHandle(child);
    return code;
}

static SOCKADDR_INET address_of(const char *text)
{
    SOCKADDR_INET address = {.si_family = strchr(text, ':') ? AF_INET6 : AF_INET};
    inet_pton(address.si_family, text,
              address.si_family == AF_INET6 ? (void *)&address.Ipv6.sin6_addr
                                            : (void *)&address.Ipv4.sin_addr);
    return address;
}

MIB_IPFORWARD_ROW2 route_on(NET_IFINDEX index, const char *prefix, UINT8 length,
                            const char *next_hop, ULONG metric)
{
    MIB_IPFORWARD_ROW2 row;
    InitializeIpForwardEntry(&row);
    row.InterfaceIndex = index;
    row.DestinationPrefix.Prefix = address_of(prefix);
    row.DestinationPrefix.PrefixLength = length;
    row.NextHop = address_of(next_hop);
    row.Metric = metric;
    return row;
}

MIB_UNICASTIPADDRESS_ROW address_on(NET_IFINDEX index, const char *address, UINT8 length)
{
    MIB_UNICASTIPADDRESS_ROW row;
    InitializeUnicastIpAddressEntry(&row);
    row.InterfaceIndex = index;
    row.Address = address_of(address);
    row.OnLinkPrefixLength = length;
    return row;
}

bool has_route(MIB_IPFORWARD_ROW2 row)
{
    return GetIpForwardEntry2(&row) == 0;
}

/* Changes routes until it is killed: four neighbours in the table, so that slots are reused. */
static void change_routes_forever(void)
{
    for (unsigned i = 0;; i++) {
        MIB_IPFORWARD_ROW2 row = route_on(2, "10.50.0.0", (UINT8)(16 + i % 4), "10.8.0.1", i);
        if (CreateIpForwardEntry2(&row) == ERROR_OBJECT_ALREADY_EXISTS)
            DeleteIpForwardEntry2(&row);
    }
}

/* The task of a child: one call, which may kill it. */
static int child(const char *what)
{
    MIB_IPFORWARD_ROW2 row = route_on(2, "10.50.0.0", 16, "10.8.0.1", 5);
    if (strcmp(what, "add-route") == 0)
        return (int)CreateIpForwardEntry2(&row);
    if (strcmp(what, "set-route") == 0)
        return (int)SetIpForwardEntry2(&row);
    if (strcmp(what, "add-filters") == 0)
        return add_filters_and_end();
    if (strcmp(what, "set-name-server") == 0)
        return set_name_server();
    if (strcmp(what, "volatile-number") == 0)
        return volatile_number();
    if (strcmp(what, "create-old-route") == 0)
        return create_old_route();
    if (strcmp(what, "churn") == 0)
        change_routes_forever();
    return change_file(what);
}

static const struct {
    const char *name;
    const struct CMUnitTest *tests;
    const size_t *count;
} groups[] = {
    {"network", network_tests, &network_test_count},
    {"faults", fault_tests, &fault_test_count},
    {"identity", identity_tests, &identity_test_count},
    {"files", file_tests, &file_test_count},
    {"registry", registry_tests, &registry_test_count},
    {"programs", program_tests, &program_test_count},
    {"firewall", firewall_tests, &firewall_test_count},
    {"engine", engine_tests, &engine_test_count},
    {"packets", packet_tests, &packet_test_count},
    {"kill-switch", kill_switch_tests, &kill_switch_test_count},
    {"reboot", reboot_tests, &reboot_test_count},
    {"services", service_tests, &service_test_count},
    {"trust", trust_tests, &trust_test_count},
    {"unknown", unknown_tests, &unknown_test_count},
};

/* NULL: all. */
static int run_groups(const char *name)
{
    int failures = 0;
    for (size_t i = 0; i < ARRAYSIZE(groups); i++)
        if (!name || strcmp(name, groups[i].name) == 0)
            failures += _cmocka_run_group_tests(groups[i].name, groups[i].tests, *groups[i].count,
                                                NULL, NULL);
    return failures;
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < ARRAYSIZE(groups); i++)
        if (strcmp(name, groups[i].name) == 0)
            return true;
    return false;
}

/* Without an argument it runs all groups; otherwise those that are named, or it is a child. */
int main(int argc, char **argv)
{
    int failures = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    GetModuleFileNameW(NULL, folder, MAX_PATH);
    *wcsrchr(folder, L'\\') = L'\0';
    if (argc > 1 && !is_group(argv[1]))
        return child(argv[1]);
    SetCurrentDirectoryW(folder);
    if (argc == 1)
        return run_groups(NULL);
    for (int i = 1; i < argc; i++)
        failures += run_groups(argv[i]);
    return failures;
}
