/* SPDX-License-Identifier: MIT */
/* Personas, and the hooks in this program. */
#include "selftest.h"

#include <lm.h>
#include <process.h>
#include <sddl.h>
#include <string.h>

#define ALICE          "S-1-5-21-2000-2000-2000-1001"
#define VPN_ADMINS     "S-1-5-21-2000-2000-2000-1010"
#define PIPE_NAME      L"\\\\.\\pipe\\fake_selftest"
#define BUILTIN_ADMINS "S-1-5-32-544"

static void play_alice(const char *level)
{
    ask_ok("{'do':'personas', 'personas':[{'pid':%lu, 'sid':'" ALICE "', 'name':'alice',"
           "'domain':'TESTBOX', 'level':'%s', 'groups':[{'sid':'" VPN_ADMINS "'},"
           "{'sid':'" BUILTIN_ADMINS "', 'attributes':16}]}]}",
           GetCurrentProcessId(), level);
}

struct connection {
    HANDLE server, client;
};

static struct connection open_connection(void)
{
    struct connection connection;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof(security)};
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(
        L"D:(A;;GA;;;SY)(A;;GR;;;AU)", SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL));
    connection.server =
        CreateNamedPipeW(PIPE_NAME, PIPE_ACCESS_DUPLEX,
                         PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS,
                         PIPE_UNLIMITED_INSTANCES, 1024, 512, 0, &security);
    LocalFree(security.lpSecurityDescriptor);
    assert_true(connection.server != INVALID_HANDLE_VALUE);
    connection.client = CreateFileW(PIPE_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                    SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
    assert_true(connection.client != INVALID_HANDLE_VALUE);
    char byte = 'x';
    DWORD count;
    assert_true(WriteFile(connection.client, &byte, 1, &count, NULL));
    assert_true(ReadFile(connection.server, &byte, 1, &count, NULL));
    return connection;
}

static void close_connection(struct connection connection)
{
    CloseHandle(connection.client);
    CloseHandle(connection.server);
}

static bool is_sid(PSID sid, const char *text)
{
    PSID other;
    assert_true(ConvertStringSidToSidA(text, &other));
    bool same = EqualSid(sid, other);
    LocalFree(other);
    return same;
}

static void assert_user(HANDLE token, const char *sid)
{
    TOKEN_USER *user;
    DWORD size = 0, same = 0;
    assert_false(GetTokenInformation(token, TokenUser, NULL, 0, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    user = malloc(size);
    assert_false(GetTokenInformation(token, TokenUser, user, size - 1, &same));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_true(GetTokenInformation(token, TokenUser, user, size, &same));
    assert_int_equal(same, size);
    assert_true(is_sid(user->User.Sid, sid));
    free(user);
}

static void test_client_is_its_persona(void **state)
{
    (void)state;
    struct connection pipe = open_connection();
    HANDLE token, copy;
    play_alice("impersonation");
    assert_true(ImpersonateNamedPipeClient(pipe.server));
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, FALSE, &token));
    BOOL member;
    PSID admins;
    assert_true(ConvertStringSidToSidA(BUILTIN_ADMINS, &admins));
    assert_true(CheckTokenMembership(NULL, admins, &member));
    assert_false(member); /* deny-only */
    LocalFree(admins);
    assert_true(RevertToSelf());
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &copy));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
    assert_user(token, ALICE);
    assert_true(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary,
                                 &copy));
    assert_user(copy, ALICE);

    BYTE buffer[1024];
    DWORD size;
    const TOKEN_GROUPS *groups = (const void *)buffer;
    assert_true(GetTokenInformation(copy, TokenGroups, buffer, sizeof(buffer), &size));
    assert_int_equal(groups->GroupCount, 2);
    assert_true(is_sid(groups->Groups[0].Sid, VPN_ADMINS));
    assert_true(is_sid(groups->Groups[1].Sid, BUILTIN_ADMINS));
    assert_int_equal(groups->Groups[1].Attributes, SE_GROUP_USE_FOR_DENY_ONLY);
    CloseHandle(token);
    CloseHandle(copy);
    close_connection(pipe);
}

