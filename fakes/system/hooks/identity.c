/* SPDX-License-Identifier: MIT */
/* Impersonation, and which persona a token belongs to. */
#include "identity.h"
#include "install.h"

/* Handles are multiples of four; handles beyond this table get the real token's answers. */
enum { REMEMBERED_HANDLES = 65536 };

/* Beside the owner: the token is that of its process. */
static const uint32_t OF_PROCESS = 0x80000000;

static LONG handle_owners[REMEMBERED_HANDLES];
static DWORD thread_slot = TLS_OUT_OF_INDEXES;

REAL(ImpersonateNamedPipeClient);
REAL(RevertToSelf);
REAL(SetThreadToken);
REAL(ImpersonateLoggedOnUser);
REAL(OpenProcessToken);
REAL(OpenThreadToken);
REAL(DuplicateTokenEx);

void identity_prepare(void)
{
    thread_slot = TlsAlloc();
}

static LONG *handle_owner(HANDLE token)
{
    ULONG_PTR number = (ULONG_PTR)token / 4;
    return number < REMEMBERED_HANDLES ? &handle_owners[number] : NULL;
}

static uint32_t token_mark(HANDLE token)
{
    const LONG *mark = handle_owner(token);
    return mark ? (uint32_t)*mark : OWNER_UNKNOWN;
}

static void token_set_mark(HANDLE token, uint32_t mark)
{
    LONG *place = handle_owner(token);
    if (place)
        InterlockedExchange(place, (LONG)mark);
}

static uint32_t thread_mark(void)
{
    DWORD last_error = GetLastError(); /* TlsGetValue() clears it */
    uint32_t mark = (uint32_t)(ULONG_PTR)TlsGetValue(thread_slot);
    SetLastError(last_error);
    return mark;
}

static void thread_set_mark(uint32_t mark)
{
    TlsSetValue(thread_slot, (void *)(ULONG_PTR)mark);
}

uint32_t token_owner(HANDLE token)
{
    return token_mark(token) & ~OF_PROCESS;
}

uint32_t thread_owner(void)
{
    return thread_mark() & ~OF_PROCESS;
}

bool token_is_of_process(HANDLE token)
{
    return token_mark(token) & OF_PROCESS;
}

const struct persona *persona_of(uint32_t owner)
{
    struct machine_image *image = watched_machine.image;
    const struct persona *everybody = NULL;
    if (owner == OWNER_UNKNOWN || owner == OWNER_SERVICE)
        return NULL;
    for (uint32_t i = 0; i < image->persona_count; i++) {
        if (image->personas[i].pid == owner)
            return &image->personas[i];
        if (!image->personas[i].pid)
            everybody = &image->personas[i];
    }
    return everybody;
}

static uint32_t level_of(uint32_t mark)
{
    if (mark & OF_PROCESS)
        return SecurityImpersonation;
    machine_lock(&watched_machine);
    const struct persona *persona = persona_of(mark);
    uint32_t level = persona ? persona->level : SecurityImpersonation;
    machine_unlock(&watched_machine);
    return level;
}

uint32_t token_level(HANDLE token)
{
    return level_of(token_mark(token));
}

uint32_t thread_level(void)
{
    return level_of(thread_mark());
}

static void record_token(struct record *record, HANDLE token)
{
    record_hex(record, "token", (UINT_PTR)token);
    record_number(record, "client", token_owner(token));
}

/* Wine lets a server impersonate only itself; here its thread gets the client's real token. */
static void impersonate_process(DWORD pid)
{
    HANDLE token, copy;
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
    if (!process)
        return; /* the client has ended: its persona is reported, over the server's own token */
    if (OpenProcessToken(process, TOKEN_DUPLICATE | TOKEN_QUERY, &token)) {
        if (DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityImpersonation,
                             TokenImpersonation, &copy)) {
            SetThreadToken(NULL, copy);
            CloseHandle(copy);
        }
        CloseHandle(token);
    }
    CloseHandle(process);
}

