/* SPDX-License-Identifier: MIT */
/* What a token reports about its owner, and the names of accounts and groups. */
#include "identity.h"
#include "install.h"
#include "restrictions.h"

#include <lm.h>
#include <sddl.h>

REAL(GetTokenInformation);
REAL(CheckTokenMembership);
REAL(LookupAccountSidW);
REAL(LookupAccountNameW);
REAL(NetLocalGroupGetMembers);

/* LocalSystem's token as on Windows: SYSTEM, member of Administrators. */
#define ENABLED (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
static const SID local_system = {1, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_LOCAL_SYSTEM_RID}};
static const SID everyone = {1, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}};
static const SID authenticated = {1, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_AUTHENTICATED_USER_RID}};
static const struct {
    BYTE revision, count;
    SID_IDENTIFIER_AUTHORITY authority;
    DWORD rids[2];
} administrators = {
    1, 2, {SECURITY_NT_AUTHORITY}, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}};

/* The groups of a token, from any source. */
struct group_list {
    size_t count;
    struct {
        const void *sid;
        DWORD attributes;
    } groups[MACHINE_PERSONA_GROUPS];
};

static void add_group(struct group_list *list, const void *sid, DWORD attributes)
{
    list->groups[list->count].sid = sid;
    list->groups[list->count++].attributes = attributes;
}

/* The user and the groups of an owner; NULL when the real token's answer is used. The lock must be
 * held. */
static const void *describe_owner(uint32_t owner, struct group_list *list)
{
    list->count = 0;
    if (owner == OWNER_SERVICE && watched_machine.image->settings.service_is_system) {
        add_group(list, &administrators,
                  SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER);
        add_group(list, &everyone, ENABLED);
        add_group(list, &authenticated, ENABLED);
        return &local_system;
    }
    const struct persona *persona = persona_of(owner);
    if (!persona)
        return NULL;
    for (uint32_t i = 0; i < persona->group_count; i++)
        add_group(list, persona->groups[i].sid, persona->groups[i].attributes);
    return persona->user;
}

static DWORD sid_length(const void *sid)
{
    return GetLengthSid((PSID)sid);
}

static uint32_t answer_user(const void *user, void *buffer, DWORD size, DWORD *needed)
{
    *needed = (DWORD)sizeof(TOKEN_USER) + sid_length(user);
    if (size < *needed || !buffer)
        return ERROR_INSUFFICIENT_BUFFER;
    TOKEN_USER *answer = buffer;
    answer->User.Attributes = 0;
    answer->User.Sid = answer + 1;
    memcpy(answer->User.Sid, user, sid_length(user));
    return 0;
}

static uint32_t answer_groups(const struct group_list *list, void *buffer, DWORD size,
                              DWORD *needed)
{
    TOKEN_GROUPS *answer = buffer;
    *needed = (DWORD)(offsetof(TOKEN_GROUPS, Groups) + list->count * sizeof(*answer->Groups));
    BYTE *sids = (BYTE *)buffer + *needed;
    for (size_t i = 0; i < list->count; i++)
        *needed += sid_length(list->groups[i].sid);
    if (size < *needed || !buffer)
        return ERROR_INSUFFICIENT_BUFFER;
    answer->GroupCount = (DWORD)list->count;
    for (size_t i = 0; i < list->count; i++) {
        DWORD length = sid_length(list->groups[i].sid);
        answer->Groups[i].Attributes = list->groups[i].attributes;
        answer->Groups[i].Sid = sids;
        memcpy(sids, list->groups[i].sid, length);
        sids += length;
    }
    return 0;
}

/* False when the real token's answer is used. `shown`: it is the token that a pipe's server gets.
 */
static bool answer(uint32_t owner, bool shown, TOKEN_INFORMATION_CLASS class, void *buffer,
                   DWORD size, DWORD *needed, uint32_t *error)
{
    struct group_list list;
    DWORD ignored;
    if (class != TokenUser && class != TokenGroups && class != TokenImpersonationLevel &&
        class != TokenIntegrityLevel && class != TokenIsAppContainer)
        return false;
    if (!needed)
        needed = &ignored;
    machine_lock(&watched_machine);
    const void *user = describe_owner(owner, &list);
    const struct persona *persona = persona_of(owner);
    bool answered = true;
    if (user && class == TokenUser)
        *error = answer_user(user, buffer, size, needed);
    else if (user && class == TokenGroups)
        *error = answer_groups(&list, buffer, size, needed);
    else if (persona && shown && class == TokenImpersonationLevel &&
             persona->level < SecurityImpersonation && size >= sizeof(DWORD)) {
        *(DWORD *)buffer = persona->level;
        *needed = sizeof(DWORD);
    } else
        answered = restrictions_answer(persona, class, buffer, size, needed, error);
    machine_unlock(&watched_machine);
    return answered;
}

