/* SPDX-License-Identifier: MIT */
/* Programs that the service runs, and libraries that it loads while it runs. Windows' own are
 * replaced by the fake of the same name in the folder system32 next to the fakes, if there is one,
 * so that the real machine is not changed and installations do not affect each other. */
#include "describe.h"
#include "folders.h"
#include "identity.h"
#include "install.h"

REAL(CreateProcessW);
REAL(LoadLibraryExW);

static BOOL WINAPI hook_CreateProcessW(const wchar_t *application, wchar_t *command_line,
                                       SECURITY_ATTRIBUTES *process, SECURITY_ATTRIBUTES *thread,
                                       BOOL inherit, DWORD flags, void *environment,
                                       const wchar_t *directory, STARTUPINFOW *startup,
                                       PROCESS_INFORMATION *information)
{
    struct watch watch;
    wchar_t path[2 * MAX_PATH];
    uint32_t error = watch_begin(&watch, CALL_CreateProcessW);
    record_wide(&watch.record, "application", application);
    record_wide(&watch.record, "command_line", command_line);
    record_wide(&watch.record, "directory", directory);
    record_hex(&watch.record, "flags", flags);
    record_flag(&watch.record, "inherit", inherit != 0);
    record_flag(&watch.record, "environment", environment != NULL);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    record_hex(&watch.record, "startup_flags", startup->dwFlags);
    const wchar_t *fake = folder_replacement(application, path);
    if (!error &&
        !real_CreateProcessW(fake ? fake : application, command_line, process, thread, inherit,
                             flags, environment, directory, startup, information))
        error = GetLastError();
    if (!error)
        record_number(&watch.record, "child", information->dwProcessId);
    return watch_end_bool(&watch, error);
}

static HMODULE WINAPI hook_LoadLibraryExW(const wchar_t *path, HANDLE file, DWORD flags)
{
    struct watch watch;
    wchar_t other[2 * MAX_PATH];
    HMODULE library = NULL;
    uint32_t error = watch_begin(&watch, CALL_LoadLibraryExW);
    record_wide(&watch.record, "path", path);
    record_hex(&watch.record, "flags", flags);
    const wchar_t *fake = folder_replacement(path, other);
    if (!error) {
        library = fake ? real_LoadLibraryExW(fake, file, LOAD_WITH_ALTERED_SEARCH_PATH)
                       : real_LoadLibraryExW(path, file, flags);
        error = library ? 0 : GetLastError();
    }
    watch_end_bool(&watch, error);
    return library;
}

static const struct hook hooks[] = {HOOK(CreateProcessW), HOOK(LoadLibraryExW)};
const struct hook_list program_hooks = {hooks, ARRAYSIZE(hooks)};
