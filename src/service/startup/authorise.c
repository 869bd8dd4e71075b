/* SPDX-License-Identifier: MIT */
/* The rules by which a caller may use any option: docs/protocol.md, "Option check". */
#include "service/startup/caller.h"

#include "base/log.h"
#include "base/text.h"

#include <lm.h>
#include <string.h>

static const char16_t SERVICE_DOMAIN[] = u"NT SERVICE";

struct account {
    char16_t user[CALLER_NAME_UNITS];
    char16_t domain[CALLER_NAME_UNITS];
};

struct group {
    char16_t name[CALLER_NAME_UNITS];
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    bool has_sid;
};

/* Empty names where the account is unknown: that is not fatal, a SID may still be a member. */
static void look_up_account(PSID sid, struct account *account)
{
    DWORD user_units = CALLER_NAME_UNITS, domain_units = CALLER_NAME_UNITS;
    SID_NAME_USE use;

    if (!LookupAccountSidW(NULL, sid, account->user, &user_units, account->domain, &domain_units,
                           &use))
        *account = (struct account){.user = u"", .domain = u""};
}

/* BUILTIN\Administrators has another name in every language, but one SID. */
static void administrators(struct group *group)
{
    struct text name = TEXT_ON(group->name);
    struct account account = {.user = u""};
    DWORD size = sizeof(group->sid);

    group->has_sid = CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, group->sid, &size);
    if (group->has_sid)
        look_up_account(group->sid, &account);
    text_append(&name, *account.user ? account.user : u"Administrators");
}

static void group_by_name(const char16_t *group_name, struct group *group)
{
    struct text name = TEXT_ON(group->name);
    char16_t domain[CALLER_NAME_UNITS];
    DWORD size = sizeof(group->sid), domain_units = CALLER_NAME_UNITS;
    SID_NAME_USE use;

    text_append(&name, group_name);
    group->has_sid =
        LookupAccountNameW(NULL, group_name, group->sid, &size, domain, &domain_units, &use);
}

/* The attributes are not looked at: an administrator whose token is filtered by UAC has the group
 * for denials only, and counts. */
static bool is_in_token(const TOKEN_GROUPS *groups, const struct group *group)
{
    if (!groups || !group->has_sid)
        return false;
    for (DWORD i = 0; i < groups->GroupCount; i++)
        if (EqualSid(groups->Groups[i].Sid, (PSID)group->sid))
            return true;
    return false;
}

/* Direct members only: nested groups are in the token. */
static bool is_listed(const struct group *group, PSID user)
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
    struct account account = {.user = u""};
    struct group groups[2] = {0};
    PSID user = (PSID)caller->sid;

    look_up_account(user, &account);
    if (*account.user && text_equal(account.user, settings->service_user) &&
        text_equal(account.domain, SERVICE_DOMAIN)) {
        log_information("Authorizing user '%s@%s' as the service user", UTF8(account.user),
                        UTF8(account.domain));
        return true;
    }
    uint32_t error = token_information(caller->token, TokenGroups, (void **)&token_groups);
    if (error)
        log_error(error, "GetTokenInformation (groups of the client)");
    administrators(&groups[0]);
    group_by_name(settings->admin_group, &groups[1]);
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        if (!is_in_token(token_groups, &groups[i]) && !is_listed(&groups[i], user))
            continue;
        log_information("Authorizing user '%s@%s' by virtue of membership in group '%s'",
                        UTF8(account.user), UTF8(account.domain), UTF8(groups[i].name));
        return true;
    }
    return false;
}