/* The client acts for another log-on, or from another session of Windows, than its process has. */
static void answer_for_another(uint32_t owner, TOKEN_INFORMATION_CLASS class, void *buffer)
{
    machine_lock(&watched_machine);
    const struct persona *persona = persona_of(owner);
    if (persona && persona->logon && class == TokenStatistics)
        ((TOKEN_STATISTICS *)buffer)->AuthenticationId = (LUID){.LowPart = persona->logon};
    if (persona && persona->session && class == TokenSessionId)
        *(DWORD *)buffer = persona->session;
    machine_unlock(&watched_machine);
}

/* The pseudo handles of GetCurrentProcessToken() and its siblings have owners, too. */
static uint32_t information_owner(HANDLE token)
{
    switch ((LONG_PTR)token) {
    case -4:
        return OWNER_SERVICE;
    case -5:
        return thread_owner();
    case -6:
        return thread_owner() ? thread_owner() : OWNER_SERVICE;
    default:
        return token_owner(token);
    }
}

static BOOL WINAPI hook_GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class,
                                            void *buffer, DWORD size, DWORD *needed)
{
    struct watch watch;
    uint32_t owner = information_owner(token);
    bool shown = !token_is_of_process(token);
    uint32_t error = watch_begin(&watch, CALL_GetTokenInformation);
    record_hex(&watch.record, "token", (UINT_PTR)token);
    record_number(&watch.record, "client", owner);
    record_number(&watch.record, "class", class);
    record_number(&watch.record, "size", size);
    if (!error && !answer(owner, shown, class, buffer, size, needed, &error) &&
        !real_GetTokenInformation(token, class, buffer, size, needed))
        error = GetLastError();
    if (!error && shown)
        answer_for_another(owner, class, buffer);
    return watch_end_bool(&watch, error);
}

static void record_sid(struct record *record, PSID sid)
{
    wchar_t *text;
    if (record->off || !sid || !ConvertSidToStringSidW(sid, &text))
        return;
    record_wide(record, "sid", text);
    LocalFree(text);
}