static void test_client_that_only_identifies_itself(void **state)
{
    (void)state;
    struct connection pipe = open_connection();
    HANDLE token, copy;
    play_alice("identification");
    assert_true(ImpersonateNamedPipeClient(pipe.server));
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, FALSE, &token));
    assert_int_equal(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
    HANDLE file = CreateFileW(L"record.jsonl", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              NULL, OPEN_EXISTING, 0, NULL);
    assert_true(file == INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, TRUE, &token));
    assert_true(RevertToSelf());
    assert_user(token, ALICE);
    assert_false(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation,
                                  TokenPrimary, &copy));
    assert_int_equal(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
    CloseHandle(token);
    close_connection(pipe);
}

static void test_own_token_is_local_system_unless_switched_off(void **state)
{
    (void)state;
    HANDLE token;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_user(token, "S-1-5-18");
    ask_ok("{'do':'settings', 'service_is_system':false}");
    BYTE buffer[256];
    DWORD size;
    assert_true(GetTokenInformation(token, TokenUser, buffer, sizeof(buffer), &size));
    assert_false(is_sid(((TOKEN_USER *)(void *)buffer)->User.Sid, "S-1-5-18"));
    CloseHandle(token);
}

static void test_names_of_personas_and_groups(void **state)
{
    (void)state;
    wchar_t name[64], domain[64];
    DWORD name_length = 2, domain_length = 64;
    SID_NAME_USE use;
    PSID sid;
    play_alice("impersonation");
    assert_true(ConvertStringSidToSidA(ALICE, &sid));
    assert_false(LookupAccountSidW(NULL, sid, name, &name_length, domain, &domain_length, &use));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(name_length, 6);
    assert_int_equal(domain_length, 8);
    assert_true(LookupAccountSidW(NULL, sid, name, &name_length, domain, &domain_length, &use));
    assert_true(wcscmp(name, L"alice") == 0 && wcscmp(domain, L"TESTBOX") == 0);
    assert_int_equal(name_length, 5);
    LocalFree(sid);

    BYTE group[SECURITY_MAX_SID_SIZE];
    DWORD size = 0;
    domain_length = 0;
    assert_false(LookupAccountNameW(NULL, L"OpenVPN Administrators", NULL, &size, NULL,
                                    &domain_length, &use));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_true(LookupAccountNameW(NULL, L"OpenVPN Administrators", group, &size, domain,
                                   &domain_length, &use));
    assert_true(is_sid(group, VPN_ADMINS));
    assert_int_equal(use, SidTypeAlias);
}

