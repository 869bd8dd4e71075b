/* SPDX-License-Identifier: MIT */
#include "install.h"
#include "hooks.h"
#include "identity.h"

#define AT(base, offset) ((void *)((BYTE *)(base) + (offset)))

static void replace(IMAGE_THUNK_DATA *entry, const struct hook *hook)
{
    DWORD protection;
    if (!VirtualProtect(entry, sizeof(*entry), PAGE_READWRITE, &protection))
        return;
    *hook->real = (void *)(ULONG_PTR)entry->u1.Function;
    entry->u1.Function = (ULONG_PTR)hook->replacement;
    VirtualProtect(entry, sizeof(*entry), protection, &protection);
}

static const struct hook *hook_for(const char *name)
{
    const struct hook_list *const lists[] = {
        &file_hooks,       &identity_hooks,       &token_hooks,          &process_hooks,
        &service_hooks,    &registry_hooks,       &registry_query_hooks, &dns_hooks,
        &program_hooks,    &object_hooks,         &change_hooks,         &volume_hooks,
        &eventlog_hooks,   &engine_service_hooks, &listed_service_hooks, &snapshot_hooks,
        &restriction_hooks};
    for (size_t list = 0; list < ARRAYSIZE(lists); list++)
        for (size_t i = 0; i < lists[list]->count; i++)
            if (strcmp(lists[list]->hooks[i].name, name) == 0)
                return &lists[list]->hooks[i];
    return NULL;
}

void hooks_install(void)
{
    identity_prepare();
    BYTE *base = (BYTE *)GetModuleHandleW(NULL);
    IMAGE_NT_HEADERS *headers = AT(base, ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_DATA_DIRECTORY *imports =
        &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    if (!imports->VirtualAddress)
        return;
    for (IMAGE_IMPORT_DESCRIPTOR *dll = AT(base, imports->VirtualAddress); dll->Name; dll++) {
        IMAGE_THUNK_DATA *entry = AT(base, dll->FirstThunk);
        IMAGE_THUNK_DATA *name =
            AT(base, dll->OriginalFirstThunk ? dll->OriginalFirstThunk : dll->FirstThunk);
        for (; name->u1.AddressOfData; name++, entry++) {
            if (IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
                continue;
            IMAGE_IMPORT_BY_NAME *import = AT(base, name->u1.AddressOfData);
            const struct hook *hook = hook_for((const char *)import->Name);
            if (hook)
                replace(entry, hook);
        }
    }
}
