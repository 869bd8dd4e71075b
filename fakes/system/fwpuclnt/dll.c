/* SPDX-License-Identifier: MIT */
/* fwpuclnt.dll, as the service finds it in its own folder. */
#include "engine.h"

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    return watch_open_beside(dll, 0) == 0 && wfp_open(&model, &watched_machine) == 0;
}
