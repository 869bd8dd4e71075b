/* SPDX-License-Identifier: MIT */
#include "service/caller.h"

#include "base/log.h"
#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "service/file_deadline.h"

/* A thread that cannot stop impersonating must not go on, and neither can this process be trusted
 * to do anything else. */
static void revert_to_self(void)
{
    if (RevertToSelf())
        return;
    uint32_t error =
        log_error(GetLastError(),
                  "RevertToSelf failed. The service terminates, because it would act as a client");
    TerminateProcess(GetCurrentProcess(), error);
}

uint32_t token_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void **information)
{
    enum { TRIES = 4 }; /* what is read may grow between two calls */
    CLEANUP_FREE void *buffer = NULL;
    DWORD size = 0;
    for (int i = 0; i < TRIES; i++) {
        if (GetTokenInformation(token, class, buffer, size, &size) && buffer) {
            *information = TAKE(buffer);
            return 0;
        }
        uint32_t error = GetLastError();
        if (error != ERROR_INSUFFICIENT_BUFFER && error != ERROR_BAD_LENGTH)
            return error;
        free(buffer);
        buffer = malloc(size);
        if (!buffer)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_INSUFFICIENT_BUFFER;
}

static uint32_t token_user_sid(HANDLE token, unsigned char sid[SECURITY_MAX_SID_SIZE])
{
    CLEANUP_FREE TOKEN_USER *user = NULL;
    uint32_t error = token_information(token, TokenUser, (void **)&user);
    if (error)
        return error;
    if (!IsValidSid(user->User.Sid))
        return ERROR_INVALID_SID;
    return CopySid(SECURITY_MAX_SID_SIZE, sid, user->User.Sid) ? 0 : GetLastError();
}

/* For developers of clients. Windows' message in the third line names the reason. */
static const char16_t LEVEL_TOO_LOW[] =
    u"ImpersonateNamedPipeClient (the client must open the pipe with SECURITY_IMPERSONATION)";

/* To tell who somebody is takes no more. */
static const char16_t LEVEL_IS_ANONYMOUS[] =
    u"ImpersonateNamedPipeClient (the client must open the pipe with SECURITY_IDENTIFICATION)";

static struct failure level_failure(SECURITY_IMPERSONATION_LEVEL least)
{
    return failure_of(ERROR_BAD_IMPERSONATION_LEVEL,
                      least < SecurityImpersonation ? LEVEL_IS_ANONYMOUS : LEVEL_TOO_LOW);
}

/* Impersonates the client and copies the thread's token. The thread has reverted on return. */
static struct failure copy_client_token(HANDLE pipe, HANDLE *token)
{
    struct failure failure = NO_FAILURE;
    if (!ImpersonateNamedPipeClient(pipe))
        return last_failure(u"ImpersonateNamedPipeClient");
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE,
                         TRUE, token))
        failure = last_failure(u"OpenThreadToken");
    revert_to_self();
    return failure;
}

struct failure caller_identify(HANDLE pipe, SECURITY_IMPERSONATION_LEVEL least,
                               struct caller *caller)
{
    struct failure failure = copy_client_token(pipe, &caller->token);
    SECURITY_IMPERSONATION_LEVEL level;
    DWORD size;
    if (failure.code == ERROR_CANT_OPEN_ANONYMOUS)
        return level_failure(least);
    if (failed(failure))
        return failure;
    if (!GetTokenInformation(caller->token, TokenImpersonationLevel, &level, sizeof(level), &size))
        return last_failure(u"GetTokenInformation (impersonation token)");
    if (level < least)
        return level_failure(least);

    uint32_t error = token_user_sid(caller->token, caller->sid);
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        return failure_of(error, u"malloc (impersonation token user)");
    if (error == ERROR_INVALID_SID)
        return failure_of(error, u"IsValidSid (impersonation token user)");
    if (error)
        return failure_of(error, u"GetTokenInformation (impersonation token)");
    return NO_FAILURE;
}

