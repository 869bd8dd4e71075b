/* SPDX-License-Identifier: MIT */
/* iphlpapi.dll, as the service finds it in its own folder: the network model, and the hooks of
 * hooks.h in the program that loads it. */
#include "hooks.h"
#include "watch.h"

#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    if (watch_open_beside(dll, 0) != 0)
        return FALSE;
    hooks_install();
    return TRUE;
}
