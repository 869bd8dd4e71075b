/* SPDX-License-Identifier: MIT */
/* fwpuclnt.dll, as the service finds it in its own folder. */
#include "engine.h"

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    wchar_t folder[MAX_PATH] = L"";
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    DWORD length = GetModuleFileNameW(dll, folder, MAX_PATH);
    wchar_t *name = length && length < MAX_PATH ? wcsrchr(folder, L'\\') : NULL;
    if (!name)
        return FALSE;
    *name = L'\0';
    /* Without a machine the fakes' answers would be wrong: the program must not start. */
    return watch_open(folder) == 0 && wfp_open(&model, &watched_machine) == 0;
}