static BOOL WINAPI hook_ImpersonateNamedPipeClient(HANDLE pipe)
{
    struct watch watch;
    ULONG pid = 0;
    uint32_t error = watch_begin(&watch, CALL_ImpersonateNamedPipeClient);
    record_hex(&watch.record, "pipe", (UINT_PTR)pipe);
    if (!error && !real_ImpersonateNamedPipeClient(pipe))
        error = GetLastError();
    if (!error && GetNamedPipeClientProcessId(pipe, &pid)) {
        RevertToSelf(); /* so that the client's process is opened as ourselves */
        impersonate_process(pid);
        thread_set_mark(pid);
    }
    record_number(&watch.record, "client", pid);
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_RevertToSelf(void)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_RevertToSelf);
    record_number(&watch.record, "client", thread_owner());
    if (!error && !real_RevertToSelf())
        error = GetLastError();
    if (!error)
        thread_set_mark(OWNER_UNKNOWN);
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_SetThreadToken(HANDLE *thread, HANDLE token)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_SetThreadToken);
    record_token(&watch.record, token);
    if (!error && !real_SetThreadToken(thread, token))
        error = GetLastError();
    if (!error && (!thread || GetThreadId(*thread) == GetCurrentThreadId()))
        thread_set_mark(token ? token_mark(token) : OWNER_UNKNOWN);
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_ImpersonateLoggedOnUser(HANDLE token)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_ImpersonateLoggedOnUser);
    record_token(&watch.record, token);
    if (!error && !real_ImpersonateLoggedOnUser(token))
        error = GetLastError();
    if (!error)
        thread_set_mark(token_mark(token));
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_OpenProcessToken(HANDLE process, DWORD access, HANDLE *token)
{
    struct watch watch;
    DWORD pid = GetProcessId(process);
    uint32_t error = watch_begin(&watch, CALL_OpenProcessToken);
    record_number(&watch.record, "process", pid);
    record_hex(&watch.record, "access", access);
    if (!error && !real_OpenProcessToken(process, access, token))
        error = GetLastError();
    if (!error) {
        token_set_mark(*token,
                       OF_PROCESS | (pid == GetCurrentProcessId() ? (uint32_t)OWNER_SERVICE : pid));
        record_hex(&watch.record, "token", (UINT_PTR)*token);
    }
    return watch_end_bool(&watch, error);
}

/* Windows' error for a thread that impersonates at too low a level: it may open the token as
 * itself, but not as the client. */
static uint32_t thread_token_refusal(uint32_t level, BOOL as_self)
{
    if (level == SecurityAnonymous)
        return ERROR_CANT_OPEN_ANONYMOUS;
    return level == SecurityIdentification && !as_self ? ERROR_BAD_IMPERSONATION_LEVEL : 0;
}

static BOOL WINAPI hook_OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, HANDLE *token)
{
    struct watch watch;
    uint32_t owner = thread_owner();
    uint32_t error = watch_begin(&watch, CALL_OpenThreadToken);
    record_hex(&watch.record, "access", access);
    record_flag(&watch.record, "as_self", as_self != 0);
    record_number(&watch.record, "client", owner);
    if (!error && owner)
        error = thread_token_refusal(thread_level(), as_self);
    if (!error && !real_OpenThreadToken(thread, access, as_self, token))
        error = GetLastError();
    if (!error) {
        token_set_mark(*token, thread_mark());
        record_hex(&watch.record, "token", (UINT_PTR)*token);
    }
    return watch_end_bool(&watch, error);
}

static BOOL WINAPI hook_DuplicateTokenEx(HANDLE token, DWORD access,
                                         SECURITY_ATTRIBUTES *attributes,
                                         SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                                         HANDLE *copy)
{
    struct watch watch;
    uint32_t most = token_level(token);
    uint32_t error = watch_begin(&watch, CALL_DuplicateTokenEx);
    record_token(&watch.record, token);
    record_hex(&watch.record, "access", access);
    record_number(&watch.record, "level", (uint64_t)level);
    record_utf8(&watch.record, "type", type == TokenPrimary ? "primary" : "impersonation");
    if (!error && most < SecurityImpersonation && (type == TokenPrimary || (uint32_t)level > most))
        error = ERROR_BAD_IMPERSONATION_LEVEL;
    if (!error && !real_DuplicateTokenEx(token, access, attributes, level, type, copy))
        error = GetLastError();
    if (!error) {
        token_set_mark(*copy, token_mark(token));
        record_hex(&watch.record, "copy", (UINT_PTR)*copy);
    }
    return watch_end_bool(&watch, error);
}

static const struct hook hooks[] = {
    HOOK(ImpersonateNamedPipeClient), HOOK(RevertToSelf),     HOOK(SetThreadToken),
    HOOK(ImpersonateLoggedOnUser),    HOOK(OpenProcessToken), HOOK(OpenThreadToken),
    HOOK(DuplicateTokenEx),
};
const struct hook_list identity_hooks = {hooks, ARRAYSIZE(hooks)};
