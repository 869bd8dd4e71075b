/* SPDX-License-Identifier: MIT */
/* What is accepted: roots that follow each other, manifests, and what is remembered of them. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include <string.h>

static struct lab_file file;

static int open_lab(void **state)
{
    static struct lab lab;
    lab_open(&lab);
    *state = &lab;
    return 0;
}

static int close_lab(void **state)
{
    lab_close(*state);
    return 0;
}

static struct lab_root root_of_version(unsigned version)
{
    struct lab_root root = usual_root;
    root.version = version;
    return root;
}

static struct lab_manifest manifest_of_version(unsigned version)
{
    struct lab_manifest manifest = usual_manifest;
    manifest.version = version;
    return manifest;
}

static uint32_t accept_at(struct lab *lab, const struct lab_manifest *manifest, uint64_t now,
                          struct update_refusal *refusal)
{
    struct update_manifest accepted;
    lab_write_manifest(manifest, &file);
    lab_sign(lab, MANIFEST_A, &file);
    return update_trust_accept(lab->trust, file.text, file.size, manifest->channel, now, &accepted,
                               refusal);
}

static void write_usual_root(struct lab *lab)
{
    lab_write_root(lab, &usual_root, &file);
    lab_sign(lab, ROOT_A | ROOT_B, &file);
}

static void test_the_installed_root_is_remembered(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(lab->trust->root.version, 1);
    assert_true(lab->trust->is_changed);
    write_usual_root(lab);
    assert_int_equal(lab->trust->record.root_size, file.size);
}

static void test_a_manifest_says_what_it_says(void **state)
{
    struct lab *lab = *state;
    struct update_manifest manifest;
    struct update_refusal refusal;
    const struct update_package *package;
    const struct update_machine machine = {"x86_64", {{10, 0, 17763}}, {{1, 0, 65535}}};
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, MANIFEST_B, &file);
    assert_int_equal(update_trust_accept(lab->trust, file.text, file.size, "stable", lab_now,
                                         &manifest, &refusal),
                     0);
    assert_string_equal(manifest.product, "Gatehouse");
    assert_string_equal(manifest.channel, "stable");
    assert_int_equal(manifest.version, 5);
    assert_int_equal(manifest.expires, 1798761600); /* date -d 2027-01-01 +%s */
    assert_int_equal(update_manifest_choose(&manifest, &machine, &package, &refusal), 0);
    assert_int_equal(package->size, 1000);
    assert_int_equal(package->digest[31], 0xFF);
    assert_string_equal(package->file_name, "Gatehouse-1.1.0-x86_64.msi");
}

static void test_what_is_parsed_unsigned_has_no_digest(void **state)
{
    struct lab *lab = *state;
    static const uint8_t none[UPDATE_DIGEST_SIZE];
    struct update_manifest manifest;
    struct update_refusal refusal;
    lab_write_manifest(&usual_manifest, &file);
    lab_sign(lab, STRANGER, &file);
    assert_int_equal(update_manifest_parse(file.text, file.size, &manifest, &refusal), 0);
    assert_int_equal(manifest.release.parts[1], 1);
    assert_memory_equal(manifest.digest, none, sizeof(none));
}

static void test_an_equal_manifest_is_accepted_again(void **state)
{
    struct lab *lab = *state;
    struct update_refusal refusal;
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now, &refusal), 0);
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now + 1, &refusal), 0);
    assert_int_equal(lab->trust->record.channel_count, 1);
}

static void test_a_signature_of_an_unknown_key_does_no_harm(void **state)
{
    struct lab *lab = *state;
    struct update_refusal refusal;
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, STRANGER | MANIFEST_B, &refusal), 0);
}

