/* SPDX-License-Identifier: MIT */
/* What ci/releasing/metadata.py has written and openssl has signed
 * (tests/release/update_vectors.py) is accepted; with any bit changed it is not. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_keys.h"

#include "update/trust.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1796083200 /* 2026-12-01 */ };

struct vector {
    unsigned char bytes[UPDATE_METADATA_SIZE];
    size_t size;
};

static struct update_crypto *crypto;

static int open_crypto(void **state)
{
    (void)state;
    crypto = signing_crypto_open();
    return 0;
}

static int close_crypto(void **state)
{
    (void)state;
    signing_crypto_close(crypto);
    return 0;
}

static void read_vector(const char *name, struct vector *vector)
{
    char path[128];
    snprintf(path, sizeof(path), "tests/golden/update/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    vector->size = fread(vector->bytes, 1, sizeof(vector->bytes), file);
    fclose(file);
    assert_in_range(vector->size, 1, sizeof(vector->bytes) - 1);
}

static struct update_trust *open_trust(void)
{
    static struct vector root;
    struct update_trust *trust;
    struct update_refusal refusal;
    read_vector("1.root", &root);
    const struct update_start start = {
        .crypto = crypto, .product = "Gatehouse", .root = root.bytes, .root_size = root.size};
    assert_int_equal(update_trust_open(&start, &trust, &refusal), 0);
    return trust;
}

static uint32_t accept(struct update_trust *trust, const struct vector *file,
                       struct update_manifest *manifest)
{
    struct update_refusal refusal;
    return update_trust_accept(trust, file->bytes, file->size, "stable", NOW, manifest, &refusal);
}

static uint32_t add_root(struct update_trust *trust, const char *name)
{
    static struct vector root;
    struct update_refusal refusal;
    read_vector(name, &root);
    return update_trust_add_root(trust, root.bytes, root.size, &refusal);
}

static void test_what_the_tools_have_made_is_accepted(void **state)
{
    static struct vector old, newest;
    struct update_manifest manifest;
    struct update_trust *trust = open_trust();
    (void)state;
    read_vector("old.manifest", &old);
    read_vector("stable.manifest", &newest);
    assert_int_equal(accept(trust, &old, &manifest), 0);
    assert_int_not_equal(accept(trust, &newest, &manifest), 0); /* of a key of the third root */
    assert_int_not_equal(add_root(trust, "3.root"), 0);
    assert_int_equal(add_root(trust, "2.root"), 0);
    assert_int_equal(add_root(trust, "3.root"), 0);
    assert_int_not_equal(accept(trust, &old, &manifest), 0);
    assert_int_equal(accept(trust, &newest, &manifest), 0);
    assert_int_equal(manifest.version, 8);
    assert_int_equal(manifest.package_count, 2);
    assert_string_equal(manifest.packages[1].file_name, "Gatehouse-1.2.0-i686.msi");
    assert_int_equal(manifest.packages[1].digest[31], 0xB2);
    assert_int_equal(trust->root.signer_count, 1);
    assert_int_equal(trust->root.signers[0][0], 2);
    update_trust_close(&trust);
}

static void test_a_manifest_with_any_bit_changed_is_refused(void **state)
{
    static struct vector file;
    struct update_manifest manifest;
    struct update_trust *trust = open_trust();
    (void)state;
    read_vector("old.manifest", &file);
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        if (!accept(trust, &file, &manifest))
            fail_msg("bit %u", (unsigned)bit);
        file.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    assert_int_equal(accept(trust, &file, &manifest), 0);
    update_trust_close(&trust);
}

static void test_a_key_that_is_no_point_of_the_curve_has_signed_nothing(void **state)
{
    uint8_t key[UPDATE_KEY_SIZE], digest[UPDATE_DIGEST_SIZE], signature[UPDATE_SIGNATURE_SIZE];
    (void)state;
    memset(digest, 1, sizeof(digest));
    memset(signature, 1, sizeof(signature));
    for (int byte = 0; byte < 256; byte += 51) {
        memset(key, byte, sizeof(key));
        assert_int_equal(crypto->verify_p256(crypto, key, digest, signature), UPDATE_BAD_SIGNATURE);
    }
}

static void test_a_signature_of_extreme_numbers_is_none(void **state)
{
    struct signing_key key;
    uint8_t digest[UPDATE_DIGEST_SIZE] = {1}, signature[UPDATE_SIGNATURE_SIZE];
    (void)state;
    signing_key_make(crypto, &key);
    signing_key_sign(&key, digest, signature);
    assert_int_equal(crypto->verify_p256(crypto, key.public_key.point, digest, signature), 0);
    for (int byte = 0; byte < 256; byte += 255)
        for (size_t half = 0; half < sizeof(signature); half += sizeof(signature) / 2) {
            uint8_t spoiled[UPDATE_SIGNATURE_SIZE];
            memcpy(spoiled, signature, sizeof(spoiled));
            memset(spoiled + half, byte, sizeof(spoiled) / 2);
            assert_int_equal(crypto->verify_p256(crypto, key.public_key.point, digest, spoiled),
                             UPDATE_BAD_SIGNATURE);
        }
    signing_key_free(&key);
}

static void test_the_digest_is_sha_256(void **state)
{
    /* FIPS 180-4's example: "abc". */
    static const uint8_t expected[] = {0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA};
    uint8_t digest[UPDATE_DIGEST_SIZE];
    (void)state;
    assert_int_equal(update_sha256(crypto, "abc", 3, digest), 0);
    assert_memory_equal(digest, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_tools_have_made_is_accepted),
        cmocka_unit_test(test_a_manifest_with_any_bit_changed_is_refused),
        cmocka_unit_test(test_a_key_that_is_no_point_of_the_curve_has_signed_nothing),
        cmocka_unit_test(test_a_signature_of_extreme_numbers_is_none),
        cmocka_unit_test(test_the_digest_is_sha_256),
    };
    return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