void caller_close(struct caller *caller)
{
    close_handle(&caller->token);
}

static uint32_t caller_open_file(const struct caller *caller, const char16_t *path, uint32_t access,
                                 uint32_t share, uint32_t flags, HANDLE *file)
{
    uint32_t error = 0;
    if (!SetThreadToken(NULL, caller->token))
        return GetLastError();
    /* If the path leads to a pipe, its server can identify the caller but not impersonate it. */
    *file = CreateFileW(path, access, share, NULL, OPEN_EXISTING,
                        flags | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (*file == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        *file = NULL;
    }
    revert_to_self();
    return error;
}

uint32_t caller_open(const struct caller *caller, const char16_t *path, uint32_t access,
                     uint32_t share, uint32_t flags, HANDLE *file)
{
    struct file_deadline deadline;
    uint32_t error = file_deadline_begin(&deadline, caller->stop);
    if (error)
        return error;
    error = caller_open_file(caller, path, access, share, flags, file);
    return file_deadline_end(&deadline, error);
}

static bool caller_has_sid(const struct caller *caller, PSID sid)
{
    BOOL is_member = FALSE;
    return CheckTokenMembership(caller->token, sid, &is_member) && is_member;
}

bool caller_is_of(const struct caller *caller, WELL_KNOWN_SID_TYPE account)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(sid);
    return CreateWellKnownSid(account, NULL, sid, &size) && caller_has_sid(caller, sid);
}

bool caller_is_of_group(const struct caller *caller, const char16_t *name)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    char16_t domain[ACCOUNT_NAME_UNITS];
    DWORD size = sizeof(sid), domain_units = ACCOUNT_NAME_UNITS;
    SID_NAME_USE use;
    return LookupAccountNameW(NULL, name, sid, &size, domain, &domain_units, &use) &&
           caller_has_sid(caller, sid);
}

bool caller_is_administrator(const struct caller *caller)
{
    return caller_is_of(caller, WinBuiltinAdministratorsSid);
}

/* What can't be found out counts as restricted. */
bool caller_is_unrestricted(const struct caller *caller)
{
    CLEANUP_FREE TOKEN_MANDATORY_LABEL *label = NULL;
    DWORD is_container = TRUE, size;
    if (IsTokenRestricted(caller->token) ||
        !GetTokenInformation(caller->token, TokenIsAppContainer, &is_container,
                             sizeof(is_container), &size) ||
        is_container || token_information(caller->token, TokenIntegrityLevel, (void **)&label) ||
        !IsValidSid(label->Label.Sid))
        return false;
    const DWORD last = *GetSidSubAuthorityCount(label->Label.Sid) - 1u;
    return *GetSidSubAuthority(label->Label.Sid, last) >= SECURITY_MANDATORY_MEDIUM_RID;
}

uint32_t token_open_event(HANDLE token, const char16_t *name, HANDLE *event)
{
    if (!SetThreadToken(NULL, token))
        return GetLastError();
    *event = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
    uint32_t error = *event ? 0 : GetLastError();
    revert_to_self();
    return error;
}

uint32_t token_session(HANDLE token, uint32_t *session)
{
    DWORD number = 0, size;
    bool is_known = GetTokenInformation(token, TokenSessionId, &number, sizeof(number), &size);
    *session = number;
    return is_known ? 0 : GetLastError();
}

uint32_t client_process_user(HANDLE pipe, unsigned char sid[SECURITY_MAX_SID_SIZE])
{
    CLEANUP_HANDLE HANDLE process = NULL;
    CLEANUP_HANDLE HANDLE token = NULL;
    ULONG id = 0;
    if (!GetNamedPipeClientProcessId(pipe, &id))
        return 0;
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (!process || !OpenProcessToken(process, TOKEN_QUERY, &token) || token_user_sid(token, sid))
        return 0;
    return GetLengthSid(sid);
}
