/* SPDX-License-Identifier: MIT */
/* A library of Windows' own folder, which the fakes have in their folder system32. */
#include "watch.h"

#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    return watch_open_beside(dll, 1) == 0; /* above system32 */
}
