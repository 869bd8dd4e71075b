/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include "base/array.h"

#include <stdio.h>
#include <string.h>

const uint64_t lab_now = 1796083200; /* 2026-12-01T00:00:00Z */

const struct lab_root usual_root = {
    .product = "Gatehouse",
    .version = 1,
    .expires = "2027-12-01T00:00:00Z",
    .root_threshold = 2,
    .roots = ROOT_A | ROOT_B | ROOT_C,
    .manifest_threshold = 1,
    .manifests = MANIFEST_A | MANIFEST_B,
    .signers = 1,
};

const struct lab_manifest usual_manifest = {
    .product = "Gatehouse",
    .channel = "stable",
    .version = 5,
    .expires = "2027-01-01T00:00:00Z",
    .release = "1.1.0",
    .packages = "package x86_64 10.0.17763 1000 "
                "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff "
                "Gatehouse-1.1.0-x86_64.msi\n",
};

/* ---- files ---- */

void lab_add(struct lab_file *file, const char *text)
{
    const size_t length = strlen(text);
    assert_true(length < sizeof(file->text) - file->size);
    memcpy(file->text + file->size, text, length + 1);
    file->size += length;
}

void lab_add_hex(struct lab_file *file, const uint8_t *bytes, size_t size)
{
    char digits[3];
    for (size_t i = 0; i < size; i++) {
        snprintf(digits, sizeof(digits), "%02x", bytes[i]);
        lab_add(file, digits);
    }
}

static const struct signing_key *lab_key(const struct lab *lab, unsigned key)
{
    for (size_t i = 0; i < LAB_KEYS; i++)
        if (key == 1U << i)
            return &lab->keys[i];
    fail_msg("%u is not one key", key);
    return NULL;
}

void lab_add_key(const struct lab *lab, const char *word, unsigned key, struct lab_file *file)
{
    const struct update_key *public_key = &lab_key(lab, key)->public_key;
    lab_add(file, word);
    lab_add(file, " ");
    lab_add_hex(file, public_key->id, sizeof(public_key->id));
    lab_add(file, " ");
    lab_add_hex(file, public_key->point, sizeof(public_key->point));
    lab_add(file, "\n");
}

void lab_replace(struct lab_file *file, const char *old, const char *new)
{
    static struct lab_file rest;
    char *at = strstr(file->text, old);
    assert_non_null(at);
    rest.size = 0;
    lab_add(&rest, at + strlen(old));
    file->size = (size_t)(at - file->text);
    lab_add(file, new);
    lab_add(file, rest.text);
}

static void add_format(struct lab_file *file, const char *format, const char *text, unsigned number)
{
    char line[256];
    snprintf(line, sizeof(line), format, text, number);
    lab_add(file, line);
}

static void add_keys(const struct lab *lab, const char *role, unsigned threshold, unsigned keys,
                     struct lab_file *file)
{
    char word[32];
    add_format(file, "%s-threshold %u\n", role, threshold);
    snprintf(word, sizeof(word), "%s-key", role);
    for (unsigned key = 1; key <= STRANGER; key <<= 1)
        if (keys & key)
            lab_add_key(lab, word, key, file);
}

void lab_write_root(const struct lab *lab, const struct lab_root *root, struct lab_file *file)
{
    file->size = 0;
    add_format(file, "gatehouse-root 1\nproduct %s\nversion %u\n", root->product, root->version);
    add_format(file, "expires %s\n", root->expires, 0);
    add_keys(lab, "root", root->root_threshold, root->roots, file);
    add_keys(lab, "manifest", root->manifest_threshold, root->manifests, file);
    for (unsigned i = 0; i < root->signers; i++) {
        const uint8_t signer[UPDATE_DIGEST_SIZE] = {[31] = (uint8_t)(i + 1)};
        lab_add(file, "signer ");
        lab_add_hex(file, signer, sizeof(signer));
        lab_add(file, "\n");
    }
}

