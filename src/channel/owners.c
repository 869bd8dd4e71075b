/* SPDX-License-Identifier: MIT */
#include "channel/owners.h"

#include <stdlib.h>

struct adapter_use {
    uint64_t luid;
    const void *session;
    const struct ledger_user *user;
    struct adapter_use *next;
};

/* With the lock held. `luid` 0: any adapter. */
static bool owners_find_other(const struct adapter_owners *owners, const struct ledger_user *user,
                              uint64_t luid)
{
    const struct adapter_use *use = owners->uses;
    while (use && (use->user == user || (luid && use->luid != luid)))
        use = use->next;
    return user && use;
}

bool owners_include_others(struct adapter_owners *owners, const struct ledger_user *user)
{
    lock_acquire(&owners->lock);
    bool is_found = owners_find_other(owners, user, 0);
    lock_release(&owners->lock);
    return is_found;
}

bool adapter_is_owned_by_other(struct adapter_owners *owners, const struct ledger_user *user,
                               uint64_t luid)
{
    lock_acquire(&owners->lock);
    bool is_found = owners_find_other(owners, user, luid);
    lock_release(&owners->lock);
    return is_found;
}

/* With the lock held. */
static bool adapter_is_owned(const struct adapter_owners *owners, const void *session,
                             uint64_t luid)
{
    const struct adapter_use *use = owners->uses;
    while (use && (use->session != session || use->luid != luid))
        use = use->next;
    return use;
}

bool adapter_own(struct adapter_owners *owners, const void *session, const struct ledger_user *user,
                 uint64_t luid, bool *is_new)
{
    lock_acquire(&owners->lock);
    bool is_free = !owners_find_other(owners, user, luid);
    struct adapter_use *use =
        user && is_free && !adapter_is_owned(owners, session, luid) ? malloc(sizeof(*use)) : NULL;
    *is_new = use;
    if (use) {
        *use = (struct adapter_use){luid, session, user, owners->uses};
        owners->uses = use;
    }
    lock_release(&owners->lock);
    return is_free;
}

/* `luid` 0: all of them. */
static void owners_remove(struct adapter_owners *owners, const void *session, uint64_t luid)
{
    lock_acquire(&owners->lock);
    for (struct adapter_use **link = &owners->uses; *link;) {
        struct adapter_use *use = *link;
        if (use->session != session || (luid && use->luid != luid)) {
            link = &use->next;
            continue;
        }
        *link = use->next;
        free(use);
    }
    lock_release(&owners->lock);
}

void adapter_disown(struct adapter_owners *owners, const void *session, uint64_t luid)
{
    owners_remove(owners, session, luid);
}

void adapters_disown(struct adapter_owners *owners, const void *session)
{
    owners_remove(owners, session, 0);
}
