/* SPDX-License-Identifier: MIT */
/* Long random runs of offers, good and bad ones: what src/update accepts is what the rules say,
 * told here once more and in another way, with sets of keys. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_tokens.h"
#include "tests/unit/update_lab.h"

#include <stdio.h>
#include <string.h>

enum { RUNS = 30, OFFERS = 60, ALL_KEYS = 255, SECONDS = 60 };

/* What the rules remember. Times are seconds after lab_now. */
struct rules {
    unsigned version, roots, root_threshold, manifests, manifest_threshold, root_expires;
    unsigned accepted, content; /* of the manifest; 0: none yet */
    unsigned time;
};

/* ---- chance ---- */

static uint64_t chance_state;

static unsigned chance(unsigned below)
{
    return random_next(&chance_state) % below;
}

static unsigned some_of(unsigned keys)
{
    return keys & chance(ALL_KEYS + 1);
}

static unsigned count_of(unsigned keys)
{
    unsigned count = 0;
    for (; keys; keys &= keys - 1)
        count++;
    return count;
}

static const char *second_as_time(unsigned second, char text[32])
{
    snprintf(text, 32, "2026-12-01T00:%02u:%02uZ", second / 60, second % 60);
    return text;
}

/* ---- offers ---- */

static bool rules_take_root(struct rules *rules, const struct lab_root *root, unsigned expires,
                            unsigned signed_by)
{
    const bool is_signed = count_of(signed_by & rules->roots) >= rules->root_threshold &&
                           count_of(signed_by & root->roots) >= root->root_threshold;
    const bool is_possible = count_of(root->roots) >= root->root_threshold &&
                             count_of(root->manifests) >= root->manifest_threshold;
    if (!is_signed || !is_possible || strcmp(root->product, "Gatehouse") != 0 ||
        root->version != rules->version + 1)
        return false;
    if (rules->manifests & ~root->manifests)
        rules->accepted = 0;
    rules->version = root->version;
    rules->roots = root->roots;
    rules->root_threshold = root->root_threshold;
    rules->manifests = root->manifests;
    rules->manifest_threshold = root->manifest_threshold;
    rules->root_expires = expires;
    return true;
}

static void offer_root(struct lab *lab, struct rules *rules)
{
    char expires_text[32];
    const unsigned expires = chance(4) ? 3599 : chance(2 * SECONDS);
    const unsigned roots = some_of(ROOT_A | ROOT_B | ROOT_C | ROOT_D) | (ROOT_A << chance(4));
    const unsigned manifests = some_of(MANIFEST_A | MANIFEST_B | MANIFEST_C) | MANIFEST_A;
    const struct lab_root root = {
        .product = chance(16) ? "Gatehouse" : "Acme VPN",
        .version = rules->version + (chance(4) ? 1 : chance(3)),
        .expires = second_as_time(expires, expires_text),
        .root_threshold = 1 + chance(2),
        .roots = roots,
        .manifest_threshold = 1 + chance(2),
        .manifests = chance(2) ? manifests : rules->manifests | manifests,
        .signers = 1,
    };
    const unsigned everybody = rules->roots | roots;
    const unsigned signed_by = (chance(2) ? everybody : some_of(everybody)) | some_of(STRANGER);
    struct update_refusal refusal = {0};
    const bool is_accepted = !lab_offer_root(lab, &root, signed_by, &refusal);
    if (is_accepted != rules_take_root(rules, &root, expires, signed_by))
        fail_msg("root %u of %02x, signed by %02x: %s", root.version, roots, signed_by,
                 update_reason_name(refusal.reason));
}