static void test_members_of_local_groups(void **state)
{
    (void)state;
    LOCALGROUP_MEMBERS_INFO_0 *members;
    DWORD count, total;
    ask_ok("{'do':'local_groups', 'local_groups':[{'name':'OpenVPN Administrators',"
           "'sid':'" VPN_ADMINS "', 'members':['" ALICE "']}]}");
    assert_int_equal(NetLocalGroupGetMembers(NULL, L"OpenVPN Administrators", 0, (BYTE **)&members,
                                             MAX_PREFERRED_LENGTH, &count, &total, NULL),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(total, 1);
    assert_true(is_sid(members[0].lgrmi0_sid, ALICE));
    NetApiBufferFree(members);
    assert_int_equal(NetLocalGroupGetMembers(NULL, L"Nobody", 0, (BYTE **)&members,
                                             MAX_PREFERRED_LENGTH, &count, &total, NULL),
                     NERR_GroupNotFound);
}

static void test_pipe_is_recorded_as_it_was_asked_for(void **state)
{
    (void)state;
    close_connection(open_connection());
    cJSON *line = last_record("CreateNamedPipeW");
    assert_string_equal(record_text(line, "name"), "\\\\.\\pipe\\fake_selftest");
    assert_string_equal(record_text(line, "security"), "D:(A;;GA;;;SY)(A;;GR;;;AU)");
    assert_string_equal(record_text(line, "pipe_mode"), "0xe");
    assert_true(record_value(line, "out_size") == 1024);
    assert_true(record_value(line, "in_size") == 512);
    assert_true(record_value(line, "instances") == 255);
    cJSON_Delete(line);
}

static void test_connect_can_be_made_to_fail(void **state)
{
    (void)state;
    struct connection pipe = open_connection();
    ask_ok("{'do':'fault', 'call':'ConnectNamedPipe', 'action':'fail', 'code':%ld}", ERROR_NO_DATA);
    assert_false(ConnectNamedPipe(pipe.server, NULL));
    assert_int_equal(GetLastError(), ERROR_NO_DATA);
    assert_false(ConnectNamedPipe(pipe.server, NULL));
    assert_int_equal(GetLastError(), ERROR_PIPE_CONNECTED);
    close_connection(pipe);
}

static void test_file_is_recorded_with_who_opened_it(void **state)
{
    (void)state;
    struct connection pipe = open_connection();
    play_alice("impersonation");
    assert_true(ImpersonateNamedPipeClient(pipe.server));
    CloseHandle(CreateFileW(L"record.jsonl", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                            OPEN_EXISTING, 0, NULL));
    assert_true(RevertToSelf());
    cJSON *line = last_record("CreateFileW");
    assert_string_equal(record_text(line, "path"), "record.jsonl");
    assert_true(record_value(line, "impersonating") == 1);
    cJSON_Delete(line);
    close_connection(pipe);
}

static unsigned __stdcall do_nothing(void *argument)
{
    (void)argument;
    return 0;
}

static void test_events_threads_and_handle_lists_are_recorded(void **state)
{
    (void)state;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 65536, do_nothing, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    cJSON *line = last_record("_beginthreadex");
    assert_true(record_value(line, "stack") == 65536);
    cJSON_Delete(line);

    const wchar_t *strings[] = {L"first \"quoted\"", L"B\u00FCro\r\n"};
    HANDLE log = RegisterEventSourceW(NULL, L"fake_selftest");
    assert_true(ReportEventW(log, EVENTLOG_ERROR_TYPE, 0, 0xC0020001, NULL, 2, 0, strings, NULL));
    DeregisterEventSource(log);
    line = last_record("ReportEventW");
    const cJSON *list = cJSON_GetObjectItem(line, "strings");
    assert_string_equal(list->child->valuestring, "first \"quoted\"");
    assert_string_equal(list->child->next->valuestring, "B\xC3\xBCro\r\n");
    assert_string_equal(record_text(line, "event"), "0xc0020001");
    cJSON_Delete(line);

    BYTE attributes[256];
    SIZE_T size = sizeof(attributes);
    LPPROC_THREAD_ATTRIBUTE_LIST attribute_list = (void *)attributes;
    assert_true(InitializeProcThreadAttributeList(attribute_list, 1, 0, &size));
    assert_true(UpdateProcThreadAttribute(attribute_list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                          &thread, sizeof(thread), NULL, NULL));
    DeleteProcThreadAttributeList(attribute_list);
    line = last_record("UpdateProcThreadAttribute");
    assert_string_equal(record_text(line, "name"), "handle_list");
    list = cJSON_GetObjectItem(line, "handles");
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_true(list->child->valuedouble == (double)(UINT_PTR)thread);
    cJSON_Delete(line);
    CloseHandle(thread);
}

/* The events that can be read, newest first; the number of bytes. */
static DWORD read_events(BYTE *buffer, DWORD size)
{
    DWORD read = 0, needed = 0;
    HANDLE log = OpenEventLogW(NULL, L"Application");
    assert_non_null(log);
    ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer, size, &read,
                  &needed);
    CloseEventLog(log);
    return read;
}

