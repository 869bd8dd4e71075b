/* SPDX-License-Identifier: MIT */
/* search_domains.h: a kind of resource: what sessions have in a DNS search list, that of group
 * policy, of the machine, or of an interface.
 *
 * Such a list belongs to nobody: sessions, also those of other instances, come and go in any order.
 * So the resource is not the list, but the domains of all sessions of this instance in it, and each
 * session's claim is its share of them (dns/search_share.h). Facts: docs/protocol.md, "DNS search
 * domains". */
#ifndef RESOURCE_SEARCH_DOMAINS_H
#define RESOURCE_SEARCH_DOMAINS_H

#include "system/network.h"
#include "undo/ledger.h"

extern const struct kind search_domains_kind;

enum { SEARCH_LIST_KEY_CAPACITY = 512 };

/* The share of one session, which has one in one list at a time. The first three are given; stays
 * where it is as long as it has a share. */
struct session_domains {
    struct ledger *ledger;
    struct ledger_session *session;
    struct network *network;
    unsigned char key[SEARCH_LIST_KEY_CAPACITY];
    size_t key_size; /* 0: the session has no share */
};

/* Setting replaces the share, and if that fails there is none. ERROR_OUTOFMEMORY: the list would be
 * too long. */
uint32_t search_domains_set(struct session_domains *own, const char16_t *guid,
                            const char16_t *domains);
/* Success if the session has none. */
uint32_t search_domains_release(struct session_domains *own);

/* ---- what another service keeps: the list of the machine or of group policy from before its first
 * session, in a value beside it. After its death: ---- */

/* Makes the list so again, if it still goes on from there and nobody, also of another instance, has
 * domains in it. `*is_over`: the value can be deleted once the DNS client was notified. */
uint32_t search_initial_restore(struct ledger *ledger, struct network *network,
                                const char16_t *path, bool *is_over);
/* Deletes the value. */
uint32_t search_initial_drop(struct registry *registry, const char16_t *path);

#endif