static bool rules_take_manifest(struct rules *rules, const struct lab_manifest *manifest,
                                unsigned content, unsigned expires, unsigned signed_by,
                                unsigned now)
{
    const unsigned time = now > rules->time ? now : rules->time;
    const bool is_signed = count_of(signed_by & rules->manifests) >= rules->manifest_threshold;
    const bool is_newer = manifest->version > rules->accepted ||
                          (manifest->version == rules->accepted && content == rules->content);
    if (!is_signed || !is_newer || strcmp(manifest->channel, "stable") != 0 || time >= expires ||
        time >= rules->root_expires)
        return false;
    rules->accepted = manifest->version;
    rules->content = content;
    rules->time = time;
    return true;
}

static void offer_manifest(struct lab *lab, struct rules *rules)
{
    static struct lab_file file;
    char expires_text[32], release[32];
    struct lab_manifest manifest = usual_manifest;
    struct update_manifest read;
    struct update_refusal refusal = {0};
    const unsigned expires = chance(4) ? 1800 : chance(2 * SECONDS);
    const unsigned signed_by =
        (chance(2) ? rules->manifests : some_of(rules->manifests)) | some_of(ROOT_A | STRANGER);
    const unsigned now = chance(SECONDS);
    const unsigned version = rules->accepted + chance(3);
    manifest.version = version > 1 ? version - 1 : 1;
    const unsigned variant = chance(4) ? 0 : 1;
    snprintf(release, sizeof(release), "%u.%u.%u", manifest.version, variant, expires);
    manifest.release = release;
    manifest.channel = chance(16) ? "stable" : "beta";
    manifest.expires = second_as_time(expires, expires_text);
    lab_write_manifest(&manifest, &file);
    lab_sign(lab, signed_by, &file);
    const bool is_accepted = !update_trust_accept(lab->trust, file.text, file.size, "stable",
                                                  lab_now + now, &read, &refusal);
    if (is_accepted !=
        rules_take_manifest(rules, &manifest, 2 * expires + variant, expires, signed_by, now))
        fail_msg("manifest %u after %u, signed by %02x, at %u: %s", manifest.version,
                 rules->accepted, signed_by, now, update_reason_name(refusal.reason));
}

/* The package's root stays the first one. */
static void restart(struct lab *lab, const struct lab_file *installed)
{
    struct update_refusal refusal = {0};
    if (lab_reopen(lab, installed, &refusal))
        fail_msg("restart: %s", update_reason_name(refusal.reason));
}

static void require_same(const struct lab *lab, const struct rules *rules)
{
    const struct update_accepted *accepted = update_record_find(&lab->trust->record, "stable");
    assert_int_equal(lab->trust->root.version, rules->version);
    assert_int_equal(accepted ? accepted->version : 0, rules->accepted);
    assert_int_equal(lab->trust->record.time,
                     rules->time ? lab_now + rules->time : lab->trust->record.time);
}

static void test_what_is_accepted_is_what_the_rules_say(void **state)
{
    static struct lab_file installed;
    unsigned roots = 0, manifests = 0;
    (void)state;
    for (uint32_t run = 0; run < RUNS; run++) {
        struct lab lab;
        struct rules rules = {.version = 1,
                              .roots = usual_root.roots,
                              .root_threshold = usual_root.root_threshold,
                              .manifests = usual_root.manifests,
                              .manifest_threshold = usual_root.manifest_threshold,
                              .root_expires = UINT32_MAX};
        chance_state = random_start(run);
        lab_open(&lab);
        lab_write_root(&lab, &usual_root, &installed);
        lab_sign(&lab, ROOT_A | ROOT_B, &installed);
        for (unsigned i = 0; i < OFFERS; i++) {
            const struct rules before = rules;
            const unsigned what = chance(8);
            if (what < 3)
                offer_root(&lab, &rules);
            else if (what < 7)
                offer_manifest(&lab, &rules);
            else
                restart(&lab, &installed);
            require_same(&lab, &rules);
            roots += rules.version != before.version;
            manifests += rules.accepted > before.accepted;
        }
        lab_close(&lab);
    }
    assert_true(roots > RUNS && manifests > RUNS); /* so that much was accepted */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_accepted_is_what_the_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
