/* SPDX-License-Identifier: MIT */
/* trust.h: decides which root and which manifest this computer accepts, by what it has accepted
 * before.
 *
 * Invariants:
 * 1. Trust begins with the root of the installed package, or a newer one that it has led to, one
 *    version at a time. A caller's root is never where it begins.
 * 2. The version of an accepted manifest never falls within a channel, and one version has one
 *    content. An equal one is accepted again.
 * 3. Time never runs back: what has expired at the last acceptance has expired, whatever the clock
 *    says now. What is accepted has not expired, so no clock that was wrong once can put the end of
 *    trust further away than the expiry of what was accepted then.
 * 4. A root that drops a manifest key makes the accepted versions forgotten, because whoever had
 *    that key may have used up all versions (The Update Framework, 5.3.11).
 *
 * How the service uses it: update_trust_open(), update_trust_add_root() for each newer root,
 * update_trust_accept(). After each of them, whether it refused or not, it stores the record if
 * `is_changed`, on the disk, before it acts on the result. Then update_manifest_choose() and
 * package.h. */
#ifndef UPDATE_TRUST_H
#define UPDATE_TRUST_H

#include "base/cleanup.h"
#include "update/record.h"

struct update_trust {
    struct update_crypto *crypto;
    struct update_root root;     /* the newest trusted one */
    struct update_record record; /* what must be stored */
    bool is_changed;             /* since it was stored */
};

/* Where trust begins. */
struct update_start {
    struct update_crypto *crypto; /* must outlive the trust */
    const char *product;          /* as roots and manifests must name it */
    const void *root;             /* the installed file; NULL: there is none */
    size_t root_size;
    const void *record; /* as stored; NULL: nothing was accepted yet */
    size_t record_size;
};

/* On the heap, because it holds the newest root's bytes; free by update_trust_close(). Returns 0 or
 * the code of the refusal: no root, a damaged record, a root of another product, two roots of one
 * version, ... */
uint32_t update_trust_open(const struct update_start *start, struct update_trust **trust,
                           struct update_refusal *refusal);
void update_trust_close(struct update_trust **trust);
#define CLEANUP_UPDATE_TRUST CLEANUP(update_trust_close)

/* Accepts the root after the newest one. An older one (UPDATE_ROOT_ROLLBACK), the newest one again
 * included, is refused, and one that is not the next (UPDATE_ROOT_GAP), too. */
uint32_t update_trust_add_root(struct update_trust *trust, const void *bytes, size_t size,
                               struct update_refusal *refusal);

/* Accepts a manifest of `channel` at `now` (the system's time, in seconds since 1970, UTC). */
uint32_t update_trust_accept(struct update_trust *trust, const void *bytes, size_t size,
                             const char *channel, uint64_t now, struct update_manifest *manifest,
                             struct update_refusal *refusal);

/* The record to store; sets `is_changed` to false. Returns 0 or an error of the crypto. */
uint32_t update_trust_encode(struct update_trust *trust, unsigned char bytes[UPDATE_RECORD_SIZE],
                             size_t *size);

#endif
