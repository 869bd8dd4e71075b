/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_keys.h"

#include "update/win32/crypto.h"

#include <windows.h>

#include <bcrypt.h>

struct update_crypto *signing_crypto_open(void)
{
    struct update_crypto *crypto;
    assert_int_equal(update_crypto_open(&crypto), 0);
    return crypto;
}

void signing_crypto_close(struct update_crypto *crypto)
{
    update_crypto_close(&crypto);
}

void signing_key_make(struct update_crypto *crypto, struct signing_key *key)
{
    struct {
        BCRYPT_ECCKEY_BLOB head;
        uint8_t point[UPDATE_KEY_SIZE];
    } blob = {0};
    ULONG size;
    BCRYPT_ALG_HANDLE algorithm;
    assert_int_equal(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_ECDSA_P256_ALGORITHM, NULL, 0),
                     0);
    assert_int_equal(BCryptGenerateKeyPair(algorithm, &key->handle, 256, 0), 0);
    assert_int_equal(BCryptFinalizeKeyPair(key->handle, 0), 0);
    assert_int_equal(BCryptExportKey(key->handle, NULL, BCRYPT_ECCPUBLIC_BLOB, (PUCHAR)&blob,
                                     sizeof(blob), &size, 0),
                     0);
    assert_int_equal(size, sizeof(blob));
    memcpy(key->public_key.point, blob.point, sizeof(blob.point));
    assert_int_equal(
        update_sha256(crypto, key->public_key.point, UPDATE_KEY_SIZE, key->public_key.id), 0);
}

void signing_key_free(struct signing_key *key)
{
    BCryptDestroyKey(key->handle);
}

void signing_key_sign(const struct signing_key *key, const uint8_t digest[UPDATE_DIGEST_SIZE],
                      uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    uint8_t value[UPDATE_DIGEST_SIZE];
    ULONG size;
    memcpy(value, digest, sizeof(value));
    assert_int_equal(BCryptSignHash(key->handle, NULL, value, sizeof(value), signature,
                                    UPDATE_SIGNATURE_SIZE, &size, 0),
                     0);
    assert_int_equal(size, UPDATE_SIGNATURE_SIZE);
}
