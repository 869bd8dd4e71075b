/* SPDX-License-Identifier: MIT */
#include "spawn.h"

uint32_t restricted_token(struct request *request, HANDLE *restricted)
{
    CLEANUP_HANDLE HANDLE token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token))
        return request_last_error(request, "OpenProcessToken");
    BYTE storage[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(storage);
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, storage, &size))
        return request_last_error(request, "CreateWellKnownSid");
    SID_AND_ATTRIBUTES administrators = {storage, 0};
    if (!CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 1, &administrators, 0, NULL, 0, NULL,
                               restricted))
        return request_last_error(request, "CreateRestrictedToken");
    return 0;
}

static void cleanup_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *list)
{
    if (*list)
        DeleteProcThreadAttributeList(*list);
    free(*list);
}

static uint32_t inherit_only(struct request *request, HANDLE *handles, size_t count,
                             LPPROC_THREAD_ATTRIBUTE_LIST *list)
{
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST fresh = allocate(size);
    if (!InitializeProcThreadAttributeList(fresh, 1, 0, &size)) {
        free(fresh);
        return request_last_error(request, "InitializeProcThreadAttributeList");
    }
    *list = fresh;
    if (!UpdateProcThreadAttribute(fresh, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
                                   count * sizeof(*handles), NULL, NULL))
        return request_last_error(request, "UpdateProcThreadAttribute");
    return 0;
}

uint32_t spawn(struct request *request, const struct spawn *spawn, PROCESS_INFORMATION *started)
{
    HANDLE handles[] = {spawn->input, spawn->output};
    CLEANUP(cleanup_attributes) LPPROC_THREAD_ATTRIBUTE_LIST list = NULL;
    uint32_t error = inherit_only(request, handles, 2, &list);
    if (error)
        return error;
    STARTUPINFOEXW info = {.StartupInfo = {.cb = sizeof(info),
                                           .dwFlags = STARTF_USESTDHANDLES,
                                           .hStdInput = spawn->input,
                                           .hStdOutput = spawn->output,
                                           .hStdError = spawn->output},
                           .lpAttributeList = list};
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED;
    BOOL done = spawn->token ? CreateProcessAsUserW(spawn->token, NULL, spawn->command, NULL, NULL,
                                                    TRUE, flags, NULL, spawn->directory,
                                                    &info.StartupInfo, started)
                             : CreateProcessW(NULL, spawn->command, NULL, NULL, TRUE, flags, NULL,
                                              spawn->directory, &info.StartupInfo, started);
    if (!done)
        return request_last_error(request, "CreateProcess");
    if (spawn->job && !AssignProcessToJobObject(spawn->job, started->hProcess))
        error = request_last_error(request, "AssignProcessToJobObject");
    if (error)
        TerminateProcess(started->hProcess, error);
    ResumeThread(started->hThread);
    CloseHandle(started->hThread);
    if (error)
        CloseHandle(started->hProcess);
    return error;
}
