/* SPDX-License-Identifier: MIT */
#include "service/writers.h"

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
    for (size_t i = 0; i < sizeof(trusted_sids) / sizeof(trusted_sids[0]); i++)
        if (EqualSid(sid, &trusted_sids[i]))
            return true;
    return trusted && EqualSid(sid, trusted);
}

/* The SID that an entry gives some of `rights` to, or NULL. What an entry gives only to things
 * below is looked at there. A condition on an entry may hold. */
static PSID receiver(const ACE_HEADER *entry, DWORD rights)
{
    /* Both kinds have the mask and the SID in the same places. */
    const ACCESS_ALLOWED_ACE *allowed = (const void *)entry;
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    bool is_allowed = entry->AceType == ACCESS_ALLOWED_ACE_TYPE ||
                      entry->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE;

    if (!is_allowed || (entry->AceFlags & INHERIT_ONLY_ACE))
        return NULL;
    DWORD mask = allowed->Mask;
    MapGenericMask(&mask, &mapping);
    return mask & rights ? (PSID)&allowed->SidStart : NULL;
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
