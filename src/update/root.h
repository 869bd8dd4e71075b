/* SPDX-License-Identifier: MIT */
/* root.h: which keys may sign: the root role of The Update Framework.
 *
 * A file `<version>.root` (the first one is `update.root` beside the service program), metadata.h's
 * lines in this order:
 *
 *     gatehouse-root 1
 *     product Gatehouse
 *     version 3
 *     expires 2027-11-30T00:00:00Z
 *     root-threshold 2
 *     root-key <key id> <x and y, 128 hexadecimal digits>          ; 1 to 16
 *     manifest-threshold 1
 *     manifest-key <key id> <x and y>                              ; 1 to 16
 *     signer <SHA-256 of the SubjectPublicKeyInfo, 64 digits>      ; 1 to 8: who signs packages
 *
 * A key has one role and stands there once; its id is the SHA-256 of x and y, so that no key can
 * count twice under two ids. Facts: docs/updates.md. */
#ifndef UPDATE_ROOT_H
#define UPDATE_ROOT_H

#include "update/metadata.h"

enum { UPDATE_SIGNERS_MAX = 8, UPDATE_PRODUCT_SIZE = 64 /* terminator included */ };

struct update_root {
    char product[UPDATE_PRODUCT_SIZE];
    uint64_t version; /* from 1 on */
    uint64_t expires; /* seconds since the beginning of 1970, UTC */
    struct update_role roots, manifests;
    size_t signer_count;
    uint8_t signers[UPDATE_SIGNERS_MAX][UPDATE_DIGEST_SIZE];
};

/* Reads a root and checks that it is well-formed and that its own keys have signed it. That alone
 * makes it trusted only where the file itself is (trust.h). */
uint32_t update_root_read(const void *bytes, size_t size, struct update_crypto *crypto,
                          struct update_root *root, struct update_refusal *refusal);

/* Reads the one after `trusted`: signed by a threshold of its keys, too, and of the next version.
 * Its expiry is not looked at: only the newest root's counts (trust.h). */
uint32_t update_root_read_next(const struct update_root *trusted, const void *bytes, size_t size,
                               struct update_crypto *crypto, struct update_root *root,
                               struct update_refusal *refusal);

/* Whether packages signed by this SubjectPublicKeyInfo (its SHA-256) are accepted. */
bool update_root_has_signer(const struct update_root *root,
                            const uint8_t signer[UPDATE_DIGEST_SIZE]);

/* Whether `newer` no longer has a manifest key of `older`. */
bool update_root_drops_manifest_key(const struct update_root *older,
                                    const struct update_root *newer);

#endif
