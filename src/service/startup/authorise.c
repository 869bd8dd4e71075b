/* SPDX-License-Identifier: MIT */
#include "service/startup/authorise.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/account.h"

#include <lm.h>
#include <string.h>

static const char16_t SERVICE_DOMAIN[] = u"NT SERVICE";

struct group {
    char16_t name[ACCOUNT_NAME_UNITS];
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    bool has_sid;
};

/* BUILTIN\Administrators has another name in every language, but always the same SID. */
static void find_administrators(struct group *group)
{
    struct text name = TEXT_ON(group->name);
    struct account account = {.name = u""};
    DWORD size = sizeof(group->sid);
    group->has_sid = CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, group->sid, &size);
    if (group->has_sid)
        account_look_up(group->sid, &account);
    text_append(&name, *account.name ? account.name : u"Administrators");
}

static void find_group(const char16_t *group_name, struct group *group)
{
    struct text name = TEXT_ON(group->name);
    char16_t domain[ACCOUNT_NAME_UNITS];
    DWORD size = sizeof(group->sid), domain_units = ACCOUNT_NAME_UNITS;
    SID_NAME_USE use;
    text_append(&name, group_name);
    group->has_sid =
        LookupAccountNameW(NULL, group_name, group->sid, &size, domain, &domain_units, &use);
}

/* The attributes are ignored: an administrator whose token is filtered by UAC has the group for
 * denials only, and counts as a member. */
static bool token_has_group(const TOKEN_GROUPS *groups, const struct group *group)
{
    if (!groups || !group->has_sid)
        return false;
    for (DWORD i = 0; i < groups->GroupCount; i++)
        if (EqualSid(groups->Groups[i].Sid, (PSID)group->sid))
            return true;
    return false;
}

/* Only direct members: membership by nested groups is in the token. */
static bool group_lists_user(const struct group *group, PSID user)
{
    LOCALGROUP_MEMBERS_INFO_0 *members = NULL;
    DWORD count = 0, total = 0;
    bool found = false;
    if (NetLocalGroupGetMembers(NULL, group->name, 0, (BYTE **)&members, MAX_PREFERRED_LENGTH,
                                &count, &total, NULL) == NERR_Success &&
        members) {
        for (DWORD i = 0; i < count && !found; i++)
            found = EqualSid(members[i].lgrmi0_sid, user);
    }
    if (members)
        NetApiBufferFree(members);
    return found;
}

bool caller_is_authorised(const struct caller *caller, const struct settings *settings)
{
    CLEANUP_FREE TOKEN_GROUPS *token_groups = NULL;
    struct account account = {.name = u""};
    struct group groups[2] = {0};
    PSID user = (PSID)caller->sid;
    account_look_up(user, &account);
    if (*account.name && text_equal(account.name, settings->service_user) &&
        text_equal(account.domain, SERVICE_DOMAIN)) {
        log_information("Authorizing user '%s@%s' as the service user", UTF8(account.name),
                        UTF8(account.domain));
        return true;
    }
    uint32_t error = token_information(caller->token, TokenGroups, (void **)&token_groups);
    if (error)
        log_error(error, "GetTokenInformation (groups of the client)");
    find_administrators(&groups[0]);
    find_group(settings->admin_group, &groups[1]);
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        if (!token_has_group(token_groups, &groups[i]) && !group_lists_user(&groups[i], user))
            continue;
        log_information("Authorizing user '%s@%s' by virtue of membership in group '%s'",
                        UTF8(account.name), UTF8(account.domain), UTF8(groups[i].name));
        return true;
    }
    return false;
}