static void test_channels_have_versions_of_their_own(void **state)
{
    struct lab *lab = *state;
    struct lab_manifest beta = manifest_of_version(2);
    struct update_refusal refusal;
    beta.channel = "beta";
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now, &refusal), 0);
    assert_int_equal(accept_at(lab, &beta, lab_now, &refusal), 0);
    assert_int_equal(update_record_find(&lab->trust->record, "stable")->version, 5);
    assert_int_equal(update_record_find(&lab->trust->record, "beta")->version, 2);
}

static void test_there_is_room_for_so_many_channels(void **state)
{
    struct lab *lab = *state;
    struct lab_manifest manifest = usual_manifest;
    struct update_refusal refusal;
    char channel[] = "a";
    manifest.channel = channel;
    for (; *channel < 'a' + UPDATE_CHANNELS_MAX; ++*channel)
        assert_int_equal(accept_at(lab, &manifest, lab_now, &refusal), 0);
    assert_int_not_equal(accept_at(lab, &manifest, lab_now, &refusal), 0);
    assert_int_equal(refusal.reason, UPDATE_RECORD_FULL);
    *channel = 'a';
    assert_int_equal(accept_at(lab, &manifest, lab_now, &refusal), 0);
}

static void test_roots_follow_each_other_to_all_new_keys(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2), third = root_of_version(3);
    struct update_refusal refusal;
    second.roots = ROOT_C | ROOT_D;
    third.roots = ROOT_D;
    third.root_threshold = 1;
    third.manifests = MANIFEST_C;
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_B | ROOT_C | ROOT_D, &refusal), 0);
    assert_int_equal(lab_offer_root(lab, &third, ROOT_C | ROOT_D, &refusal), 0);
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, MANIFEST_C, &refusal), 0);
}

/* A computer that was off for years comes through all the roots that have expired meanwhile. */
static void test_an_expired_root_between_others_does_no_harm(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2), third = root_of_version(3);
    struct update_refusal refusal;
    second.expires = "2020-01-01T00:00:00Z";
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_C, &refusal), 0);
    assert_int_equal(lab_offer_root(lab, &third, ROOT_A | ROOT_B, &refusal), 0);
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, MANIFEST_A, &refusal), 0);
}

static void test_a_root_that_drops_a_manifest_key_forgets_the_versions(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2);
    struct lab_manifest used_up = manifest_of_version(4000000000);
    struct update_refusal refusal;
    second.manifests = MANIFEST_B | MANIFEST_C;
    assert_int_equal(accept_at(lab, &used_up, lab_now, &refusal), 0);
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_B, &refusal), 0);
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, MANIFEST_B, &refusal), 0);
}

static void test_a_root_that_adds_a_manifest_key_forgets_nothing(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2);
    struct lab_manifest older = manifest_of_version(4);
    struct update_refusal refusal;
    second.manifests |= MANIFEST_C;
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now, &refusal), 0);
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_B, &refusal), 0);
    assert_int_not_equal(lab_offer_manifest(lab, &older, MANIFEST_C, &refusal), 0);
    assert_int_equal(refusal.reason, UPDATE_MANIFEST_ROLLBACK);
}

static void test_what_was_accepted_is_there_after_a_restart(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2);
    struct lab_manifest older = manifest_of_version(4);
    struct update_refusal refusal;
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_B, &refusal), 0);
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now, &refusal), 0);
    write_usual_root(lab);
    assert_int_equal(lab_reopen(lab, &file, &refusal), 0);
    assert_false(lab->trust->is_changed);
    assert_int_equal(lab->trust->root.version, 2);
    assert_int_equal(lab->trust->record.time, lab_now);
    assert_int_not_equal(accept_at(lab, &older, lab_now, &refusal), 0);
    assert_int_equal(refusal.reason, UPDATE_MANIFEST_ROLLBACK);
}