void lab_write_manifest(const struct lab_manifest *manifest, struct lab_file *file)
{
    file->size = 0;
    add_format(file, "gatehouse-manifest 1\nproduct %s\n", manifest->product, 0);
    add_format(file, "channel %s\nversion %u\n", manifest->channel, manifest->version);
    add_format(file, "expires %s\n", manifest->expires, 0);
    add_format(file, "release %s\n", manifest->release, 0);
    lab_add(file, manifest->packages);
}

void lab_sign(const struct lab *lab, unsigned keys, struct lab_file *file)
{
    const char *first = strstr(file->text, "\nsignature ");
    const size_t size = first ? (size_t)(first + 1 - file->text) : file->size;
    uint8_t digest[UPDATE_DIGEST_SIZE], signature[UPDATE_SIGNATURE_SIZE];
    assert_int_equal(update_sha256(lab->crypto, file->text, size, digest), 0);
    for (unsigned key = 1; key <= STRANGER; key <<= 1) {
        if (!(keys & key))
            continue;
        const struct signing_key *signer = lab_key(lab, key);
        signing_key_sign(signer, digest, signature);
        lab_add(file, "signature ");
        lab_add_hex(file, signer->public_key.id, UPDATE_DIGEST_SIZE);
        lab_add(file, " ");
        lab_add_hex(file, signature, sizeof(signature));
        lab_add(file, "\n");
    }
}

/* ---- offers ---- */

uint32_t lab_offer_root(struct lab *lab, const struct lab_root *root, unsigned signed_by,
                        struct update_refusal *refusal)
{
    static struct lab_file file;
    lab_write_root(lab, root, &file);
    lab_sign(lab, signed_by, &file);
    return update_trust_add_root(lab->trust, file.text, file.size, refusal);
}

uint32_t lab_accept(struct lab *lab, const struct lab_file *file, struct update_refusal *refusal)
{
    struct update_manifest manifest;
    return update_trust_accept(lab->trust, file->text, file->size, "stable", lab_now, &manifest,
                               refusal);
}

uint32_t lab_offer_manifest(struct lab *lab, const struct lab_manifest *manifest,
                            unsigned signed_by, struct update_refusal *refusal)
{
    static struct lab_file file;
    lab_write_manifest(manifest, &file);
    lab_sign(lab, signed_by, &file);
    return lab_accept(lab, &file, refusal);
}

/* ---- the lab ---- */

static uint32_t open_trust(struct lab *lab, const struct lab_file *root, const void *record,
                           size_t record_size, struct update_refusal *refusal)
{
    const struct update_start start = {.crypto = lab->crypto,
                                       .product = "Gatehouse",
                                       .root = root->text,
                                       .root_size = root->size,
                                       .record = record,
                                       .record_size = record_size};
    return update_trust_open(&start, &lab->trust, refusal);
}

uint32_t lab_reopen(struct lab *lab, const struct lab_file *root, struct update_refusal *refusal)
{
    static unsigned char record[UPDATE_RECORD_SIZE];
    size_t size;
    assert_int_equal(update_trust_encode(lab->trust, record, &size), 0);
    update_trust_close(&lab->trust);
    return open_trust(lab, root, record, size, refusal);
}

void lab_open(struct lab *lab)
{
    static struct lab_file root;
    struct update_refusal refusal;
    lab->crypto = signing_crypto_open();
    for (size_t i = 0; i < LAB_KEYS; i++)
        signing_key_make(lab->crypto, &lab->keys[i]);
    lab_write_root(lab, &usual_root, &root);
    lab_sign(lab, ROOT_A | ROOT_B, &root);
    assert_int_equal(open_trust(lab, &root, NULL, 0, &refusal), 0);
}

void lab_close(struct lab *lab)
{
    update_trust_close(&lab->trust);
    for (size_t i = 0; i < LAB_KEYS; i++)
        signing_key_free(&lab->keys[i]);
    signing_crypto_close(lab->crypto);
}
