/* SPDX-License-Identifier: MIT */
/* A library of Windows' own folder, which the fakes have in their folder system32. */
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
    for (int names = 0; names < 2; names++) { /* the library's, and system32 */
        wchar_t *name = wcsrchr(folder, L'\\');
        if (!name)
            return FALSE;
        *name = L'\0';
    }
    return watch_open(folder) == 0;
}
