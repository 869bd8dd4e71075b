/* SPDX-License-Identifier: MIT */
#include "update/package.h"

#include "base/errors.h"

#include <string.h>

uint32_t update_package_begin(struct update_package_check *check, struct update_crypto *crypto,
                              const struct update_package *package, struct update_refusal *refusal)
{
    *check = (struct update_package_check){.crypto = crypto, .left = package->size};
    memcpy(check->digest, package->digest, sizeof(check->digest));
    check->sha256 = crypto->sha256_begin(crypto);
    return check->sha256 ? 0 : update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
}

uint32_t update_package_add(struct update_package_check *check, const void *bytes, size_t size,
                            struct update_refusal *refusal)
{
    if (size > check->left)
        return update_refuse(refusal, UPDATE_PACKAGE_LONG);
    check->left -= size;
    return update_fail(refusal,
                       check->crypto->sha256_add(check->crypto, check->sha256, bytes, size));
}

uint32_t update_package_end(struct update_package_check *check, struct update_refusal *refusal)
{
    uint8_t digest[UPDATE_DIGEST_SIZE];
    if (check->left) {
        update_package_abandon(check);
        return update_refuse(refusal, UPDATE_PACKAGE_SHORT);
    }
    const uint32_t error = check->crypto->sha256_end(check->crypto, TAKE(check->sha256), digest);
    if (error)
        return update_fail(refusal, error);
    return memcmp(digest, check->digest, sizeof(digest)) != 0
               ? update_refuse(refusal, UPDATE_PACKAGE_DIGEST)
               : 0;
}

void update_package_abandon(struct update_package_check *check)
{
    if (check->sha256)
        check->crypto->sha256_end(check->crypto, TAKE(check->sha256), NULL);
}