static void test_events_can_be_read_back_a_moment_later(void **state)
{
    enum { BYTES = 4096, PATIENCE_MILLISECONDS = 5000 };
    static DWORD buffer[BYTES / sizeof(DWORD)];
    const wchar_t *strings[] = {L"one", L"two"};
    DWORD oldest = 0, count = 0;
    (void)state;
    HANDLE source = RegisterEventSourceW(NULL, L"fake_selftest");
    assert_true(ReportEventW(source, EVENTLOG_ERROR_TYPE, 0, 7, NULL, 2, 0, strings, NULL));
    DeregisterEventSource(source);
    HANDLE log = OpenEventLogW(NULL, L"Application");
    assert_true(GetOldestEventLogRecord(log, &oldest) && GetNumberOfEventLogRecords(log, &count));
    CloseEventLog(log);

    const EVENTLOGRECORD *newest = (const void *)buffer;
    ULONGLONG start = GetTickCount64();
    while (newest->RecordNumber != oldest + count - 1 &&
           GetTickCount64() - start < PATIENCE_MILLISECONDS)
        read_events((BYTE *)buffer, sizeof(buffer));
    assert_int_equal(newest->RecordNumber, oldest + count - 1);
    const BYTE *ours = (const BYTE *)buffer + newest->Length; /* behind that of another program */
    const EVENTLOGRECORD *event = (const void *)ours;
    assert_int_equal(event->RecordNumber, oldest + count - 2);
    assert_int_equal(event->EventID, 7);
    assert_int_equal(
        wcscmp((const wchar_t *)(const void *)(ours + sizeof(*event)), L"fake_selftest"), 0);
    assert_int_equal(wcscmp((const wchar_t *)(const void *)(ours + event->StringOffset), L"one"),
                     0);
}

static void assert_logon(HANDLE token, DWORD logon, DWORD session)
{
    TOKEN_STATISTICS statistics;
    DWORD number, size;
    assert_true(
        GetTokenInformation(token, TokenStatistics, &statistics, sizeof(statistics), &size));
    assert_true(GetTokenInformation(token, TokenSessionId, &number, sizeof(number), &size));
    assert_int_equal(statistics.AuthenticationId.LowPart == 4711, logon == 4711);
    assert_int_equal(number == 4711, session == 4711);
    CloseHandle(token);
}

static void test_client_shows_a_token_that_its_process_does_not_have(void **state)
{
    (void)state;
    struct connection pipe = open_connection();
    FILETIME before, created, other;
    HANDLE token, process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    ask_ok("{'do':'personas', 'personas':[{'pid':0, 'sid':'" ALICE "', 'name':'alice',"
           "'domain':'TESTBOX', 'level':'identification', 'logon':4711, 'session':4711,"
           "'is_younger':1}]}");
    assert_true(ImpersonateNamedPipeClient(pipe.server));
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    assert_true(RevertToSelf());
    assert_logon(token, 4711, 4711);
    assert_true(OpenProcessToken(process, TOKEN_QUERY, &token));
    assert_logon(token, 0, 0);
    GetSystemTimePreciseAsFileTime(&before);
    assert_true(GetProcessTimes(process, &created, &other, &other, &other));
    assert_true(CompareFileTime(&before, &created) <= 0);
    CloseHandle(process);
    close_connection(pipe);
}

const struct CMUnitTest identity_tests[] = {
    TEST(test_client_is_its_persona),
    TEST(test_client_that_only_identifies_itself),
    TEST(test_client_shows_a_token_that_its_process_does_not_have),
    TEST(test_own_token_is_local_system_unless_switched_off),
    TEST(test_names_of_personas_and_groups),
    TEST(test_members_of_local_groups),
    TEST(test_pipe_is_recorded_as_it_was_asked_for),
    TEST(test_connect_can_be_made_to_fail),
    TEST(test_file_is_recorded_with_who_opened_it),
    TEST(test_events_threads_and_handle_lists_are_recorded),
    TEST(test_events_can_be_read_back_a_moment_later),
};
const size_t identity_test_count = ARRAYSIZE(identity_tests);
