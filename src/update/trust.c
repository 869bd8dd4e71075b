/* SPDX-License-Identifier: MIT */
#include "update/trust.h"

#include "base/errors.h"

#include <string.h>

/* ---- roots ---- */

/* From now on this is the newest root. `bytes` are the file that it was read from, so no more than
 * the record has room for. */
static void trust_use_root(struct update_trust *trust, const struct update_root *root,
                           const void *bytes, size_t size)
{
    if (update_root_drops_manifest_key(&trust->root, root))
        trust->record.channel_count = 0; /* invariant 4 */
    trust->root = *root;
    memcpy(trust->record.root, bytes, size);
    trust->record.root_size = size;
    trust->is_changed = true;
}

/* Whether what is signed is the same in both files. That one has a signature more is no
 * difference. */
static uint32_t require_same_content(const struct update_start *start,
                                     const struct update_record *record,
                                     struct update_refusal *refusal)
{
    struct update_metadata a, b;
    uint32_t error = update_metadata_split(start->root, start->root_size, &a, refusal);
    if (!error)
        error = update_metadata_split(record->root, record->root_size, &b, refusal);
    if (error)
        return error;
    return a.body_size != b.body_size || memcmp(a.body, b.body, a.body_size) != 0
               ? update_refuse(refusal, UPDATE_ROOT_REPLACED)
               : 0;
}

/* The root that was accepted before is trusted as the record is. Its signatures show that it is
 * whole. */
static uint32_t read_accepted_root(struct update_trust *trust, struct update_refusal *refusal)
{
    const uint32_t error = update_root_read(trust->record.root, trust->record.root_size,
                                            trust->crypto, &trust->root, refusal);
    return error && refusal->reason != UPDATE_FAILED ? update_refuse(refusal, UPDATE_RECORD_DAMAGED)
                                                     : error;
}

/* The newer one of the installed root and the accepted one. */
static uint32_t trust_begin(struct update_trust *trust, const struct update_start *start,
                            struct update_refusal *refusal)
{
    struct update_root installed;
    uint32_t error =
        update_root_read(start->root, start->root_size, trust->crypto, &installed, refusal);
    if (!error && strcmp(installed.product, start->product) != 0)
        error = update_refuse(refusal, UPDATE_ROOT_PRODUCT);
    if (!error && start->record)
        error = update_record_decode(start->record, start->record_size, trust->crypto,
                                     &trust->record, refusal);
    if (!error && start->record)
        error = read_accepted_root(trust, refusal);
    if (!error && start->record && strcmp(trust->root.product, start->product) != 0)
        error = update_refuse(refusal, UPDATE_ROOT_PRODUCT);
    if (!error && installed.version == trust->root.version)
        error = require_same_content(start, &trust->record, refusal);
    if (!error && installed.version > trust->root.version)
        trust_use_root(trust, &installed, start->root, start->root_size);
    return error;
}

uint32_t update_trust_open(const struct update_start *start, struct update_trust **trust,
                           struct update_refusal *refusal)
{
    CLEANUP_UPDATE_TRUST struct update_trust *opened = NULL;
    *trust = NULL;
    if (!start->root)
        return update_refuse(refusal, UPDATE_NO_ROOT);
    opened = calloc(1, sizeof(*opened));
    if (!opened)
        return update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
    opened->crypto = start->crypto;
    const uint32_t error = trust_begin(opened, start, refusal);
    if (!error)
        *trust = TAKE(opened);
    return error;
}

void update_trust_close(struct update_trust **trust)
{
    free(*trust);
    *trust = NULL;
}

uint32_t update_trust_add_root(struct update_trust *trust, const void *bytes, size_t size,
                               struct update_refusal *refusal)
{
    struct update_root root;
    const uint32_t error =
        update_root_read_next(&trust->root, bytes, size, trust->crypto, &root, refusal);
    if (!error)
        trust_use_root(trust, &root, bytes, size);
    return error;
}

/* ---- manifests ---- */

/* The place of the channel in the record: an empty one, of version 0, if it has none; NULL: there
 * is no room. */
static struct update_accepted *channel_place(struct update_record *record, const char *channel)
{
    for (size_t i = 0; i < record->channel_count; i++)
        if (strcmp(record->channels[i].channel, channel) == 0)
            return &record->channels[i];
    if (record->channel_count == UPDATE_CHANNELS_MAX)
        return NULL;
    struct update_accepted *place = &record->channels[record->channel_count];
    *place = (struct update_accepted){0};
    return place;
}

/* Invariant 2. */
static uint32_t check_version(const struct update_accepted *accepted,
                              const struct update_manifest *manifest,
                              struct update_refusal *refusal)
{
    if (manifest->version < accepted->version)
        return update_refuse(refusal, UPDATE_MANIFEST_ROLLBACK);
    return manifest->version == accepted->version &&
                   memcmp(manifest->digest, accepted->digest, sizeof(accepted->digest)) != 0
               ? update_refuse(refusal, UPDATE_MANIFEST_REPLACED)
               : 0;
}

static void trust_remember(struct update_trust *trust, struct update_accepted *place,
                           const struct update_manifest *manifest, uint64_t time)
{
    if (!place->version)
        trust->record.channel_count++;
    memcpy(place->channel, manifest->channel, sizeof(place->channel));
    place->version = manifest->version;
    memcpy(place->digest, manifest->digest, sizeof(place->digest));
    trust->record.time = time;
    trust->is_changed = true;
}

uint32_t update_trust_accept(struct update_trust *trust, const void *bytes, size_t size,
                             const char *channel, uint64_t now, struct update_manifest *manifest,
                             struct update_refusal *refusal)
{
    const uint64_t time = now > trust->record.time ? now : trust->record.time; /* invariant 3 */
    if (time >= trust->root.expires)
        return update_refuse(refusal, UPDATE_ROOT_EXPIRED);
    uint32_t error =
        update_manifest_read(&trust->root, bytes, size, trust->crypto, manifest, refusal);
    if (error)
        return error;
    if (strcmp(manifest->channel, channel) != 0)
        return update_refuse(refusal, UPDATE_MANIFEST_CHANNEL);
    struct update_accepted *place = channel_place(&trust->record, channel);
    if (!place)
        return update_refuse(refusal, UPDATE_RECORD_FULL);
    error = check_version(place, manifest, refusal);
    if (error)
        return error;
    if (time >= manifest->expires)
        return update_refuse(refusal, UPDATE_MANIFEST_EXPIRED);
    trust_remember(trust, place, manifest, time);
    return 0;
}

/* ---- what must be stored ---- */

uint32_t update_trust_encode(struct update_trust *trust, unsigned char bytes[UPDATE_RECORD_SIZE],
                             size_t *size)
{
    const uint32_t error = update_record_encode(&trust->record, trust->crypto, bytes, size);
    if (!error)
        trust->is_changed = false;
    return error;
}
