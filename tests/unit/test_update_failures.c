/* SPDX-License-Identifier: MIT */
/* Whatever fails while an update is checked, memory or the algorithms, it is no fault of the update
 * and no acceptance: the error is passed on, nothing is remembered, nothing is lost. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include "base/errors.h"
#include "update/package.h"

#include <string.h>

/* Real cryptography whose nth call fails. */
struct failing_crypto {
    struct update_crypto operations; /* first, so that one is the other */
    struct update_crypto *real;
    unsigned calls_left; /* until one fails */
    bool has_failed;
    int open; /* digests that were begun and not ended */
};

static struct failing_crypto *failing(struct update_crypto *crypto)
{
    return (struct failing_crypto *)crypto;
}

static bool fails_now(struct failing_crypto *crypto)
{
    if (crypto->has_failed || --crypto->calls_left)
        return false;
    crypto->has_failed = true;
    return true;
}

static void *failing_begin(struct update_crypto *crypto)
{
    if (fails_now(failing(crypto)))
        return NULL;
    failing(crypto)->open++;
    return failing(crypto)->real->sha256_begin(failing(crypto)->real);
}

static uint32_t failing_add(struct update_crypto *crypto, void *sha256, const void *bytes,
                            size_t size)
{
    return fails_now(failing(crypto))
               ? ERROR_NOT_ENOUGH_MEMORY
               : failing(crypto)->real->sha256_add(failing(crypto)->real, sha256, bytes, size);
}

static uint32_t failing_end(struct update_crypto *crypto, void *sha256,
                            uint8_t digest[UPDATE_DIGEST_SIZE])
{
    const bool fails = digest && fails_now(failing(crypto));
    failing(crypto)->open--;
    const uint32_t error =
        failing(crypto)->real->sha256_end(failing(crypto)->real, sha256, fails ? NULL : digest);
    return fails ? ERROR_NOT_ENOUGH_MEMORY : error;
}

static uint32_t failing_verify(struct update_crypto *crypto, const uint8_t key[UPDATE_KEY_SIZE],
                               const uint8_t digest[UPDATE_DIGEST_SIZE],
                               const uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    return fails_now(failing(crypto))
               ? ERROR_NOT_ENOUGH_MEMORY
               : failing(crypto)->real->verify_p256(failing(crypto)->real, key, digest, signature);
}

static struct failing_crypto failing_after(struct lab *lab, unsigned calls)
{
    return (struct failing_crypto){
        .operations = {failing_begin, failing_add, failing_end, failing_verify},
        .real = lab->crypto,
        .calls_left = calls};
}

static struct lab lab;
static struct lab_file root, next_root, manifest_file;

static int open_lab(void **state)
{
    struct lab_root second = usual_root;
    (void)state;
    second.version = 2;
    lab_open(&lab);
    lab_write_root(&lab, &usual_root, &root);
    lab_sign(&lab, ROOT_A | ROOT_B, &root);
    lab_write_root(&lab, &second, &next_root);
    lab_sign(&lab, ROOT_A | ROOT_B, &next_root);
    lab_write_manifest(&usual_manifest, &manifest_file);
    lab_sign(&lab, MANIFEST_A, &manifest_file);
    return 0;
}

static int close_lab(void **state)
{
    (void)state;
    lab_close(&lab);
    return 0;
}

static void require_failure(uint32_t code, const struct update_refusal *refusal, unsigned call)
{
    if (code != ERROR_NOT_ENOUGH_MEMORY || refusal->reason != UPDATE_FAILED)
        fail_msg("call %u: %s, %u", call, update_reason_name(refusal->reason), (unsigned)code);
}

/* Tries an operation with a failure at each of its calls; returns how many there are. */
static unsigned try_each_call(uint32_t (*operation)(struct update_crypto *crypto,
                                                    struct update_refusal *refusal))
{
    for (unsigned call = 1;; call++) {
        struct failing_crypto crypto = failing_after(&lab, call);
        struct update_refusal refusal = {0};
        const uint32_t code = operation(&crypto.operations, &refusal);
        assert_int_equal(crypto.open, 0);
        if (!crypto.has_failed) {
            assert_int_equal(code, 0);
            return call - 1;
        }
        require_failure(code, &refusal, call);
    }
}

static unsigned char stored[UPDATE_RECORD_SIZE];
static size_t stored_size;

