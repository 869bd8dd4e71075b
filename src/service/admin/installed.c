/* SPDX-License-Identifier: MIT */
#include "service/admin/installed.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "service/admin/console.h"

enum { STEP_MILLISECONDS = 50, SLOW_MILLISECONDS = 3000 };

uint32_t installed_open(const char16_t *name, DWORD access, SC_HANDLE *service)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager)
        return GetLastError();
    *service = OpenServiceW(manager, name, access);
    return *service ? 0 : GetLastError();
}

uint32_t installed_query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status)
{
    DWORD size;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof(*status),
                              &size))
        return GetLastError();
    DWORD id = status->dwProcessId;
    CLEANUP_HANDLE HANDLE process = id ? OpenProcess(SYNCHRONIZE, FALSE, id) : NULL;
    bool has_ended = process ? WaitForSingleObject(process, 0) == WAIT_OBJECT_0
                             : id && GetLastError() == ERROR_INVALID_PARAMETER;
    if (has_ended && status->dwCurrentState != SERVICE_STOPPED) {
        status->dwCurrentState = SERVICE_STOPPED;
        status->dwWin32ExitCode = ERROR_PROCESS_ABORTED;
        status->dwProcessId = 0;
    }
    return 0;
}

static void say_slow(const char16_t *name, DWORD state)
{
    say(state == SERVICE_START_PENDING
            ? u"The service \"%1\" is starting. It may have much to undo first.%n"
            : u"The service \"%1\" is stopping: connections end, and their changes are undone.%n",
        name);
}

uint32_t installed_wait(SC_HANDLE service, const char16_t *name, uint32_t milliseconds,
                        SERVICE_STATUS_PROCESS *status)
{
    const ULONGLONG start = GetTickCount64();
    ULONGLONG moved = start;
    DWORD state = 0, check_point = 0;
    bool is_said = false;
    for (;;) {
        uint32_t error = installed_query(service, status);
        if (error)
            return error;
        ULONGLONG now = GetTickCount64();
        if (status->dwCurrentState != state || status->dwCheckPoint != check_point)
            moved = now;
        state = status->dwCurrentState;
        check_point = status->dwCheckPoint;
        if ((state != SERVICE_START_PENDING && state != SERVICE_STOP_PENDING) ||
            now - moved > milliseconds)
            return 0;
        if (!is_said && now - start > SLOW_MILLISECONDS) {
            say_slow(name, state);
            is_said = true;
        }
        Sleep(STEP_MILLISECONDS);
    }
}
