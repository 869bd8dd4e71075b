/* SPDX-License-Identifier: MIT */
/* Attacks on an update, each with the reason for which it is refused (docs/updates.md has the same
 * table). The signatures are real ones. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include "base/array.h"
#include "update/package.h"

#include <stdio.h>
#include <string.h>

static struct lab_file file; /* of whichever attack */

/* ---- rollback and freeze ---- */

static void accept_usual(struct lab *lab)
{
    struct update_refusal refusal;
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, MANIFEST_A, &refusal), 0);
}

static uint32_t manifest_rollback(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    accept_usual(lab);
    manifest.version--;
    return lab_offer_manifest(lab, &manifest, MANIFEST_A, refusal);
}

static uint32_t manifest_other_content(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    accept_usual(lab);
    manifest.release = "1.0.9";
    return lab_offer_manifest(lab, &manifest, MANIFEST_A, refusal);
}

static uint32_t manifest_freeze(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    manifest.expires = "2026-12-01T00:00:00Z"; /* now: the first second in which it has expired */
    return lab_offer_manifest(lab, &manifest, MANIFEST_A, refusal);
}

static uint32_t clock_set_back(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    struct update_manifest accepted;
    accept_usual(lab);
    manifest.version++;
    manifest.expires = "2026-11-30T23:59:59Z";
    lab_write_manifest(&manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    return update_trust_accept(lab->trust, file.text, file.size, "stable", lab_now - 86400,
                               &accepted, refusal);
}

static uint32_t root_rollback(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    assert_int_equal(lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal), 0);
    return lab_offer_root(lab, &usual_root, ROOT_A | ROOT_B, refusal);
}

static uint32_t root_again(struct lab *lab, struct update_refusal *refusal)
{
    return lab_offer_root(lab, &usual_root, ROOT_A | ROOT_B, refusal);
}

static uint32_t root_gap(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 3;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

static uint32_t root_expired(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.expires = "2026-12-01T00:00:00Z";
    assert_int_equal(lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal), 0);
    return lab_offer_manifest(lab, &usual_manifest, MANIFEST_A, refusal);
}

/* The old package is put back, with the root that came in it; the record knows better. */
static uint32_t installed_root_rollback(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.manifests = MANIFEST_B | MANIFEST_C;
    assert_int_equal(lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal), 0);
    lab_write_root(lab, &usual_root, &file);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
    assert_int_equal(lab_reopen(lab, &file, refusal), 0);
    return lab_offer_manifest(lab, &usual_manifest, MANIFEST_A, refusal); /* a key that is out */
}

static uint32_t installed_root_replaced(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.signers = 2;
    lab_write_root(lab, &root, &file);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
    return lab_reopen(lab, &file, refusal);
}

/* ---- mix and match ---- */

static uint32_t other_channel(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    manifest.channel = "beta";
    return lab_offer_manifest(lab, &manifest, MANIFEST_A, refusal);
}

static uint32_t other_product(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_manifest manifest = usual_manifest;
    manifest.product = "Acme VPN";
    return lab_offer_manifest(lab, &manifest, MANIFEST_A, refusal);
}

