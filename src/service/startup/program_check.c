/* SPDX-License-Identifier: MIT */
#include "service/startup/program_check.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/account.h"
#include "service/path_acl.h"
#include "service/startup/config_path.h"

/* Who counts: everybody, and the caller with the groups of the token. */
struct program_users {
    const struct caller *caller;
    TOKEN_GROUPS *groups; /* NULL: an administrator, who may change everything anyway */
};

static bool token_is_of_administrator(const TOKEN_GROUPS *groups)
{
    for (DWORD i = 0; i < groups->GroupCount; i++)
        if (IsWellKnownSid(groups->Groups[i].Sid, WinBuiltinAdministratorsSid))
            return true; /* also one who is filtered by UAC, and has the group for denials */
    return false;
}

static bool can_be_a_user(const void *context, PSID account)
{
    const struct program_users *users = context;
    if (file_acl_is_everybody(account))
        return true;
    if (!users->groups)
        return false;
    if (EqualSid(account, (PSID)users->caller->sid))
        return true;
    for (DWORD i = 0; i < users->groups->GroupCount; i++)
        if (users->groups->Groups[i].Attributes & SE_GROUP_ENABLED &&
            EqualSid(account, users->groups->Groups[i].Sid))
            return true;
    return false;
}

static void resolve_program(const char16_t *given, char16_t path[POLICY_PATH_UNITS])
{
    struct text text = text_on(path, POLICY_PATH_UNITS);
    CLEANUP_HANDLE HANDLE file = CreateFileW(given, FILE_READ_ATTRIBUTES,
                                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                             NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE && !final_path_of(file, path) && path_is_local(path))
        return;
    text = text_on(path, POLICY_PATH_UNITS);
    text_append(&text, given);
}

static struct failure refuse_program(const struct path_finding *finding)
{
    char16_t account[ACCOUNT_UNITS];
    account_describe(finding->account, account);
    log_error_of(
        LOG_PROGRAM_REFUSED, ERROR_ACCESS_DENIED,
        "openvpn.exe is not started: %s may be changed by %s. Let only administrators write "
        "there; to start it all the same, set the registry value allow_writable_install to 1",
        UTF8(finding->path), UTF8(account));
    return refusal_of(LOG_PROGRAM_REFUSED, ERROR_ACCESS_DENIED,
                      u"Users can change openvpn.exe (exe_path)");
}

struct failure program_check(const struct settings *settings, const struct caller *caller,
                             char16_t path[POLICY_PATH_UNITS])
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    CLEANUP_FREE TOKEN_GROUPS *groups = NULL;
    resolve_program(settings->exe_path, path);
    if (settings->allow_writable_install)
        return NO_FAILURE;
    uint32_t error = token_information(caller->token, TokenGroups, (void **)&groups);
    if (error)
        return failure_of(error, u"GetTokenInformation (groups of the client)");
    const struct program_users users = {caller, token_is_of_administrator(groups) ? NULL : groups};
    return path_acl_find(path, true, can_be_a_user, &users, &finding) ? refuse_program(&finding)
                                                                      : NO_FAILURE;
}
