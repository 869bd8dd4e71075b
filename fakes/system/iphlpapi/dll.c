/* SPDX-License-Identifier: MIT */
/* iphlpapi.dll, as the service finds it in its own folder: the network model, and the hooks of
 * hooks.h in the program that loads it. */
#include "hooks.h"
#include "watch.h"

#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    wchar_t folder[MAX_PATH];
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    DWORD length = GetModuleFileNameW(dll, folder, MAX_PATH);
    if (!length || length == MAX_PATH)
        return FALSE;
    wchar_t *name = wcsrchr(folder, L'\\');
    if (!name)
        return FALSE;
    *name = L'\0';
    /* Without a machine the fakes' answers would be wrong: the program must not start. */
    if (watch_open(folder) != 0)
        return FALSE;
    hooks_install();
    return TRUE;
}