static void test_a_newer_package_brings_a_newer_root(void **state)
{
    struct lab *lab = *state;
    struct lab_root third = root_of_version(3);
    struct update_refusal refusal;
    third.roots = ROOT_D;
    third.root_threshold = 1;
    third.manifests = MANIFEST_C;
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now, &refusal), 0);
    lab_write_root(lab, &third, &file);
    lab_sign(lab, ROOT_D, &file);
    assert_int_equal(lab_reopen(lab, &file, &refusal), 0);
    assert_true(lab->trust->is_changed);
    assert_int_equal(lab->trust->root.version, 3);
    assert_int_equal(lab->trust->record.channel_count, 0);
    assert_int_equal(lab_offer_manifest(lab, &usual_manifest, MANIFEST_C, &refusal), 0);
}

static void test_a_signature_more_makes_no_other_root(void **state)
{
    struct lab *lab = *state;
    struct update_refusal refusal;
    write_usual_root(lab);
    lab_sign(lab, ROOT_C, &file);
    assert_int_equal(lab_reopen(lab, &file, &refusal), 0);
}

/* A clock that is wrong once cannot lock the computer out for longer than the manifest that was
 * accepted then was valid. */
static void test_time_is_kept_no_further_than_what_was_accepted_was_valid(void **state)
{
    struct lab *lab = *state;
    struct lab_manifest next = manifest_of_version(6);
    struct update_refusal refusal;
    assert_int_not_equal(accept_at(lab, &usual_manifest, lab_now + 86400 * 31, &refusal), 0);
    assert_int_equal(lab->trust->record.time, 0);
    assert_int_equal(accept_at(lab, &usual_manifest, lab_now + 86400 * 31 - 1, &refusal), 0);
    next.expires = "2027-01-01T00:00:01Z";
    assert_int_equal(accept_at(lab, &next, lab_now, &refusal), 0);
    assert_int_equal(lab->trust->record.time, lab_now + 86400 * 31 - 1);
}

static void test_signers_are_those_of_the_newest_root(void **state)
{
    struct lab *lab = *state;
    struct lab_root second = root_of_version(2);
    struct update_refusal refusal;
    const uint8_t other[UPDATE_DIGEST_SIZE] = {[31] = 2};
    assert_false(update_root_has_signer(&lab->trust->root, other));
    second.signers = 2;
    assert_int_equal(lab_offer_root(lab, &second, ROOT_A | ROOT_B, &refusal), 0);
    assert_true(update_root_has_signer(&lab->trust->root, other));
}

static void test_without_an_installed_root_there_is_no_trust(void **state)
{
    struct lab *lab = *state;
    const struct update_start start = {.crypto = lab->crypto, .product = "Gatehouse"};
    struct update_trust *trust;
    struct update_refusal refusal;
    assert_int_not_equal(update_trust_open(&start, &trust, &refusal), 0);
    assert_int_equal(refusal.reason, UPDATE_NO_ROOT);
    assert_null(trust);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_lab, close_lab)
    const struct CMUnitTest tests[] = {
        TEST(test_the_installed_root_is_remembered),
        TEST(test_a_manifest_says_what_it_says),
        TEST(test_what_is_parsed_unsigned_has_no_digest),
        TEST(test_an_equal_manifest_is_accepted_again),
        TEST(test_a_signature_of_an_unknown_key_does_no_harm),
        TEST(test_channels_have_versions_of_their_own),
        TEST(test_there_is_room_for_so_many_channels),
        TEST(test_roots_follow_each_other_to_all_new_keys),
        TEST(test_an_expired_root_between_others_does_no_harm),
        TEST(test_a_root_that_drops_a_manifest_key_forgets_the_versions),
        TEST(test_a_root_that_adds_a_manifest_key_forgets_nothing),
        TEST(test_what_was_accepted_is_there_after_a_restart),
        TEST(test_a_newer_package_brings_a_newer_root),
        TEST(test_a_signature_more_makes_no_other_root),
        TEST(test_time_is_kept_no_further_than_what_was_accepted_was_valid),
        TEST(test_signers_are_those_of_the_newest_root),
        TEST(test_without_an_installed_root_there_is_no_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
