/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_keys.h"

#include "base/errors.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

enum { HALF = UPDATE_SIGNATURE_SIZE / 2, POINT_SIZE = 1 + UPDATE_KEY_SIZE, UNCOMPRESSED = 4 };

/* ---- verifying ---- */

static void *libcrypto_sha256_begin(struct update_crypto *crypto)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    (void)crypto;
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

static uint32_t libcrypto_sha256_add(struct update_crypto *crypto, void *sha256, const void *bytes,
                                     size_t size)
{
    (void)crypto;
    return EVP_DigestUpdate(sha256, bytes, size) ? 0 : ERROR_GEN_FAILURE;
}

static uint32_t libcrypto_sha256_end(struct update_crypto *crypto, void *sha256,
                                     uint8_t digest[UPDATE_DIGEST_SIZE])
{
    (void)crypto;
    const bool is_done = !digest || EVP_DigestFinal_ex(sha256, digest, NULL);
    EVP_MD_CTX_free(sha256);
    return is_done ? 0 : ERROR_GEN_FAILURE;
}

static EVP_PKEY *key_of_point(const uint8_t point[UPDATE_KEY_SIZE])
{
    unsigned char encoded[POINT_SIZE] = {UNCOMPRESSED};
    char group[] = "P-256";
    EVP_PKEY *key = NULL;
    memcpy(encoded + 1, point, UPDATE_KEY_SIZE);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_non_null(context);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* r and s as DER; returns its size, `*der` is freed by OPENSSL_free(). */
static int der_of_signature(const uint8_t signature[UPDATE_SIGNATURE_SIZE], unsigned char **der)
{
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    assert_non_null(numbers);
    assert_int_equal(ECDSA_SIG_set0(numbers, BN_bin2bn(signature, HALF, NULL),
                                    BN_bin2bn(signature + HALF, HALF, NULL)),
                     1);
    const int size = i2d_ECDSA_SIG(numbers, der);
    ECDSA_SIG_free(numbers);
    assert_true(size > 0);
    return size;
}

static uint32_t libcrypto_verify_p256(struct update_crypto *crypto,
                                      const uint8_t key[UPDATE_KEY_SIZE],
                                      const uint8_t digest[UPDATE_DIGEST_SIZE],
                                      const uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    (void)crypto;
    unsigned char *der = NULL;
    EVP_PKEY *public_key = key_of_point(key);
    if (!public_key)
        return UPDATE_BAD_SIGNATURE;
    const int size = der_of_signature(signature, &der);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public_key, NULL);
    assert_int_equal(EVP_PKEY_verify_init(context), 1);
    const int valid = EVP_PKEY_verify(context, der, (size_t)size, digest, UPDATE_DIGEST_SIZE);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    OPENSSL_free(der);
    return valid == 1 ? 0 : UPDATE_BAD_SIGNATURE;
}

struct update_crypto *signing_crypto_open(void)
{
    static struct update_crypto crypto = {libcrypto_sha256_begin, libcrypto_sha256_add,
                                          libcrypto_sha256_end, libcrypto_verify_p256};
    return &crypto;
}

void signing_crypto_close(struct update_crypto *crypto)
{
    (void)crypto;
}

/* ---- signing ---- */

void signing_key_make(struct update_crypto *crypto, struct signing_key *key)
{
    unsigned char point[POINT_SIZE];
    size_t size = 0;
    key->handle = EVP_EC_gen("P-256");
    assert_non_null(key->handle);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key->handle, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                     sizeof(point), &size),
                     1);
    assert_int_equal(size, sizeof(point));
    memcpy(key->public_key.point, point + 1, UPDATE_KEY_SIZE);
    assert_int_equal(
        update_sha256(crypto, key->public_key.point, UPDATE_KEY_SIZE, key->public_key.id), 0);
}

void signing_key_free(struct signing_key *key)
{
    EVP_PKEY_free(key->handle);
}

void signing_key_sign(const struct signing_key *key, const uint8_t digest[UPDATE_DIGEST_SIZE],
                      uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    unsigned char der[80];
    const unsigned char *at = der;
    size_t size = sizeof(der);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->handle, NULL);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, der, &size, digest, UPDATE_DIGEST_SIZE), 1);
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)size);
    assert_non_null(numbers);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, HALF), HALF);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + HALF, HALF), HALF);
    ECDSA_SIG_free(numbers);
}
