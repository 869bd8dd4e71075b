/* SPDX-License-Identifier: MIT */
/* Roots, manifests and records of updates. The first byte of an input says what the rest is. Every
 * signature that is not zero counts as good here, so that what lies behind it is tried, too. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_keys.h"
#include "tests/unit/update_text.h"
#include "update/trust.h"

enum { NOW = 1796083200 /* 2026-12-01: before the seeds expire */, FILES_MAX = 16 };

static uint32_t verify_anything(struct update_crypto *crypto, const uint8_t key[UPDATE_KEY_SIZE],
                                const uint8_t digest[UPDATE_DIGEST_SIZE],
                                const uint8_t signature[UPDATE_SIGNATURE_SIZE])
{
    static const uint8_t zero[UPDATE_SIGNATURE_SIZE];
    (void)crypto;
    (void)key;
    (void)digest;
    return memcmp(signature, zero, sizeof(zero)) == 0 ? UPDATE_BAD_SIGNATURE : 0;
}

static struct update_crypto crypto;

static void require_refused(uint32_t code, const struct update_refusal *refusal)
{
    FUZZ_REQUIRE(code && refusal->code == code);
    FUZZ_REQUIRE(refusal->reason > UPDATE_FAILED && refusal->reason < UPDATE_REASONS);
}

/* What is read can be written as the same bytes only. */
static void require_body(const struct update_text *text, const uint8_t *data, size_t size)
{
    FUZZ_REQUIRE(text->size < size);
    FUZZ_REQUIRE(memcmp(text->bytes, data, text->size) == 0);
    FUZZ_REQUIRE(memcmp(data + text->size, "signature ", 10) == 0);
}

static void try_root(const uint8_t *data, size_t size)
{
    static struct update_text text;
    struct update_root root;
    struct update_refusal refusal;
    const uint32_t code = update_root_read(data, size, &crypto, &root, &refusal);
    if (code) {
        require_refused(code, &refusal);
        return;
    }
    FUZZ_REQUIRE(root.roots.count >= root.roots.threshold && root.roots.threshold);
    FUZZ_REQUIRE(root.manifests.count >= root.manifests.threshold && root.manifests.threshold);
    FUZZ_REQUIRE(root.signer_count && root.signer_count <= UPDATE_SIGNERS_MAX);
    update_text_of_root(&root, &text);
    require_body(&text, data, size);
}

static void try_manifest(const uint8_t *data, size_t size)
{
    static struct update_text text;
    struct update_manifest manifest;
    struct update_refusal refusal;
    const uint32_t code = update_manifest_parse(data, size, &manifest, &refusal);
    if (code) {
        require_refused(code, &refusal);
        return;
    }
    FUZZ_REQUIRE(manifest.package_count && manifest.package_count <= UPDATE_PACKAGES_MAX);
    for (size_t i = 0; i < manifest.package_count; i++)
        FUZZ_REQUIRE(!strpbrk(manifest.packages[i].file_name, "/\\:%*? "));
    update_text_of_manifest(&manifest, &text);
    require_body(&text, data, size);
}

/* With the right digest, so that the rest of the record is looked at. */
static void try_record(const uint8_t *data, size_t size)
{
    static struct update_record record;
    static unsigned char sealed[UPDATE_RECORD_SIZE], again[UPDATE_RECORD_SIZE];
    struct update_refusal refusal;
    size_t again_size;
    if (size > sizeof(sealed) - UPDATE_DIGEST_SIZE)
        return;
    if (size)
        memcpy(sealed, data, size);
    FUZZ_REQUIRE(update_sha256(&crypto, sealed, size, sealed + size) == 0);
    const uint32_t code =
        update_record_decode(sealed, size + UPDATE_DIGEST_SIZE, &crypto, &record, &refusal);
    if (code) {
        FUZZ_REQUIRE(refusal.reason == UPDATE_RECORD_DAMAGED && !record.root_size);
        return;
    }
    FUZZ_REQUIRE(update_record_encode(&record, &crypto, again, &again_size) == 0);
    FUZZ_REQUIRE(again_size == size + UPDATE_DIGEST_SIZE);
    FUZZ_REQUIRE(memcmp(again, sealed, again_size) == 0);
}

/* Offers a file to what is trusted; versions never fall, and the record can always be stored. */
static void offer(struct update_trust *trust, const char *text, size_t size)
{
    static unsigned char bytes[UPDATE_RECORD_SIZE];
    static struct update_record stored;
    struct update_refusal refusal;
    struct update_manifest manifest;
    const bool is_root = size > 10 && memcmp(text, "gatehouse-r", 10) == 0 && text[10] == 'r';
    const uint64_t root = trust->root.version, time = trust->record.time;
    const struct update_accepted *accepted = update_record_find(&trust->record, "stable");
    const uint64_t version = accepted ? accepted->version : 0;
    const uint32_t code =
        is_root ? update_trust_add_root(trust, text, size, &refusal)
                : update_trust_accept(trust, text, size, "stable", NOW, &manifest, &refusal);
    if (code)
        require_refused(code, &refusal);
    FUZZ_REQUIRE(trust->root.version == root + (is_root && !code ? 1 : 0));
    FUZZ_REQUIRE(trust->record.time >= time);
    FUZZ_REQUIRE(is_root || code || (manifest.version >= version && manifest.expires > NOW));
    FUZZ_REQUIRE(update_trust_encode(trust, bytes, &size) == 0);
    FUZZ_REQUIRE(update_record_decode(bytes, size, &crypto, &stored, &refusal) == 0);
}

/* Files with a zero byte between them; the first is the installed root. */
static void try_files(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    CLEANUP_FREE char *installed = input_string(&input);
    CLEANUP_UPDATE_TRUST struct update_trust *trust = NULL;
    struct update_refusal refusal;
    const struct update_start start = {.crypto = &crypto,
                                       .product = "Gatehouse",
                                       .root = installed,
                                       .root_size = strlen(installed)};
    if (update_trust_open(&start, &trust, &refusal))
        return;
    for (unsigned i = 0; input.left && i < FILES_MAX; i++) {
        CLEANUP_FREE char *file = input_string(&input);
        offer(trust, file, strlen(file));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const uint8_t *, size_t) = {try_root, try_manifest, try_record,
                                                             try_files};
    crypto = *signing_crypto_open();
    crypto.verify_p256 = verify_anything;
    if (size)
        tries[data[0] % 4](data + 1, size - 1);
    return 0;
}
