/* SPDX-License-Identifier: MIT */
#include "restrictions.h"
#include "identity.h"
#include "install.h"

REAL(IsTokenRestricted);

/* The persona's group of this authority, which begins with this number; NULL: it has none. */
static const SID *find_group(const struct persona *persona, BYTE authority, DWORD first)
{
    for (uint32_t i = 0; persona && i < persona->group_count; i++) {
        const SID *sid = (const SID *)persona->groups[i].sid;
        if (sid->IdentifierAuthority.Value[5] == authority && sid->SubAuthorityCount &&
            (!first || sid->SubAuthority[0] == first))
            return sid;
    }
    return NULL;
}

static uint32_t answer_integrity(const SID *level, void *buffer, DWORD size, DWORD *needed)
{
    TOKEN_MANDATORY_LABEL *answer = buffer;
    *needed = (DWORD)sizeof(*answer) + GetLengthSid((PSID)level);
    if (!buffer || size < *needed)
        return ERROR_INSUFFICIENT_BUFFER;
    answer->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
    answer->Label.Sid = answer + 1;
    memcpy(answer->Label.Sid, level, GetLengthSid((PSID)level));
    return 0;
}

bool restrictions_answer(const struct persona *persona, TOKEN_INFORMATION_CLASS class, void *buffer,
                         DWORD size, DWORD *needed, uint32_t *error)
{
    const SID *level = find_group(persona, 16, 0); /* SECURITY_MANDATORY_LABEL_AUTHORITY */
    const SID *package =
        find_group(persona, 15, 2); /* SECURITY_APP_PACKAGE_AUTHORITY, and its first number */
    if (class == TokenIntegrityLevel && level) {
        *error = answer_integrity(level, buffer, size, needed);
        return true;
    }
    if (class == TokenIsAppContainer && package && size >= sizeof(DWORD)) {
        *(DWORD *)buffer = TRUE;
        *needed = sizeof(DWORD);
        return true;
    }
    return false;
}

static BOOL WINAPI hook_IsTokenRestricted(HANDLE token)
{
    machine_lock(&watched_machine);
    const bool is_restricted =
        find_group(persona_of(token_owner(token)), 5, SECURITY_RESTRICTED_CODE_RID);
    machine_unlock(&watched_machine);
    return is_restricted || real_IsTokenRestricted(token);
}

static const struct hook hooks[] = {
    HOOK(IsTokenRestricted),
};
const struct hook_list restriction_hooks = {hooks, ARRAYSIZE(hooks)};