static uint32_t root_of_other_product(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.product = "Acme VPN";
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

static uint32_t installed_root_of_other_product(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.product = "Acme VPN";
    lab_write_root(lab, &root, &file);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
    return lab_reopen(lab, &file, refusal);
}

static uint32_t root_as_manifest(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_root(lab, &usual_root, &file);
    lab_sign(lab, MANIFEST_A, &file);
    return lab_accept(lab, &file, refusal);
}

static uint32_t choose(struct lab *lab, const struct update_machine *machine,
                       struct update_refusal *refusal)
{
    struct update_manifest manifest;
    const struct update_package *package;
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    assert_int_equal(update_trust_accept(lab->trust, file.text, file.size, "stable", lab_now,
                                         &manifest, refusal),
                     0);
    return update_manifest_choose(&manifest, machine, &package, refusal);
}

static uint32_t other_architecture(struct lab *lab, struct update_refusal *refusal)
{
    static const struct update_machine machine = {"i686", {{10, 0, 19045}}, {{1, 0, 0}}};
    return choose(lab, &machine, refusal);
}

static uint32_t older_windows(struct lab *lab, struct update_refusal *refusal)
{
    static const struct update_machine machine = {"x86_64", {{10, 0, 17762}}, {{1, 0, 0}}};
    return choose(lab, &machine, refusal);
}

static uint32_t older_release(struct lab *lab, struct update_refusal *refusal)
{
    static const struct update_machine machine = {"x86_64", {{10, 0, 19045}}, {{1, 2, 0}}};
    return choose(lab, &machine, refusal);
}

static uint32_t same_release(struct lab *lab, struct update_refusal *refusal)
{
    static const struct update_machine machine = {"x86_64", {{10, 0, 19045}}, {{1, 1, 0}}};
    return choose(lab, &machine, refusal);
}

/* ---- wrong keys ---- */

static uint32_t not_signed(struct lab *lab, struct update_refusal *refusal)
{
    return lab_offer_manifest(lab, &usual_manifest, 0, refusal);
}

static uint32_t wrong_key(struct lab *lab, struct update_refusal *refusal)
{
    return lab_offer_manifest(lab, &usual_manifest, STRANGER, refusal);
}

static uint32_t root_keys_sign_manifest(struct lab *lab, struct update_refusal *refusal)
{
    return lab_offer_manifest(lab, &usual_manifest, ROOT_A | ROOT_B | ROOT_C, refusal);
}

static uint32_t manifest_keys_sign_root(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    return lab_offer_root(lab, &root, MANIFEST_A | MANIFEST_B, refusal);
}

static uint32_t manifest_changed(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    lab_replace(&file, " 1000 ", " 1001 ");
    return lab_accept(lab, &file, refusal);
}

static uint32_t signature_of_another_file(struct lab *lab, struct update_refusal *refusal)
{
    static struct lab_file other;
    struct lab_manifest manifest = usual_manifest;
    manifest.version = 4;
    lab_write_manifest(&manifest, &other);
    lab_sign(lab, MANIFEST_A, &other);
    lab_write_manifest(&usual_manifest, &file);
    lab_add(&file, strstr(other.text, "signature "));
    return lab_accept(lab, &file, refusal);
}

static uint32_t signature_under_another_id(struct lab *lab, struct update_refusal *refusal)
{
    char id[2 * UPDATE_DIGEST_SIZE + 1];
    static struct lab_file trusted;
    trusted.size = 0;
    lab_add_hex(&trusted, lab->keys[4].public_key.id, UPDATE_DIGEST_SIZE); /* MANIFEST_A */
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, STRANGER, &file);
    memcpy(id, strstr(file.text, "signature ") + 10, sizeof(id) - 1);
    id[sizeof(id) - 1] = 0;
    lab_replace(&file, id, trusted.text);
    return lab_accept(lab, &file, refusal);
}

static uint32_t zero_signature(struct lab *lab, struct update_refusal *refusal)
{
    static const uint8_t zero[UPDATE_SIGNATURE_SIZE];
    lab_write_manifest(&usual_manifest, &file);
    lab_add(&file, "signature ");
    lab_add_hex(&file, lab->keys[4].public_key.id, UPDATE_DIGEST_SIZE);
    lab_add(&file, " ");
    lab_add_hex(&file, zero, sizeof(zero));
    lab_add(&file, "\n");
    return lab_accept(lab, &file, refusal);
}

static uint32_t too_few_old_keys(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.roots = ROOT_A | ROOT_D | STRANGER;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_D | STRANGER, refusal);
}

static uint32_t too_few_new_keys(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.roots = ROOT_C | ROOT_D;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B | ROOT_D, refusal);
}

static uint32_t one_key_twice(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    lab_write_root(lab, &root, &file);
    lab_sign(lab, ROOT_A, &file);
    lab_sign(lab, ROOT_A, &file);
    return update_trust_add_root(lab->trust, file.text, file.size, refusal);
}

static uint32_t key_listed_twice(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    static struct lab_file key;
    root.version = 2;
    key.size = 0;
    lab_add_key(lab, "root-key", ROOT_A, &key);
    lab_add(&key, "manifest-threshold");
    lab_write_root(lab, &root, &file);
    lab_replace(&file, "manifest-threshold", key.text);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
    return update_trust_add_root(lab->trust, file.text, file.size, refusal);
}

