/* SPDX-License-Identifier: MIT */
/* Programs that the service runs. Windows' own programs are replaced by the fake of the same name
 * in the folder system32 next to the fakes, if there is one, so that the real machine is not
 * changed and installations do not affect each other. */
#include "describe.h"
#include "identity.h"
#include "install.h"

REAL(CreateProcessW);

/* The fake to run instead of `application`, or NULL. */
static const wchar_t *replacement(const wchar_t *application, wchar_t path[2 * MAX_PATH])
{
    wchar_t system[MAX_PATH];
    UINT length = GetSystemDirectoryW(system, MAX_PATH);
    if (!application || !length || length >= MAX_PATH ||
        _wcsnicmp(application, system, length) != 0 || application[length] != L'\\' ||
        wcschr(application + length + 1, L'\\') || wcslen(application) >= MAX_PATH)
        return NULL;
    wcscpy(path, watched_machine.folder);
    wcscat(path, L"\\system32");
    wcscat(path, application + length);
    return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? NULL : path;
}

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
    const wchar_t *fake = replacement(application, path);
    if (!error &&
        !real_CreateProcessW(fake ? fake : application, command_line, process, thread, inherit,
                             flags, environment, directory, startup, information))
        error = GetLastError();
    if (!error)
        record_number(&watch.record, "child", information->dwProcessId);
    return watch_end_bool(&watch, error);
}

static const struct hook hooks[] = {HOOK(CreateProcessW)};
const struct hook_list program_hooks = {hooks, ARRAYSIZE(hooks)};
