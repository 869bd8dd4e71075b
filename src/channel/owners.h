/* SPDX-License-Identifier: MIT */
/* owners.h: whose tunnel a VPN adapter is: the user whose living sessions have changed it. Nobody
 * else changes it meanwhile: they could send that user's traffic and names elsewhere.
 *
 * An adapter without a living session is anybody's, as before. */
#ifndef CHANNEL_OWNERS_H
#define CHANNEL_OWNERS_H

#include "base/lock.h"

#include <stdbool.h>
#include <stdint.h>

struct adapter_use;
struct ledger_user;

/* Of all sessions of a process. Zero-initialised; thread-safe. */
struct adapter_owners {
    struct lock lock;
    struct adapter_use *uses;
};

/* `session` is any address that is the session's own, and `user` tells users apart; NULL: the
 * session has no user, and neither owns nor is refused anything. */

/* Whether a session of another user owns any adapter at all. */
bool owners_include_others(struct adapter_owners *owners, const struct ledger_user *user);
bool adapter_is_owned_by_other(struct adapter_owners *owners, const struct ledger_user *user,
                               uint64_t luid);

/* The session is about to change the adapter. False: it is another user's. `*is_new`: the session
 * did not have it before. When memory is short it owns nothing. */
bool adapter_own(struct adapter_owners *owners, const void *session, const struct ledger_user *user,
                 uint64_t luid, bool *is_new);
/* It has not changed it after all. */
void adapter_disown(struct adapter_owners *owners, const void *session, uint64_t luid);
/* Its changes are undone. */
void adapters_disown(struct adapter_owners *owners, const void *session);

#endif
