/* SPDX-License-Identifier: MIT */
#include "tests/mutants/switches.h"

#include <wchar.h>
#include <windows.h>

bool mutant_has(const wchar_t *name)
{
    wchar_t path[MAX_PATH] = L"";
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    size_t wanted = wcslen(name);
    if (!length || length == MAX_PATH)
        return false;
    const wchar_t *at = wcsrchr(path, L'\\');
    for (at = at ? wcschr(at, L'+') : NULL; at; at = wcschr(at + 1, L'+')) {
        if (!wcsncmp(at + 1, name, wanted) && (at[1 + wanted] == L'+' || at[1 + wanted] == L'.'))
            return true;
    }
    return false;
}
