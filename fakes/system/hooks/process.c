/* SPDX-License-Identifier: MIT */
/* Processes and threads that the program starts and ends. */
#include "describe.h"
#include "identity.h"
#include "install.h"

#include <process.h>
#include <userenv.h>

REAL(CreateProcessAsUserW);
REAL(UpdateProcThreadAttribute);
REAL(CreateEnvironmentBlock);
REAL(TerminateProcess);
REAL(TerminateJobObject);
REAL(CreateThread);
REAL(_beginthreadex);
REAL(OpenProcess);

static void record_process(struct record *record, HANDLE token, const wchar_t *application,
                           const wchar_t *command_line, DWORD flags, const wchar_t *directory)
{
    record_handle(record, "token", token);
    record_number(record, "client", token_owner(token));
    record_wide(record, "application", application);
    record_wide(record, "command_line", command_line);
    record_wide(record, "directory", directory);
    record_hex(record, "flags", flags);
    record_flag(record, "impersonating", thread_owner() != 0);
}

static void record_startup(struct record *record, const STARTUPINFOW *startup)
{
    record_wide(record, "desktop", startup->lpDesktop);
    record_hex(record, "startup_flags", startup->dwFlags);
    record_handle(record, "stdin", startup->hStdInput);
    record_handle(record, "stdout", startup->hStdOutput);
    record_handle(record, "stderr", startup->hStdError);
}

/* Windows gives ids of processes that have gone to new ones; when, a test cannot tell it. */
static void take_next_process(PROCESS_INFORMATION *information)
{
    uint32_t *next = &watched_machine.image->settings.next_process;
    if (*next)
        information->dwProcessId = *next;
    *next = 0;
}

static BOOL WINAPI hook_CreateProcessAsUserW(HANDLE token, const wchar_t *application,
                                             wchar_t *command_line, SECURITY_ATTRIBUTES *process,
                                             SECURITY_ATTRIBUTES *thread, BOOL inherit, DWORD flags,
                                             void *environment, const wchar_t *directory,
                                             STARTUPINFOW *startup,
                                             PROCESS_INFORMATION *information)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CreateProcessAsUserW);
    record_process(&watch.record, token, application, command_line, flags, directory);
    record_flag(&watch.record, "inherit", inherit != 0);
    record_flag(&watch.record, "environment", environment != NULL);
    record_security(&watch.record, "process_security", process);
    record_security(&watch.record, "thread_security", thread);
    record_startup(&watch.record, startup);
    if (!error &&
        !real_CreateProcessAsUserW(token, application, command_line, process, thread, inherit,
                                   flags, environment, directory, startup, information))
        error = GetLastError();
    if (!error) {
        record_number(&watch.record, "child", information->dwProcessId);
        take_next_process(information);
    }
    return watch_end_bool(&watch, error);
}

static const struct {
    DWORD_PTR attribute;
    const char *name;
} attributes[] = {
    {PROC_THREAD_ATTRIBUTE_HANDLE_LIST, "handle_list"},
    {PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, "parent_process"},
    {0x2000D, "job_list"}, /* PROC_THREAD_ATTRIBUTE_JOB_LIST, missing in older headers */
};

static void record_attribute(struct record *record, DWORD_PTR attribute, const void *value,
                             SIZE_T size)
{
    const HANDLE *handles = value;
    record_hex(record, "attribute", attribute);
    for (size_t i = 0; i < ARRAYSIZE(attributes); i++) {
        if (attributes[i].attribute != attribute)
            continue;
        record_utf8(record, "name", attributes[i].name);
        record_list(record, "handles");
        for (size_t handle = 0; handle < size / sizeof(HANDLE); handle++)
            record_list_number(record, (UINT_PTR)handles[handle]);
        record_list_end(record);
    }
}

static BOOL WINAPI hook_UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags,
                                                  DWORD_PTR attribute, void *value, SIZE_T size,
                                                  void *previous, SIZE_T *returned)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_UpdateProcThreadAttribute);
    record_attribute(&watch.record, attribute, value, size);
    if (!error &&
        !real_UpdateProcThreadAttribute(list, flags, attribute, value, size, previous, returned))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_CreateEnvironmentBlock(void **environment, HANDLE token, BOOL inherit)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_CreateEnvironmentBlock);
    record_handle(&watch.record, "token", token);
    record_number(&watch.record, "client", token_owner(token));
    record_flag(&watch.record, "inherit", inherit != 0);
    if (!error && !real_CreateEnvironmentBlock(environment, token, inherit))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_TerminateProcess(HANDLE process, UINT code)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_TerminateProcess);
    record_number(&watch.record, "process", GetProcessId(process));
    record_number(&watch.record, "code", code);
    if (!error && !real_TerminateProcess(process, code))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static HANDLE WINAPI hook_OpenProcess(DWORD access, BOOL inherit, DWORD pid)
{
    struct watch watch;
    HANDLE process = NULL;
    uint32_t error = watch_begin(&watch, CALL_OpenProcess);
    record_hex(&watch.record, "access", access);
    record_number(&watch.record, "process", pid);
    if (!error) {
        process = real_OpenProcess(access, inherit, pid);
        error = process ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return process;
}

static BOOL WINAPI hook_TerminateJobObject(HANDLE job, UINT code)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_TerminateJobObject);
    record_handle(&watch.record, "job", job);
    record_number(&watch.record, "code", code);
    if (!error && !real_TerminateJobObject(job, code))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static HANDLE WINAPI hook_CreateThread(SECURITY_ATTRIBUTES *security, SIZE_T stack,
                                       LPTHREAD_START_ROUTINE start, void *argument, DWORD flags,
                                       DWORD *id)
{
    struct watch watch;
    HANDLE thread = NULL;
    uint32_t error = watch_begin(&watch, CALL_CreateThread);
    record_number(&watch.record, "stack", stack);
    record_hex(&watch.record, "flags", flags);
    if (!error) {
        thread = real_CreateThread(security, stack, start, argument, flags, id);
        error = thread ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return thread;
}

static uintptr_t __cdecl hook__beginthreadex(void *security, unsigned stack,
                                             _beginthreadex_proc_type start, void *argument,
                                             unsigned flags, unsigned *id)
{
    struct watch watch;
    uintptr_t thread = 0;
    uint32_t error = watch_begin(&watch, CALL__beginthreadex);
    record_number(&watch.record, "stack", stack);
    record_hex(&watch.record, "flags", flags);
    if (error)
        errno = EAGAIN;
    else
        thread = real__beginthreadex(security, stack, start, argument, flags, id);
    watch_end(&watch, error);
    return thread;
}

static const struct hook hooks[] = {
    HOOK(CreateProcessAsUserW),   HOOK(UpdateProcThreadAttribute),
    HOOK(CreateEnvironmentBlock), HOOK(TerminateProcess),
    HOOK(TerminateJobObject),     HOOK(CreateThread),
    HOOK(_beginthreadex),         HOOK(OpenProcess),
};
const struct hook_list process_hooks = {hooks, ARRAYSIZE(hooks)};
