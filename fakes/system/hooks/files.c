/* SPDX-License-Identifier: MIT */
/* Pipes and files. The data that goes through them is never recorded. */
#include "describe.h"
#include "identity.h"
#include "install.h"

REAL(CreateNamedPipeW);
REAL(ConnectNamedPipe);
REAL(DisconnectNamedPipe);
REAL(SetNamedPipeHandleState);
REAL(CreateFileW);
REAL(FlushFileBuffers);
REAL(CloseHandle);
REAL(CancelSynchronousIo);

/* ---- ends of client pipes ----
 *
 * Windows keeps an end that is closed before it was disconnected, and with it the pipe's name,
 * until the client closes its own end. Wine does not, so such an end is noted in a file. */

/* By handle, which is a multiple of four: whether it may have a client. */
enum { REMEMBERED_HANDLES = 65536 };
static LONG may_have_client[REMEMBERED_HANDLES];

static bool is_client_pipe(const wchar_t *name)
{
    const wchar_t *end = wcsrchr(name, L'\\');
    return end && wcscmp(end, L"\\service") == 0;
}

/* Returns what was remembered before. */
static bool remember_client(HANDLE pipe, bool may)
{
    ULONG_PTR number = (ULONG_PTR)pipe / 4;
    return number < REMEMBERED_HANDLES && InterlockedExchange(&may_have_client[number], may);
}

static void note_closed_end(void)
{
    wchar_t path[2 * MAX_PATH];
    wcscpy(path, watched_machine.folder);
    wcscat(path, L"\\closed-before-disconnected");
    HANDLE note = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    if (note != INVALID_HANDLE_VALUE)
        CloseHandle(note);
}

static bool waits_for_client(HANDLE pipe)
{
    if (PeekNamedPipe(pipe, NULL, 0, NULL, NULL, NULL))
        return false;
    DWORD error = GetLastError();
    return error == ERROR_PIPE_LISTENING || error == ERROR_BAD_PIPE;
}

static BOOL WINAPI hook_CloseHandle(HANDLE handle)
{
    if (remember_client(handle, false) && !waits_for_client(handle))
        note_closed_end();
    return real_CloseHandle(handle);
}

/* ---- pipes and files ---- */

/* For FILE_FLAG_FIRST_PIPE_INSTANCE, which Wine ignores. */
static bool is_name_taken(const wchar_t *name)
{
    return WaitNamedPipeW(name, 1) || GetLastError() != ERROR_FILE_NOT_FOUND;
}

static HANDLE WINAPI hook_CreateNamedPipeW(const wchar_t *name, DWORD open_mode, DWORD pipe_mode,
                                           DWORD instances, DWORD out_size, DWORD in_size,
                                           DWORD timeout, SECURITY_ATTRIBUTES *security)
{
    struct watch watch;
    HANDLE pipe = INVALID_HANDLE_VALUE;
    uint32_t error = watch_begin(&watch, CALL_CreateNamedPipeW);
    record_wide(&watch.record, "name", name);
    record_hex(&watch.record, "open_mode", open_mode);
    record_hex(&watch.record, "pipe_mode", pipe_mode);
    record_number(&watch.record, "instances", instances);
    record_number(&watch.record, "out_size", out_size);
    record_number(&watch.record, "in_size", in_size);
    record_number(&watch.record, "timeout", timeout);
    record_security(&watch.record, "security", security);
    record_flag(&watch.record, "inherit", security && security->bInheritHandle);
    record_flag(&watch.record, "impersonating", thread_owner() != 0);
    if (!error && (open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE) && is_name_taken(name))
        error = ERROR_ACCESS_DENIED;
    if (!error) {
        pipe = real_CreateNamedPipeW(name, open_mode, pipe_mode, instances, out_size, in_size,
                                     timeout, security);
        error = pipe == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    }
    if (!error)
        remember_client(pipe, is_client_pipe(name));
    record_handle(&watch.record, "handle", pipe);
    watch_end_bool(&watch, error);
    return pipe;
}

static BOOL WINAPI hook_ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ConnectNamedPipe);
    record_handle(&watch.record, "pipe", pipe);
    if (!error)
        remember_client(pipe, true); /* again, if it was disconnected */
    if (!error && !real_ConnectNamedPipe(pipe, overlapped))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_DisconnectNamedPipe(HANDLE pipe)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_DisconnectNamedPipe);
    record_handle(&watch.record, "pipe", pipe);
    if (!error)
        remember_client(pipe, false);
    if (!error && !real_DisconnectNamedPipe(pipe))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_SetNamedPipeHandleState(HANDLE pipe, DWORD *mode, DWORD *collection,
                                                DWORD *timeout)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetNamedPipeHandleState);
    record_handle(&watch.record, "pipe", pipe);
    if (mode)
        record_hex(&watch.record, "mode", *mode);
    if (!error && !real_SetNamedPipeHandleState(pipe, mode, collection, timeout))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

static HANDLE WINAPI hook_CreateFileW(const wchar_t *path, DWORD access, DWORD share,
                                      SECURITY_ATTRIBUTES *security, DWORD disposition, DWORD flags,
                                      HANDLE template)
{
    struct watch watch;
    HANDLE file = INVALID_HANDLE_VALUE;
    uint32_t owner = thread_owner();
    uint32_t error = watch_begin(&watch, CALL_CreateFileW);
    record_wide(&watch.record, "path", path);
    record_hex(&watch.record, "access", access);
    record_hex(&watch.record, "share", share);
    record_number(&watch.record, "disposition", disposition);
    record_hex(&watch.record, "flags", flags);
    record_security(&watch.record, "security", security);
    record_flag(&watch.record, "inherit", security && security->bInheritHandle);
    record_flag(&watch.record, "impersonating", owner != 0);
    /* A token that allows only identification can't open anything. */
    if (!error && owner && thread_level() < SecurityImpersonation)
        error = ERROR_BAD_IMPERSONATION_LEVEL;
    DWORD last_error = 0;
    if (!error) {
        file = real_CreateFileW(path, access, share, security, disposition, flags, template);
        last_error = GetLastError(); /* also ERROR_ALREADY_EXISTS after a success */
        error = file == INVALID_HANDLE_VALUE ? last_error : 0;
    }
    record_handle(&watch.record, "handle", file);
    watch_end(&watch, error);
    SetLastError(error ? error : last_error);
    return file;
}

static BOOL WINAPI hook_FlushFileBuffers(HANDLE file)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_FlushFileBuffers);
    record_handle(&watch.record, "handle", file);
    if (!error && !real_FlushFileBuffers(file))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

/* The handle that cancels need not have the right to ask. */
static DWORD thread_id(HANDLE thread)
{
    HANDLE asked;
    if (!DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &asked,
                         THREAD_QUERY_LIMITED_INFORMATION, FALSE, 0))
        return 0;
    DWORD id = GetThreadId(asked);
    real_CloseHandle(asked);
    return id;
}

/* Ends a call that is blocked by a test as Windows ends one that waits for a file. */
static BOOL WINAPI hook_CancelSynchronousIo(HANDLE thread)
{
    return fault_cancel(&watched_machine, thread_id(thread)) || real_CancelSynchronousIo(thread);
}

static const struct hook hooks[] = {
    HOOK(CreateNamedPipeW),    HOOK(ConnectNamedPipe),
    HOOK(DisconnectNamedPipe), HOOK(SetNamedPipeHandleState),
    HOOK(CreateFileW),         HOOK(FlushFileBuffers),
    HOOK(CloseHandle),         HOOK(CancelSynchronousIo),
};
const struct hook_list file_hooks = {hooks, ARRAYSIZE(hooks)};
