/* SPDX-License-Identifier: MIT */
#include "update/win32/crypto.h"

#include <string.h>
#include <windows.h>

#include <bcrypt.h>

/* ntstatus.h cannot be included beside windows.h. */
#define STATUS_NO_MEMORY_    ((NTSTATUS)0xC0000017L)
#define STATUS_NO_RESOURCES_ ((NTSTATUS)0xC000009AL)

struct cng {
    struct update_crypto operations; /* first, so that one is the other */
    BCRYPT_ALG_HANDLE sha256, ecdsa;
};

static struct cng *cng_of(struct update_crypto *crypto)
{
    return (struct cng *)crypto;
}

/* What is neither is a fault of CNG, which its status names. */
static uint32_t cng_error(NTSTATUS status)
{
    if (BCRYPT_SUCCESS(status))
        return 0;
    if (status == STATUS_NO_MEMORY_ || status == STATUS_NO_RESOURCES_)
        return ERROR_NOT_ENOUGH_MEMORY;
    return (uint32_t)HRESULT_FROM_NT(status);
}

static void *cng_sha256_begin(struct update_crypto *crypto)
{
    BCRYPT_HASH_HANDLE hash = NULL;
    return BCRYPT_SUCCESS(BCryptCreateHash(cng_of(crypto)->sha256, &hash, NULL, 0, NULL, 0, 0))
               ? hash
               : NULL;
}

static uint32_t cng_sha256_add(struct update_crypto *crypto, void *sha256, const void *bytes,
                               size_t size)
{
    (void)crypto;
    const unsigned char *at = bytes;
    while (size) {
        const ULONG part = size > LONG_MAX ? LONG_MAX : (ULONG)size;
        const NTSTATUS status = BCryptHashData(sha256, (PUCHAR)(ULONG_PTR)at, part, 0);
        if (!BCRYPT_SUCCESS(status))
            return cng_error(status);
        at += part;
        size -= part;
    }
    return 0;
}

static uint32_t cng_sha256_end(struct update_crypto *crypto, void *sha256,
                               uint8_t digest[UPDATE_DIGEST_SIZE])
{
    (void)crypto;
    const NTSTATUS status = digest ? BCryptFinishHash(sha256, digest, UPDATE_DIGEST_SIZE, 0) : 0;
    BCryptDestroyHash(sha256);
    return cng_error(status);
}

/* A key that CNG does not take, because its point is not on the curve, has signed nothing. */
static uint32_t cng_verify_p256(struct update_crypto *crypto, const uint8_t key[UPDATE_KEY_SIZE],
                                const uint8_t digest[UPDATE_DIGEST_SIZE],
                                const uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    struct {
        BCRYPT_ECCKEY_BLOB head;
        uint8_t point[UPDATE_KEY_SIZE];
    } blob = {.head = {BCRYPT_ECDSA_PUBLIC_P256_MAGIC, UPDATE_KEY_SIZE / 2}};
    uint8_t value[UPDATE_DIGEST_SIZE], r_and_s[UPDATE_SIGNATURE_SIZE];
    BCRYPT_KEY_HANDLE handle = NULL;
    memcpy(blob.point, key, sizeof(blob.point));
    memcpy(value, digest, sizeof(value)); /* CNG's parameters are not const */
    memcpy(r_and_s, signature, sizeof(r_and_s));
    NTSTATUS status = BCryptImportKeyPair(cng_of(crypto)->ecdsa, NULL, BCRYPT_ECCPUBLIC_BLOB,
                                          &handle, (PUCHAR)&blob, sizeof(blob), 0);
    if (BCRYPT_SUCCESS(status)) {
        status =
            BCryptVerifySignature(handle, NULL, value, sizeof(value), r_and_s, sizeof(r_and_s), 0);
        BCryptDestroyKey(handle);
    }
    const uint32_t error = cng_error(status);
    return error && error != ERROR_NOT_ENOUGH_MEMORY ? UPDATE_BAD_SIGNATURE : error;
}

uint32_t update_crypto_open(struct update_crypto **crypto)
{
    CLEANUP_UPDATE_CRYPTO struct update_crypto *opened = NULL;
    struct cng *cng = calloc(1, sizeof(*cng));
    *crypto = NULL;
    if (!cng)
        return ERROR_NOT_ENOUGH_MEMORY;
    cng->operations =
        (struct update_crypto){cng_sha256_begin, cng_sha256_add, cng_sha256_end, cng_verify_p256};
    opened = &cng->operations;
    NTSTATUS status = BCryptOpenAlgorithmProvider(&cng->sha256, BCRYPT_SHA256_ALGORITHM, NULL, 0);
    if (BCRYPT_SUCCESS(status))
        status = BCryptOpenAlgorithmProvider(&cng->ecdsa, BCRYPT_ECDSA_P256_ALGORITHM, NULL, 0);
    if (!BCRYPT_SUCCESS(status))
        return cng_error(status);
    *crypto = TAKE(opened);
    return 0;
}

void update_crypto_close(struct update_crypto **crypto)
{
    if (!*crypto)
        return;
    struct cng *cng = cng_of(*crypto);
    if (cng->ecdsa)
        BCryptCloseAlgorithmProvider(cng->ecdsa, 0);
    if (cng->sha256)
        BCryptCloseAlgorithmProvider(cng->sha256, 0);
    free(cng);
    *crypto = NULL;
}
