/* SPDX-License-Identifier: MIT */
/* search_domains.h: a kind of resource: the domains of one session, its share, in the DNS search
 * list that is in force: that of group policy, of the machine, or of the session's interface.
 *
 * The list belongs to nobody: sessions, also those of other instances, come and go in any order,
 * and each takes away as many tokens as it brought. So the resource is not the list, but the share
 * of one session in it; which of equal tokens is whose makes no difference. Facts:
 * docs/protocol.md, "DNS search domains". */
#ifndef RESOURCE_SEARCH_DOMAINS_H
#define RESOURCE_SEARCH_DOMAINS_H

#include "system/network.h"
#include "undo/ledger.h"

extern const struct kind search_domains_kind;

enum { SEARCH_SHARE_KEY_CAPACITY = 512 };

/* The share of one session, which has one in one list at a time. The first three are given; stays
 * where it is as long as it has a share. */
struct search_share {
    struct ledger *ledger;
    struct ledger_session *session;
    struct network *network;
    unsigned char key[SEARCH_SHARE_KEY_CAPACITY];
    size_t key_size; /* 0: the session has no share */
};

/* Setting replaces the share, and if that fails there is none. ERROR_OUTOFMEMORY: the list would be
 * too long. */
uint32_t search_domains_set(struct search_share *own, const char16_t *guid,
                            const char16_t *domains);
/* Success if the session has none. */
uint32_t search_domains_release(struct search_share *own);

/* Before the session's claims are undone, and after that. */
void search_domains_leave(struct search_share *own);
void search_domains_forget(struct search_share *own);

/* ---- what the list at `path` was before anyone; between enter() and leave() of the registry ----
 */

/* Forgets that; while shares are in the list only if it is so again. It may be without us: group
 * policy, or the user, has written it anew. */
uint32_t search_initial_drop(struct registry *registry, const char16_t *path, bool is_in_use);
/* When no session lives: the list becomes so. */
uint32_t search_initial_restore(struct network *network, const char16_t *path);

/* Whether the share with this key (of its resource) is one in the list at `path`. */
bool search_domains_are_in(struct bytes key, const char16_t *path);

#endif
