/* SPDX-License-Identifier: MIT */
#include "service/changeable.h"

#include "base/win32/handles.h"

/* Who counts: everybody, and the caller with the groups of the token. */
struct users {
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
    const struct users *users = context;
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

uint32_t changeable_by_users(const char16_t *path, const struct caller *caller, bool *is_changeable,
                             struct path_finding *finding)
{
    CLEANUP_FREE TOKEN_GROUPS *groups = NULL;
    uint32_t error = token_information(caller->token, TokenGroups, (void **)&groups);
    if (error)
        return error;
    const struct users users = {caller, token_is_of_administrator(groups) ? NULL : groups};
    *is_changeable = path_acl_find(path, true, can_be_a_user, &users, finding) || finding->error;
    return 0;
}
