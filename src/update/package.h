/* SPDX-License-Identifier: MIT */
/* package.h: checks a package while its bytes pass: no more than the manifest says, no less, and
 * with its digest. */
#ifndef UPDATE_PACKAGE_H
#define UPDATE_PACKAGE_H

#include "base/cleanup.h"
#include "update/manifest.h"

struct update_package_check {
    struct update_crypto *crypto;
    void *sha256;
    uint64_t left; /* bytes still to come */
    uint8_t digest[UPDATE_DIGEST_SIZE];
};

/* Begins; must be ended or abandoned. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t update_package_begin(struct update_package_check *check, struct update_crypto *crypto,
                              const struct update_package *package, struct update_refusal *refusal);

/* Adds the bytes that come next. Refuses the first byte after the last one (UPDATE_PACKAGE_LONG):
 * read one byte more than `left` to tell whether a source goes on. */
uint32_t update_package_add(struct update_package_check *check, const void *bytes, size_t size,
                            struct update_refusal *refusal);

/* Returns 0 if all bytes were there and have the digest. Releases the check in any case. */
uint32_t update_package_end(struct update_package_check *check, struct update_refusal *refusal);

/* Releases it without a result; harmless after update_package_end(). */
void update_package_abandon(struct update_package_check *check);
#define CLEANUP_UPDATE_PACKAGE CLEANUP(update_package_abandon)

#endif
