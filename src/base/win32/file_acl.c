/* SPDX-License-Identifier: MIT */
#include "base/win32/file_acl.h"

#include "base/array.h"
#include "base/win32/sids.h"

#include <stddef.h>
#include <stdint.h>

/* SIDs as Windows stores them: revision, number of parts, authority (big-endian), parts. */
#define SID_OF(count, authority, ...)                                                              \
    {                                                                                              \
        .Revision = 1, .SubAuthorityCount = (count),                                               \
        .IdentifierAuthority = {{0, 0, 0, 0, 0, (authority)}}, .SubAuthority = {                   \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* SID, with room for as many parts as one may have. */
struct whole_sid {
    BYTE Revision;
    BYTE SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    DWORD SubAuthority[SID_MAX_SUB_AUTHORITIES];
};

/* Besides SYSTEM and Administrators: TrustedInstaller, CREATOR OWNER and OWNER RIGHTS. The last
 * stands for the owner, who is judged separately. */
static struct whole_sid other_trusted_sids[] = {
    SID_OF(6, 5, 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464),
    SID_OF(1, 3, 0),
    SID_OF(1, 3, 4),
};
static struct whole_sid everyone = SID_OF(1, 1, 0);

bool file_acl_trusts(PSID account, PSID trusted)
{
    if (sid_is_privileged(account))
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(other_trusted_sids); i++)
        if (EqualSid(account, &other_trusted_sids[i]))
            return true;
    return trusted && EqualSid(account, trusted);
}

bool file_acl_is_everybody(PSID account)
{
    return EqualSid(account, &everyone) || IsWellKnownSid(account, WinBuiltinUsersSid) ||
           IsWellKnownSid(account, WinAuthenticatedUserSid) ||
           IsWellKnownSid(account, WinInteractiveSid);
}

/* The account that an ACE of this type gives rights to: the ACE's SID, Everyone when that can't be
 * told (files have no such ACEs), or NULL when it gives none. */
static PSID ace_receiver_by_type(const ACCESS_ALLOWED_ACE *entry)
{
    switch (entry->Header.AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE: /* its condition may hold */
        return (PSID)&entry->SidStart;
    case ACCESS_ALLOWED_COMPOUND_ACE_TYPE:
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE:
        return &everyone;
    default:
        return NULL;
    }
}

/* The account that an ACE gives some of `rights`, or NULL. Rights that are inherited only are
 * judged on what inherits them. Every ACE that gives something has its mask in the same place. */
static PSID ace_receiver(const ACCESS_ALLOWED_ACE *entry, DWORD rights)
{
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    PSID sid = ace_receiver_by_type(entry);
    if (!sid || (entry->Header.AceFlags & INHERIT_ONLY_ACE))
        return NULL;
    DWORD mask = entry->Mask;
    MapGenericMask(&mask, &mapping);
    return mask & rights ? sid : NULL;
}

bool file_acl_find(PSECURITY_DESCRIPTOR descriptor, DWORD rights, file_acl_judge *counts,
                   const void *context, PSID *account)
{
    PSID owner = NULL;
    ACL *list = NULL;
    BOOL present = FALSE, defaulted;
    if (GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) && owner &&
        counts(context, owner)) {
        *account = owner;
        return true;
    }
    if (!GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted) || !present || !list) {
        *account = &everyone;
        return true;
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *entry;
        PSID sid = GetAce(list, i, &entry) ? ace_receiver(entry, rights) : NULL;
        if (sid && counts(context, sid)) {
            *account = sid;
            return true;
        }
    }
    return false;
}

static bool is_not_trusted(const void *context, PSID account)
{
    return !file_acl_trusts(account, (PSID)context);
}

bool file_acl_find_untrusted(PSECURITY_DESCRIPTOR descriptor, DWORD rights, PSID trusted,
                             PSID *account)
{
    return file_acl_find(descriptor, rights, is_not_trusted, trusted, account);
}
