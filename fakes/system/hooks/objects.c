/* SPDX-License-Identifier: MIT */
/* Named objects of the whole machine: each installation has its own, so that installations do not
 * share them, and services in the same folder do. */
#include "identity.h"
#include "install.h"

#include <stdio.h>

REAL(CreateMutexW);
REAL(CreateEventW);
REAL(OpenEventW);

enum { NAME_UNITS = 2 * MAX_PATH };

/* The name on this machine: followed by our folder, without its backslashes. */
static const wchar_t *own_name(const wchar_t *name, wchar_t own[NAME_UNITS])
{
    static const wchar_t global[] = L"Global\\";
    if (!name || wcsncmp(name, global, ARRAYSIZE(global) - 1) != 0 || wcslen(name) >= MAX_PATH)
        return name;
    int length = _snwprintf(own, NAME_UNITS, L"%ls-%ls", name, watched_machine.folder);
    if (length < 0 || length >= NAME_UNITS)
        return name;
    for (wchar_t *at = own + wcslen(name); *at; at++)
        if (*at == L'\\')
            *at = L'/';
    return own;
}

static HANDLE WINAPI hook_CreateMutexW(SECURITY_ATTRIBUTES *security, BOOL owned,
                                       const wchar_t *name)
{
    wchar_t own[NAME_UNITS];
    return real_CreateMutexW(security, owned, own_name(name, own));
}

static HANDLE WINAPI hook_CreateEventW(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL set,
                                       const wchar_t *name)
{
    wchar_t own[NAME_UNITS];
    return real_CreateEventW(security, manual, set, own_name(name, own));
}

static HANDLE WINAPI hook_OpenEventW(DWORD access, BOOL inherit, const wchar_t *name)
{
    wchar_t own[NAME_UNITS];
    HANDLE event = NULL;
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_OpenEventW);
    record_wide(&watch.record, "name", name);
    record_hex(&watch.record, "access", access);
    record_number(&watch.record, "client", thread_owner());
    if (!error) {
        event = real_OpenEventW(access, inherit, own_name(name, own));
        error = event ? 0 : GetLastError();
    }
    return watch_end_bool(&watch, error) ? event : NULL;
}

static const struct hook hooks[] = {HOOK(CreateMutexW), HOOK(CreateEventW), HOOK(OpenEventW)};
const struct hook_list object_hooks = {hooks, ARRAYSIZE(hooks)};
