/* SPDX-License-Identifier: MIT */
/* crypto.h: the two algorithms by which an update is trusted, SHA-256 and ECDSA over P-256: a seam,
 * so that src/update needs no library of its own.
 *
 * update/win32/crypto.h implements it by Windows' CNG, the tests by OpenSSL's libcrypto. The
 * service and its client have no implementation of their own. */
#ifndef UPDATE_CRYPTO_H
#define UPDATE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

enum {
    UPDATE_DIGEST_SIZE = 32,   /* SHA-256 */
    UPDATE_KEY_SIZE = 64,      /* a public key: x and y of its point, big-endian */
    UPDATE_SIGNATURE_SIZE = 64 /* r and s, big-endian (IEEE P1363) */
};

/* NTE_BAD_SIGNATURE, without the type of Windows that winerror.h gives it. */
#define UPDATE_BAD_SIGNATURE 0x80090006U

struct update_crypto {
    /* Begins a SHA-256 of its own. Returns NULL when memory is short. */
    void *(*sha256_begin)(struct update_crypto *crypto);

    /* Returns 0 or a Win32 error code; after an error the digest is lost, but must still be ended.
     */
    uint32_t (*sha256_add)(struct update_crypto *crypto, void *sha256, const void *bytes,
                           size_t size);

    /* Writes the digest and releases `sha256`. Without a `digest` (NULL) it is released only. */
    uint32_t (*sha256_end)(struct update_crypto *crypto, void *sha256,
                           uint8_t digest[UPDATE_DIGEST_SIZE]);

    /* Whether the signature of the digest is the key's: 0, UPDATE_BAD_SIGNATURE if it is not (or is
     * none, or the key is no point of the curve), or the error for which that was not found out. */
    uint32_t (*verify_p256)(struct update_crypto *crypto, const uint8_t key[UPDATE_KEY_SIZE],
                            const uint8_t digest[UPDATE_DIGEST_SIZE],
                            const uint8_t signature[UPDATE_SIGNATURE_SIZE]);
};

/* The SHA-256 of all the bytes at once. Returns 0 or a Win32 error code. */
uint32_t update_sha256(struct update_crypto *crypto, const void *bytes, size_t size,
                       uint8_t digest[UPDATE_DIGEST_SIZE]);

#endif
