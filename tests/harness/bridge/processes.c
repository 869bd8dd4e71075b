/* SPDX-License-Identifier: MIT */
#include "objects.h"
#include "spawn.h"

#include "base/lock.h"

#include <tlhelp32.h>
#include <winternl.h>

/* Everything that is started here ends with the bridge, also when the bridge is killed. */
static HANDLE children_job(void)
{
    static struct lock lock;
    static HANDLE job;
    lock_acquire(&lock);
    if (!job) {
        job = CreateJobObjectW(NULL, NULL);
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
            .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
    }
    lock_release(&lock);
    return job;
}

static HANDLE open_inheritable(const wchar_t *path, DWORD access, DWORD how)
{
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), NULL, TRUE};
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       &attributes, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* command, directory, output (a file for stdout and stderr), restricted. */
static uint32_t process_start(struct request *request)
{
    CLEANUP_FREE wchar_t *command = request_needed_text(request, "command");
    CLEANUP_FREE wchar_t *directory = request_text(request, "directory");
    CLEANUP_FREE wchar_t *path = request_text(request, "output");
    if (!command)
        return ERROR_INVALID_PARAMETER;
    CLEANUP_HANDLE HANDLE token = NULL;
    uint32_t error = request_flag(request, "restricted") ? restricted_token(request, &token) : 0;
    if (error)
        return error;
    CLEANUP_HANDLE HANDLE input = open_inheritable(L"NUL", GENERIC_READ, OPEN_EXISTING);
    CLEANUP_HANDLE HANDLE output =
        open_inheritable(path ? path : L"NUL", GENERIC_WRITE, path ? CREATE_ALWAYS : OPEN_EXISTING);
    if (input == INVALID_HANDLE_VALUE || output == INVALID_HANDLE_VALUE)
        return request_last_error(request, "CreateFile");
    struct spawn spawn_as = {
        .command = command,
        .directory = directory,
        .token = token,
        .input = input,
        .output = output,
        .job = children_job(),
    };
    PROCESS_INFORMATION started;
    error = spawn(request, &spawn_as, &started);
    if (error)
        return error;
    result_number(request, "process", started.dwProcessId);
    object_add(request, started.hProcess);
    return 0;
}

static uint32_t process_open(struct request *request)
{
    DWORD access = SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_TERMINATE | READ_CONTROL;
    HANDLE process = OpenProcess(access, FALSE, request_number(request, "process", 0));
    if (!process)
        return request_last_error(request, "OpenProcess");
    object_add(request, process);
    return 0;
}

/* Ends it at once and waits until it has gone; succeeds if it has ended already. */
static uint32_t process_kill(struct request *request)
{
    enum { GONE_WITHIN_MS = 5000 };
    CLEANUP_HANDLE HANDLE process =
        OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, request_number(request, "process", 0));
    if (!process)
        return request_last_error(request, "OpenProcess");
    if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
        return 0;
    if (!TerminateProcess(process, request_number(request, "exit_code", 1)))
        return request_last_error(request, "TerminateProcess");
    return request_error(request, "WaitForSingleObject",
                         WaitForSingleObject(process, GONE_WITHIN_MS));
}

/* The exit code of an open process object; WAIT_TIMEOUT when it still runs after "timeout". */
static uint32_t process_exit_code(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    DWORD outcome = WaitForSingleObject(object->handle, request_number(request, "timeout", 0));
    if (outcome)
        return request_error(request, "WaitForSingleObject", outcome);
    DWORD code = 0;
    if (!GetExitCodeProcess(object->handle, &code))
        return request_last_error(request, "GetExitCodeProcess");
    result_number(request, "exit_code", code);
    return 0;
}

/* A row of SystemExtendedHandleInformation (64), which lists the handles of every process.
 * GetProcessHandleCount() would be enough on Windows, but does not work under Wine. */
struct handle_row {
    void *object;
    ULONG_PTR process, value;
    ULONG access;
    USHORT creator, type;
    ULONG attributes, reserved;
};

struct handle_list {
    ULONG_PTR count, reserved;
    struct handle_row rows[];
};

static struct handle_list *list_handles(void)
{
    enum { EXTENDED_HANDLE_INFORMATION = 64, LARGEST = 1 << 26 };
    for (ULONG size = 1 << 18; size <= LARGEST; size *= 2) {
        CLEANUP_FREE void *list = malloc(size);
        if (list && NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)EXTENDED_HANDLE_INFORMATION,
                                             list, size, NULL) == 0)
            return TAKE(list);
    }
    return NULL;
}

/* The number of handles that a process has open. */
static uint32_t process_handles(struct request *request)
{
    CLEANUP_FREE struct handle_list *list = list_handles();
    ULONG_PTR process = request_number(request, "process", 0);
    ULONG count = 0;
    if (!list)
        return request_error(request, "NtQuerySystemInformation", ERROR_NOT_ENOUGH_MEMORY);
    for (ULONG_PTR i = 0; i < list->count; i++)
        count += list->rows[i].process == process;
    result_number(request, "handles", count);
    return 0;
}

/* The bridge's own process: the client that a server sees. */
static uint32_t process_own(struct request *request)
{
    result_number(request, "process", GetCurrentProcessId());
    return 0;
}

static cJSON *describe_process(const PROCESSENTRY32W *entry)
{
    cJSON *row = cJSON_CreateObject();
    CLEANUP_FREE char *image = text_narrow(entry->szExeFile);
    cJSON_AddNumberToObject(row, "process", entry->th32ProcessID);
    cJSON_AddNumberToObject(row, "parent", entry->th32ParentProcessID);
    cJSON_AddStringToObject(row, "image", image);
    CLEANUP_HANDLE HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, entry->th32ProcessID);
    wchar_t path[MAX_PATH];
    DWORD length = MAX_PATH;
    if (process && QueryFullProcessImageNameW(process, 0, path, &length)) {
        CLEANUP_FREE char *narrow = text_narrow(path);
        cJSON_AddStringToObject(row, "path", narrow);
    }
    return row;
}

/* All processes, or those of one "image". */
static uint32_t process_list(struct request *request)
{
    CLEANUP_FREE wchar_t *image = request_text(request, "image");
    CLEANUP_HANDLE HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE)
        return request_last_error(request, "CreateToolhelp32Snapshot");
    cJSON *rows = cJSON_AddArrayToObject(request->result, "processes");
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    for (BOOL more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry)) {
        if (!image || lstrcmpiW(image, entry.szExeFile) == 0)
            cJSON_AddItemToArray(rows, describe_process(&entry));
    }
    return 0;
}

const struct operation process_operations[] = {
    {"process_start", process_start},     {"process_open", process_open},
    {"process_kill", process_kill},       {"process_exit_code", process_exit_code},
    {"process_list", process_list},       {"process_own", process_own},
    {"process_handles", process_handles}, {NULL, NULL},
};
