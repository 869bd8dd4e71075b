/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <windows.h>

struct machine watched_machine;

static void record_death(struct machine *machine, enum call call)
{
    struct record record;
    (void)machine;
    record_begin(&record, call);
    record_utf8(&record, "died", "before");
    record_end(&record, FAULT_EXIT_CODE);
}

uint32_t watch_open(const wchar_t *folder)
{
    uint32_t error = machine_open(&watched_machine, folder, false);
    if (error)
        return error;
    record_open(&watched_machine);
    fault_dying = record_death;
    return 0;
}

uint32_t watch_open_beside(HINSTANCE dll, unsigned levels)
{
    wchar_t folder[MAX_PATH] = L"";
    DWORD length = GetModuleFileNameW(dll, folder, MAX_PATH);
    if (!length || length == MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    for (unsigned level = 0; level <= levels; level++) {
        wchar_t *name = wcsrchr(folder, L'\\');
        if (!name)
            return ERROR_PATH_NOT_FOUND;
        *name = L'\0';
    }
    return watch_open(folder);
}

uint32_t watch_begin(struct watch *watch, enum call call)
{
    record_begin(&watch->record, call);
    return fault_enter(&watched_machine, call, &watch->fault);
}

uint32_t watch_end(struct watch *watch, uint32_t result)
{
    if (watch->fault.rule && watch->fault.action == FAULT_DIE_AFTER)
        record_utf8(&watch->record, "died", "after");
    record_end(&watch->record, result);
    if (watch->fault.rule) {
        DWORD last_error = GetLastError();
        fault_leave(&watched_machine, &watch->fault);
        SetLastError(last_error);
    }
    return result;
}

int watch_end_bool(struct watch *watch, uint32_t error)
{
    watch_end(watch, error);
    if (error)
        SetLastError(error);
    return error == 0;
}
