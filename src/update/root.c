/* SPDX-License-Identifier: MIT */
#include "update/root.h"

#include "base/array.h"
#include "update/lines.h"

#include <string.h>

/* ---- lines ---- */

static bool read_root_format(struct update_line *values, void *target)
{
    uint64_t format;
    (void)target;
    return update_line_number(values, 1, UINT16_MAX, &format) && format == 1;
}

static bool read_root_product(struct update_line *values, void *target)
{
    struct update_root *root = target;
    return update_line_rest(values, root->product, sizeof(root->product));
}

static bool read_root_version(struct update_line *values, void *target)
{
    return update_line_number(values, 1, INT64_MAX, &((struct update_root *)target)->version);
}

static bool read_root_expires(struct update_line *values, void *target)
{
    return update_line_time(values, &((struct update_root *)target)->expires);
}

static bool read_threshold(struct update_line *values, struct update_role *role)
{
    uint64_t threshold;
    if (!update_line_number(values, 1, UPDATE_KEYS_MAX, &threshold))
        return false;
    role->threshold = (uint32_t)threshold;
    return true;
}

static bool read_key(struct update_line *values, struct update_role *role)
{
    struct update_key *key = &role->keys[role->count++];
    return update_line_hex(values, key->id, sizeof(key->id)) &&
           update_line_hex(values, key->point, sizeof(key->point));
}

static bool read_root_threshold(struct update_line *values, void *target)
{
    return read_threshold(values, &((struct update_root *)target)->roots);
}

static bool read_root_key(struct update_line *values, void *target)
{
    return read_key(values, &((struct update_root *)target)->roots);
}

static bool read_manifest_threshold(struct update_line *values, void *target)
{
    return read_threshold(values, &((struct update_root *)target)->manifests);
}

static bool read_manifest_key(struct update_line *values, void *target)
{
    return read_key(values, &((struct update_root *)target)->manifests);
}

static bool read_package_signer(struct update_line *values, void *target)
{
    struct update_root *root = target;
    return update_line_hex(values, root->signers[root->signer_count++], UPDATE_DIGEST_SIZE);
}

static const struct update_line_rule root_lines[] = {
    {"gatehouse-root", 1, 1, read_root_format},
    {"product", 1, 1, read_root_product},
    {"version", 1, 1, read_root_version},
    {"expires", 1, 1, read_root_expires},
    {"root-threshold", 1, 1, read_root_threshold},
    {"root-key", 1, UPDATE_KEYS_MAX, read_root_key},
    {"manifest-threshold", 1, 1, read_manifest_threshold},
    {"manifest-key", 1, UPDATE_KEYS_MAX, read_manifest_key},
    {"signer", 1, UPDATE_SIGNERS_MAX, read_package_signer},
};

/* ---- keys ---- */

static bool has_key(const struct update_role *role, size_t count, const struct update_key *key)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(role->keys[i].point, key->point, sizeof(key->point)) == 0)
            return true;
    return false;
}

/* That the ids are those of the keys makes equal ids mean equal keys. */
static uint32_t check_ids(const struct update_role *role, struct update_crypto *crypto,
                          struct update_refusal *refusal)
{
    for (size_t i = 0; i < role->count; i++) {
        const struct update_key *key = &role->keys[i];
        uint8_t id[UPDATE_DIGEST_SIZE];
        const uint32_t error =
            update_fail(refusal, update_sha256(crypto, key->point, sizeof(key->point), id));
        if (error)
            return error;
        if (memcmp(id, key->id, sizeof(id)) != 0)
            return update_refuse(refusal, UPDATE_KEY_ID);
    }
    return role->threshold > role->count ? update_refuse(refusal, UPDATE_THRESHOLD) : 0;
}

static uint32_t check_keys(const struct update_root *root, struct update_crypto *crypto,
                           struct update_refusal *refusal)
{
    uint32_t error = check_ids(&root->roots, crypto, refusal);
    if (!error)
        error = check_ids(&root->manifests, crypto, refusal);
    if (error)
        return error;
    for (size_t i = 0; i < root->roots.count; i++)
        if (has_key(&root->roots, i, &root->roots.keys[i]))
            return update_refuse(refusal, UPDATE_KEY_REPEATED);
    for (size_t i = 0; i < root->manifests.count; i++)
        if (has_key(&root->manifests, i, &root->manifests.keys[i]) ||
            has_key(&root->roots, root->roots.count, &root->manifests.keys[i]))
            return update_refuse(refusal, UPDATE_KEY_REPEATED);
    return 0;
}

/* ---- roots ---- */

static uint32_t root_read_body(const struct update_metadata *metadata, struct update_crypto *crypto,
                               struct update_root *root, struct update_refusal *refusal)
{
    *root = (struct update_root){0};
    uint32_t error = update_lines_read(metadata->body, metadata->body_size, root_lines,
                                       ARRAY_COUNT(root_lines), root, refusal);
    if (!error)
        error = check_keys(root, crypto, refusal);
    return error ? error
                 : update_metadata_verify(metadata, crypto, &root->roots,
                                          UPDATE_ROOT_NEW_SIGNATURES, refusal);
}

uint32_t update_root_read(const void *bytes, size_t size, struct update_crypto *crypto,
                          struct update_root *root, struct update_refusal *refusal)
{
    struct update_metadata metadata;
    const uint32_t error = update_metadata_split(bytes, size, &metadata, refusal);
    return error ? error : root_read_body(&metadata, crypto, root, refusal);
}

uint32_t update_root_read_next(const struct update_root *trusted, const void *bytes, size_t size,
                               struct update_crypto *crypto, struct update_root *root,
                               struct update_refusal *refusal)
{
    struct update_metadata metadata;
    uint32_t error = update_metadata_split(bytes, size, &metadata, refusal);
    if (!error)
        error =
            update_metadata_verify(&metadata, crypto, &trusted->roots, UPDATE_SIGNATURES, refusal);
    if (!error)
        error = root_read_body(&metadata, crypto, root, refusal);
    if (error)
        return error;
    if (strcmp(root->product, trusted->product) != 0)
        return update_refuse(refusal, UPDATE_ROOT_PRODUCT);
    if (root->version <= trusted->version)
        return update_refuse(refusal, UPDATE_ROOT_ROLLBACK);
    return root->version != trusted->version + 1 ? update_refuse(refusal, UPDATE_ROOT_GAP) : 0;
}

bool update_root_has_signer(const struct update_root *root,
                            const uint8_t signer[UPDATE_DIGEST_SIZE])
{
    for (size_t i = 0; i < root->signer_count; i++)
        if (memcmp(root->signers[i], signer, UPDATE_DIGEST_SIZE) == 0)
            return true;
    return false;
}

bool update_root_drops_manifest_key(const struct update_root *older,
                                    const struct update_root *newer)
{
    for (size_t i = 0; i < older->manifests.count; i++)
        if (!has_key(&newer->manifests, newer->manifests.count, &older->manifests.keys[i]))
            return true;
    return false;
}