static uint32_t open_stored(struct update_crypto *crypto, struct update_trust **trust,
                            struct update_refusal *refusal)
{
    const struct update_start start = {.crypto = crypto,
                                       .product = "Gatehouse",
                                       .root = root.text,
                                       .root_size = root.size,
                                       .record = stored_size ? stored : NULL,
                                       .record_size = stored_size};
    return update_trust_open(&start, trust, refusal);
}

static uint32_t open_and_close(struct update_crypto *crypto, struct update_refusal *refusal)
{
    CLEANUP_UPDATE_TRUST struct update_trust *trust = NULL;
    return open_stored(crypto, &trust, refusal);
}

static void test_trust_is_not_opened(void **state)
{
    (void)state;
    stored_size = 0;
    assert_true(try_each_call(open_and_close) > 10);
}

/* A record that could not be checked is not a damaged one. */
static void test_a_record_is_not_taken_for_damaged(void **state)
{
    (void)state;
    lab.trust->is_changed = true;
    assert_int_equal(update_trust_encode(lab.trust, stored, &stored_size), 0);
    assert_true(try_each_call(open_and_close) > 20);
}

/* With the failing operations on what is already open. */
static uint32_t on_what_is_open(struct update_crypto *crypto, struct update_refusal *refusal,
                                uint32_t (*offer)(struct update_trust *trust,
                                                  struct update_refusal *refusal))
{
    CLEANUP_UPDATE_TRUST struct update_trust *trust = NULL;
    stored_size = 0;
    assert_int_equal(open_stored(lab.crypto, &trust, refusal), 0);
    trust->is_changed = false;
    trust->crypto = crypto;
    const uint32_t code = offer(trust, refusal);
    assert_int_equal(trust->is_changed, !code);
    assert_true(!code || (trust->root.version == 1 && !trust->record.channel_count));
    return code;
}

static uint32_t offer_next_root(struct update_trust *trust, struct update_refusal *refusal)
{
    return update_trust_add_root(trust, next_root.text, next_root.size, refusal);
}

static uint32_t offer_usual_manifest(struct update_trust *trust, struct update_refusal *refusal)
{
    struct update_manifest manifest;
    return update_trust_accept(trust, manifest_file.text, manifest_file.size, "stable", lab_now,
                               &manifest, refusal);
}

static uint32_t add_next_root(struct update_crypto *crypto, struct update_refusal *refusal)
{
    return on_what_is_open(crypto, refusal, offer_next_root);
}

static uint32_t accept_usual_manifest(struct update_crypto *crypto, struct update_refusal *refusal)
{
    return on_what_is_open(crypto, refusal, offer_usual_manifest);
}

static void test_a_root_is_not_accepted(void **state)
{
    (void)state;
    assert_true(try_each_call(add_next_root) > 20);
}

static void test_a_manifest_is_not_accepted(void **state)
{
    (void)state;
    assert_true(try_each_call(accept_usual_manifest) > 5);
}

static uint32_t check_package(struct update_crypto *crypto, struct update_refusal *refusal)
{
    struct update_package package = {.size = 7};
    CLEANUP_UPDATE_PACKAGE struct update_package_check check = {0};
    assert_int_equal(update_sha256(lab.crypto, "package", 7, package.digest), 0);
    uint32_t error = update_package_begin(&check, crypto, &package, refusal);
    if (!error)
        error = update_package_add(&check, "pack", 4, refusal);
    if (!error)
        error = update_package_add(&check, "age", 3, refusal);
    return error ? error : update_package_end(&check, refusal);
}

static void test_a_package_is_not_accepted(void **state)
{
    (void)state;
    assert_int_equal(try_each_call(check_package), 4);
}

/* It stays to be stored. */
static void test_what_could_not_be_encoded_is_still_changed(void **state)
{
    struct failing_crypto crypto = failing_after(&lab, 1);
    (void)state;
    lab.trust->is_changed = true;
    lab.trust->crypto = &crypto.operations;
    assert_int_equal(update_trust_encode(lab.trust, stored, &stored_size), ERROR_NOT_ENOUGH_MEMORY);
    assert_true(lab.trust->is_changed);
    lab.trust->crypto = lab.crypto;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust_is_not_opened),
        cmocka_unit_test(test_a_record_is_not_taken_for_damaged),
        cmocka_unit_test(test_a_root_is_not_accepted),
        cmocka_unit_test(test_a_manifest_is_not_accepted),
        cmocka_unit_test(test_a_package_is_not_accepted),
        cmocka_unit_test(test_what_could_not_be_encoded_is_still_changed),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
