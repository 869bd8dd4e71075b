/* SPDX-License-Identifier: MIT */
#include "channel/owners.h"

#include <stdlib.h>
#include <utlist.h>

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

void adapter_own(struct adapter_owners *owners, const void *session, const struct ledger_user *user,
                 uint64_t luid)
{
    struct adapter_use *use;
    if (!user)
        return;
    lock_acquire(&owners->lock);
    LL_FOREACH(owners->uses, use)
    if (use->session == session && use->luid == luid)
        break;
    if (!use && (use = calloc(1, sizeof(*use))) != NULL) {
        *use = (struct adapter_use){luid, session, user, NULL};
        LL_PREPEND(owners->uses, use);
    }
    lock_release(&owners->lock);
}

void adapters_disown(struct adapter_owners *owners, const void *session)
{
    struct adapter_use *use, *next;
    lock_acquire(&owners->lock);
    LL_FOREACH_SAFE(owners->uses, use, next)
    if (use->session == session) {
        LL_DELETE(owners->uses, use);
        free(use);
    }
    lock_release(&owners->lock);
}
