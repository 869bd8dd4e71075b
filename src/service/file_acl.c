/* SPDX-License-Identifier: MIT */
#include "service/file_acl.h"

#include "base/array.h"

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

static struct whole_sid trusted_sids[] = {
    SID_OF(1, 5, 18),      /* SYSTEM */
    SID_OF(2, 5, 32, 544), /* Administrators */
    SID_OF(6, 5, 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464), /* TrustedInstaller
                                                                                  */
    SID_OF(1, 3, 0),                                                             /* CREATOR OWNER */
    SID_OF(1, 3, 4), /* OWNER RIGHTS: the owner itself is looked at */
};
static struct whole_sid everyone = SID_OF(1, 1, 0);

static bool is_trusted(PSID sid, PSID trusted)
{
    for (size_t i = 0; i < ARRAY_COUNT(trusted_sids); i++)
        if (EqualSid(sid, &trusted_sids[i]))
            return true;
    return trusted && EqualSid(sid, trusted);
}

/* Whom an entry of this type gives something, whatever it is: the entry's SID, Everyone when that
 * can't be told (files have no such entries), or NULL, when it gives nothing. */
static PSID receiver_by_type(const ACCESS_ALLOWED_ACE *entry)
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

/* Whom an entry gives some of `rights`, or NULL. What it gives only to things below is looked at
 * there. Every entry that gives something has the mask in the same place. */
static PSID receiver(const ACCESS_ALLOWED_ACE *entry, DWORD rights)
{
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    PSID sid = receiver_by_type(entry);

    if (!sid || (entry->Header.AceFlags & INHERIT_ONLY_ACE))
        return NULL;
    DWORD mask = entry->Mask;
    MapGenericMask(&mask, &mapping);
    return mask & rights ? sid : NULL;
}

bool writers_find(PSECURITY_DESCRIPTOR descriptor, DWORD rights, PSID trusted, PSID *writer)
{
    PSID owner = NULL;
    ACL *list = NULL;
    BOOL present = FALSE, defaulted;

    if (GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) && owner &&
        !is_trusted(owner, trusted)) {
        *writer = owner;
        return true;
    }
    if (!GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted) || !present || !list) {
        *writer = &everyone;
        return true;
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *entry;
        PSID sid = GetAce(list, i, &entry) ? receiver(entry, rights) : NULL;
        if (sid && !is_trusted(sid, trusted)) {
            *writer = sid;
            return true;
        }
    }
    return false;
}