static uint32_t key_in_two_roles(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.manifests = ROOT_A;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

/* A key under the id of another would count for it. */
static uint32_t key_under_another_id(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    static struct lab_file id, other;
    root.version = 2;
    id.size = other.size = 0;
    lab_add_hex(&id, lab->keys[2].public_key.id, UPDATE_DIGEST_SIZE); /* ROOT_C */
    lab_add_hex(&other, lab->keys[7].public_key.id, UPDATE_DIGEST_SIZE);
    lab_write_root(lab, &root, &file);
    lab_replace(&file, id.text, other.text);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
    return update_trust_add_root(lab->trust, file.text, file.size, refusal);
}

static uint32_t threshold_too_high(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.manifest_threshold = 3;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

static uint32_t threshold_of_none(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.manifest_threshold = 0;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

/* It was signed with the key that a later root has dropped. */
static uint32_t stolen_manifest_key(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.manifests = MANIFEST_B;
    assert_int_equal(lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal), 0);
    return lab_offer_manifest(lab, &usual_manifest, MANIFEST_A, refusal);
}

static uint32_t stolen_root_key(struct lab *lab, struct update_refusal *refusal)
{
    struct lab_root root = usual_root;
    root.version = 2;
    root.roots = ROOT_B | ROOT_C | ROOT_D;
    assert_int_equal(lab_offer_root(lab, &root, ROOT_B | ROOT_C, refusal), 0);
    root.version = 3;
    return lab_offer_root(lab, &root, ROOT_A | ROOT_B, refusal);
}

/* ---- malformed and endless files ---- */

static uint32_t endless_manifest(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    memset(file.text + file.size, 'a', UPDATE_METADATA_SIZE);
    file.size = UPDATE_METADATA_SIZE + 1;
    return lab_accept(lab, &file, refusal);
}

static uint32_t empty_manifest(struct lab *lab, struct update_refusal *refusal)
{
    file.size = 0;
    return lab_accept(lab, &file, refusal);
}

static uint32_t cut_off_manifest(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    file.size--;
    return lab_accept(lab, &file, refusal);
}

static uint32_t zero_byte(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    file.text[30] = 0;
    return lab_accept(lab, &file, refusal);
}

static uint32_t lines_after_signatures(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    lab_add(&file, "version 9\n");
    return lab_accept(lab, &file, refusal);
}

static uint32_t many_signatures(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    for (unsigned i = 0; i <= UPDATE_SIGNATURES_MAX; i++) {
        char line[256];
        snprintf(line, sizeof(line), "signature %064u %0128u\n", i, i);
        lab_add(&file, line);
    }
    return lab_accept(lab, &file, refusal);
}

static uint32_t version_used_up(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_replace(&file, "\nversion 5\n", "\nversion 9223372036854775808\n");
    lab_sign(lab, MANIFEST_A, &file);
    return lab_accept(lab, &file, refusal);
}

static uint32_t path_in_file_name(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_replace(&file, "Gatehouse-1.1.0", "..\\..\\Gatehouse-1.1.0");
    lab_sign(lab, MANIFEST_A, &file);
    return lab_accept(lab, &file, refusal);
}

static uint32_t later_format(struct lab *lab, struct update_refusal *refusal)
{
    lab_write_manifest(&usual_manifest, &file);
    lab_replace(&file, "gatehouse-manifest 1", "gatehouse-manifest 2");
    lab_sign(lab, MANIFEST_A, &file);
    return lab_accept(lab, &file, refusal);
}

/* ---- the package ---- */

static uint32_t feed(struct lab *lab, size_t promised, const char *bytes, size_t size,
                     struct update_refusal *refusal)
{
    struct update_package package = {.size = promised};
    CLEANUP_UPDATE_PACKAGE struct update_package_check check = {0};
    assert_int_equal(update_sha256(lab->crypto, "package", 7, package.digest), 0);
    assert_int_equal(update_package_begin(&check, lab->crypto, &package, refusal), 0);
    for (size_t i = 0; i < size; i++) {
        const uint32_t error = update_package_add(&check, bytes + i, 1, refusal);
        if (error)
            return error;
    }
    return update_package_end(&check, refusal);
}

static uint32_t endless_package(struct lab *lab, struct update_refusal *refusal)
{
    return feed(lab, 7, "packagepackage", 14, refusal);
}

static uint32_t short_package(struct lab *lab, struct update_refusal *refusal)
{
    return feed(lab, 7, "packag", 6, refusal);
}

static uint32_t other_package(struct lab *lab, struct update_refusal *refusal)
{
    return feed(lab, 7, "Package", 7, refusal);
}

static const struct attack {
    const char *name;
    enum update_reason reason;
    uint32_t (*run)(struct lab *lab, struct update_refusal *refusal);
} attacks[] = {
    {"an older manifest", UPDATE_MANIFEST_ROLLBACK, manifest_rollback},
    {"another manifest of the same version", UPDATE_MANIFEST_REPLACED, manifest_other_content},
    {"an old manifest for ever", UPDATE_MANIFEST_EXPIRED, manifest_freeze},
    {"an expired manifest and a clock set back", UPDATE_MANIFEST_EXPIRED, clock_set_back},
    {"an older root", UPDATE_ROOT_ROLLBACK, root_rollback},
    {"the root again", UPDATE_ROOT_ROLLBACK, root_again},
    {"a root that skips a version", UPDATE_ROOT_GAP, root_gap},
    {"an expired root", UPDATE_ROOT_EXPIRED, root_expired},
    {"an older root beside the program", UPDATE_SIGNATURES, installed_root_rollback},
    {"another root of the same version", UPDATE_ROOT_REPLACED, installed_root_replaced},
    {"another channel's manifest", UPDATE_MANIFEST_CHANNEL, other_channel},
    {"another product's manifest", UPDATE_MANIFEST_PRODUCT, other_product},
    {"another product's root", UPDATE_ROOT_PRODUCT, root_of_other_product},
    {"another product's root beside the program", UPDATE_ROOT_PRODUCT,
     installed_root_of_other_product},
    {"a root in the place of a manifest", UPDATE_BAD_LINE, root_as_manifest},
    {"another architecture", UPDATE_ARCHITECTURE, other_architecture},
    {"a release for a newer Windows", UPDATE_OLD_WINDOWS, older_windows},
    {"an older release in a newer manifest", UPDATE_DOWNGRADE, older_release},
    {"the installed release", UPDATE_INSTALLED_ALREADY, same_release},
    {"no signature", UPDATE_UNSIGNED, not_signed},
    {"an unknown key", UPDATE_SIGNATURES, wrong_key},
    {"root keys on a manifest", UPDATE_SIGNATURES, root_keys_sign_manifest},
    {"manifest keys on a root", UPDATE_SIGNATURES, manifest_keys_sign_root},
    {"a byte changed", UPDATE_SIGNATURES, manifest_changed},
    {"another file's signature", UPDATE_SIGNATURES, signature_of_another_file},
    {"a signature under a trusted id", UPDATE_SIGNATURES, signature_under_another_id},
    {"a signature of zeros", UPDATE_SIGNATURES, zero_signature},
    {"too few of the old root keys", UPDATE_SIGNATURES, too_few_old_keys},
    {"too few of the new root keys", UPDATE_ROOT_NEW_SIGNATURES, too_few_new_keys},
    {"one key signs twice", UPDATE_REPEATED_SIGNATURE, one_key_twice},
    {"one key is listed twice", UPDATE_KEY_REPEATED, key_listed_twice},
    {"one key in two roles", UPDATE_KEY_REPEATED, key_in_two_roles},
    {"a key under another's id", UPDATE_KEY_ID, key_under_another_id},
    {"a threshold that nobody reaches", UPDATE_THRESHOLD, threshold_too_high},
    {"a threshold of none", UPDATE_BAD_LINE, threshold_of_none},
    {"a stolen manifest key after its end", UPDATE_SIGNATURES, stolen_manifest_key},
    {"a stolen root key after its end", UPDATE_SIGNATURES, stolen_root_key},
    {"a manifest without an end", UPDATE_TOO_LARGE, endless_manifest},
    {"an empty manifest", UPDATE_EMPTY, empty_manifest},
    {"a manifest cut off", UPDATE_EMPTY, cut_off_manifest},
    {"a zero byte", UPDATE_BAD_CHARACTER, zero_byte},
    {"lines after the signatures", UPDATE_BAD_LINE, lines_after_signatures},
    {"a signature more than there may be", UPDATE_TOO_MANY_SIGNATURES, many_signatures},
    {"a version beyond all versions", UPDATE_BAD_LINE, version_used_up},
    {"a path in a file name", UPDATE_BAD_LINE, path_in_file_name},
    {"a later format", UPDATE_BAD_LINE, later_format},
    {"a package without an end", UPDATE_PACKAGE_LONG, endless_package},
    {"a package cut off", UPDATE_PACKAGE_SHORT, short_package},
    {"another package of the same size", UPDATE_PACKAGE_DIGEST, other_package},
};

static void test_each_attack_is_refused_for_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(attacks); i++) {
        const struct attack *attack = &attacks[i];
        struct update_refusal refusal = {0};
        struct lab lab;
        lab_open(&lab);
        const uint32_t code = attack->run(&lab, &refusal);
        lab_close(&lab);
        if (code != update_reason_code(attack->reason) || refusal.reason != attack->reason ||
            refusal.code != code)
            fail_msg("%s: %s, %u", attack->name, update_reason_name(refusal.reason),
                     (unsigned)code);
    }
}

/* What a refusal leaves is what was before: the next update is accepted, but where the attack is
 * the installed root itself, or a root that has expired. */
static void test_no_attack_keeps_the_next_update_away(void **state)
{
    struct lab_manifest next = usual_manifest;
    (void)state;
    next.version = 6;
    for (size_t i = 0; i < ARRAY_COUNT(attacks); i++) {
        const struct attack *attack = &attacks[i];
        struct update_refusal refusal = {0};
        struct lab lab;
        lab_open(&lab);
        attack->run(&lab, &refusal);
        const bool is_open = lab.trust && attack->reason != UPDATE_ROOT_EXPIRED;
        const uint32_t code = is_open ? lab_offer_manifest(&lab, &next, MANIFEST_B, &refusal) : 0;
        lab_close(&lab);
        if (code)
            fail_msg("%s: %s", attack->name, update_reason_name(refusal.reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attack_is_refused_for_its_reason),
        cmocka_unit_test(test_no_attack_keeps_the_next_update_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