/* Deny-only groups do not count, as on Windows. */
static BOOL WINAPI hook_CheckTokenMembership(HANDLE token, PSID sid, BOOL *member)
{
    struct watch watch;
    struct group_list list;
    uint32_t owner = token ? information_owner(token) : thread_owner();
    uint32_t error = watch_begin(&watch, CALL_CheckTokenMembership);
    if (!token && !owner)
        owner = OWNER_SERVICE;
    record_number(&watch.record, "client", owner);
    record_sid(&watch.record, sid);
    machine_lock(&watched_machine);
    const void *user = describe_owner(owner, &list);
    if (!error && user) {
        *member = EqualSid((PSID)user, sid);
        for (size_t i = 0; i < list.count; i++)
            if (list.groups[i].attributes & SE_GROUP_ENABLED &&
                EqualSid((PSID)list.groups[i].sid, sid))
                *member = TRUE;
    }
    machine_unlock(&watched_machine);
    if (!error && !user && !real_CheckTokenMembership(token, sid, member))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

/* An account or group of the tables. The lock must be held. */
struct account {
    const wchar_t *name, *domain;
    const void *sid;
    SID_NAME_USE use;
};

static bool account_next(size_t *cursor, struct account *account)
{
    struct machine_image *image = watched_machine.image;
    size_t index = (*cursor)++;
    if (index < image->persona_count) {
        const struct persona *persona = &image->personas[index];
        bool service = wcscmp(persona->domain, L"NT SERVICE") == 0;
        *account = (struct account){persona->name, persona->domain, persona->user,
                                    service ? SidTypeWellKnownGroup : SidTypeUser};
        return true;
    }
    index -= image->persona_count;
    if (index >= image->local_group_count)
        return false;
    const struct local_group *group = &image->local_groups[index];
    *account = (struct account){group->name, group->domain, group->sid, SidTypeAlias};
    return true;
}

/* As on Windows: returns the length with the terminator when the text doesn't fit, without it when
 * it does. */
static bool fits(const wchar_t *text, const void *buffer, DWORD *length)
{
    DWORD units = (DWORD)wcslen(text);
    bool enough = buffer && *length > units;
    *length = enough ? units : units + 1;
    return enough;
}

static uint32_t answer_account_sid(const struct account *account, wchar_t *name, DWORD *name_length,
                                   wchar_t *domain, DWORD *domain_length, SID_NAME_USE *use)
{
    bool enough = fits(account->name, name, name_length);
    enough = fits(account->domain, domain, domain_length) && enough;
    if (!enough) {
        *name_length = (DWORD)wcslen(account->name) + 1;
        *domain_length = (DWORD)wcslen(account->domain) + 1;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    wcscpy(name, account->name);
    wcscpy(domain, account->domain);
    *use = account->use;
    return 0;
}

static BOOL WINAPI hook_LookupAccountSidW(const wchar_t *system, PSID sid, wchar_t *name,
                                          DWORD *name_length, wchar_t *domain, DWORD *domain_length,
                                          SID_NAME_USE *use)
{
    struct watch watch;
    struct account account;
    bool known = false;
    uint32_t error = watch_begin(&watch, CALL_LookupAccountSidW);
    record_sid(&watch.record, sid);
    machine_lock(&watched_machine);
    for (size_t cursor = 0; !error && !known && account_next(&cursor, &account);) {
        known = *account.name && EqualSid((PSID)account.sid, sid);
        if (known)
            error = answer_account_sid(&account, name, name_length, domain, domain_length, use);
    }
    machine_unlock(&watched_machine);
    if (!error && !known &&
        !real_LookupAccountSidW(system, sid, name, name_length, domain, domain_length, use))
        error = GetLastError();
    if (!error)
        record_wide(&watch.record, "name", name);
    return watch_end_bool(&watch, error);
}

static bool same_text(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

static uint32_t answer_account_name(const struct account *account, PSID sid, DWORD *size,
                                    wchar_t *domain, DWORD *domain_length, SID_NAME_USE *use)
{
    DWORD length = sid_length(account->sid);
    bool enough = sid && *size >= length;
    *size = length;
    enough = fits(account->domain, domain, domain_length) && enough;
    if (!enough) {
        *domain_length = (DWORD)wcslen(account->domain) + 1;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memcpy(sid, account->sid, length);
    wcscpy(domain, account->domain);
    *use = account->use;
    return 0;
}

static BOOL WINAPI hook_LookupAccountNameW(const wchar_t *system, const wchar_t *name, PSID sid,
                                           DWORD *size, wchar_t *domain, DWORD *domain_length,
                                           SID_NAME_USE *use)
{
    struct watch watch;
    struct account account;
    bool known = false;
    const wchar_t *slash = name ? wcsrchr(name, L'\\') : NULL;
    const wchar_t *plain = slash ? slash + 1 : name;
    uint32_t error = watch_begin(&watch, CALL_LookupAccountNameW);
    record_wide(&watch.record, "name", name);
    machine_lock(&watched_machine);
    for (size_t cursor = 0; !error && !known && plain && account_next(&cursor, &account);) {
        known = same_text(account.name, plain);
        if (known)
            error = answer_account_name(&account, sid, size, domain, domain_length, use);
    }
    machine_unlock(&watched_machine);
    if (!error && !known &&
        !real_LookupAccountNameW(system, name, sid, size, domain, domain_length, use))
        error = GetLastError();
    return watch_end_bool(&watch, error);
}

/* NetApiBufferFree() of the program's own netapi32.dll will free it. */
static void *net_allocate(DWORD size)
{
    void *buffer = NULL;
    HMODULE netapi = GetModuleHandleW(L"netapi32.dll");
    NET_API_STATUS(WINAPI * allocate)
    (DWORD, void **) = netapi ? (void *)GetProcAddress(netapi, "NetApiBufferAllocate") : NULL;
    return allocate && allocate(size, &buffer) == 0 ? buffer : NULL;
}

static uint32_t answer_members(const wchar_t *name, BYTE **buffer, DWORD *count)
{
    struct machine_image *image = watched_machine.image;
    const struct local_group *group = NULL;
    for (uint32_t i = 0; i < image->local_group_count && !group; i++)
        if (same_text(image->local_groups[i].name, name))
            group = &image->local_groups[i];
    if (!group)
        return NERR_GroupNotFound;
    DWORD row = sizeof(LOCALGROUP_MEMBERS_INFO_0) + MACHINE_SID_BYTES;
    LOCALGROUP_MEMBERS_INFO_0 *members = net_allocate((group->member_count + 1) * row);
    if (!members)
        return ERROR_NOT_ENOUGH_MEMORY;
    BYTE(*sids)[MACHINE_SID_BYTES] = (void *)(members + group->member_count);
    memcpy(sids, group->members, group->member_count * sizeof(*sids));
    for (uint32_t i = 0; i < group->member_count; i++)
        members[i].lgrmi0_sid = sids[i];
    *buffer = (BYTE *)members;
    *count = group->member_count;
    return 0;
}

static NET_API_STATUS WINAPI hook_NetLocalGroupGetMembers(LPCWSTR server, LPCWSTR name, DWORD level,
                                                          BYTE **buffer, DWORD preferred,
                                                          DWORD *read, DWORD *total,
                                                          DWORD_PTR *resume)
{
    struct watch watch;
    uint32_t error = watch_begin(&watch, CALL_NetLocalGroupGetMembers);
    (void)server, (void)preferred, (void)resume;
    record_wide(&watch.record, "group", name);
    record_number(&watch.record, "level", level);
    if (!error && level != 0)
        error = ERROR_INVALID_LEVEL;
    *buffer = NULL;
    *read = 0;
    if (!error) {
        machine_lock(&watched_machine);
        error = answer_members(name, buffer, read);
        machine_unlock(&watched_machine);
    }
    *total = *read;
    record_number(&watch.record, "members", *read);
    return watch_end(&watch, error);
}

static const struct hook hooks[] = {
    HOOK(GetTokenInformation), HOOK(CheckTokenMembership),    HOOK(LookupAccountSidW),
    HOOK(LookupAccountNameW),  HOOK(NetLocalGroupGetMembers),
};
const struct hook_list token_hooks = {hooks, ARRAYSIZE(hooks)};
