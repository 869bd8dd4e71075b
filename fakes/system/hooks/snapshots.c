/* SPDX-License-Identifier: MIT */
/* The list of processes: each installation sees those of its own folder, as it would on a machine
 * of its own. */
#include "install.h"

#include <tlhelp32.h>

REAL(Process32FirstW);
REAL(Process32NextW);

static bool is_of_machine(DWORD pid)
{
    wchar_t path[MAX_PATH];
    DWORD length = MAX_PATH;
    const size_t units = wcslen(watched_machine.folder);
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    bool is_ours = process && QueryFullProcessImageNameW(process, 0, path, &length) &&
                   !_wcsnicmp(path, watched_machine.folder, units) && path[units] == L'\\';
    if (process)
        CloseHandle(process);
    return is_ours;
}

static BOOL WINAPI hook_Process32NextW(HANDLE snapshot, PROCESSENTRY32W *entry)
{
    while (real_Process32NextW(snapshot, entry))
        if (is_of_machine(entry->th32ProcessID))
            return TRUE;
    return FALSE;
}

static BOOL WINAPI hook_Process32FirstW(HANDLE snapshot, PROCESSENTRY32W *entry)
{
    return real_Process32FirstW(snapshot, entry) &&
           (is_of_machine(entry->th32ProcessID) || hook_Process32NextW(snapshot, entry));
}

static const struct hook hooks[] = {HOOK(Process32FirstW), HOOK(Process32NextW)};
const struct hook_list snapshot_hooks = {hooks, ARRAYSIZE(hooks)};
