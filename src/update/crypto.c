/* SPDX-License-Identifier: MIT */
#include "update/crypto.h"

#include "base/errors.h"

uint32_t update_sha256(struct update_crypto *crypto, const void *bytes, size_t size,
                       uint8_t digest[UPDATE_DIGEST_SIZE])
{
    void *sha256 = crypto->sha256_begin(crypto);
    if (!sha256)
        return ERROR_NOT_ENOUGH_MEMORY;
    const uint32_t error = crypto->sha256_add(crypto, sha256, bytes, size);
    if (!error)
        return crypto->sha256_end(crypto, sha256, digest);
    crypto->sha256_end(crypto, sha256, NULL);
    return error;
}
