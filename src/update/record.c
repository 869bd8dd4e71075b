/* SPDX-License-Identifier: MIT */
#include "update/record.h"

#include "base/bytes.h"

#include <string.h>

static const unsigned char magic[] = {'G', 'U', 'R', 1};

enum { VERSION_SIZE = 8, TIME_SIZE = 8, ROOT_SIZE_SIZE = 4 };

/* ---- writing ---- */

static unsigned char *record_store_channel(const struct update_accepted *accepted,
                                           unsigned char *at)
{
    const size_t length = strlen(accepted->channel);
    *at++ = (unsigned char)length;
    memcpy(at, accepted->channel, length);
    store_u64(at + length, accepted->version);
    memcpy(at + length + VERSION_SIZE, accepted->digest, UPDATE_DIGEST_SIZE);
    return at + length + VERSION_SIZE + UPDATE_DIGEST_SIZE;
}

uint32_t update_record_encode(const struct update_record *record, struct update_crypto *crypto,
                              unsigned char bytes[UPDATE_RECORD_SIZE], size_t *size)
{
    unsigned char *at = bytes + sizeof(magic);
    memcpy(bytes, magic, sizeof(magic));
    store_u64(at, record->time);
    at += TIME_SIZE;
    *at++ = (unsigned char)record->channel_count;
    for (size_t i = 0; i < record->channel_count; i++)
        at = record_store_channel(&record->channels[i], at);
    store_u32(at, (uint32_t)record->root_size);
    at += ROOT_SIZE_SIZE;
    memcpy(at, record->root, record->root_size);
    at += record->root_size;
    *size = (size_t)(at - bytes) + UPDATE_DIGEST_SIZE;
    return update_sha256(crypto, bytes, (size_t)(at - bytes), at);
}

/* ---- reading ---- */

struct record_input {
    const unsigned char *at;
    size_t left;
};

/* The next `size` bytes; NULL: there are fewer. */
static const unsigned char *record_take(struct record_input *input, size_t size)
{
    const unsigned char *at = input->at;
    if (size > input->left)
        return NULL;
    input->at += size;
    input->left -= size;
    return at;
}

static bool record_load_channel(struct record_input *input, struct update_record *record)
{
    struct update_accepted *accepted = &record->channels[record->channel_count];
    const unsigned char *length = record_take(input, 1);
    const unsigned char *name = length ? record_take(input, *length) : NULL;
    const unsigned char *version = name ? record_take(input, VERSION_SIZE) : NULL;
    const unsigned char *digest = version ? record_take(input, UPDATE_DIGEST_SIZE) : NULL;
    if (!digest || !update_channel_is_valid((const char *)name, *length))
        return false;
    memcpy(accepted->channel, name, *length);
    accepted->channel[*length] = 0;
    accepted->version = load_u64(version);
    memcpy(accepted->digest, digest, sizeof(accepted->digest));
    if (!accepted->version || update_record_find(record, accepted->channel))
        return false;
    record->channel_count++;
    return true;
}

static bool record_load_all(struct record_input *input, struct update_record *record)
{
    const unsigned char *head = record_take(input, sizeof(magic));
    const unsigned char *time = head ? record_take(input, TIME_SIZE) : NULL;
    const unsigned char *count = time ? record_take(input, 1) : NULL;
    if (!count || memcmp(head, magic, sizeof(magic)) != 0 || *count > UPDATE_CHANNELS_MAX)
        return false;
    record->time = load_u64(time);
    for (size_t i = 0; i < *count; i++)
        if (!record_load_channel(input, record))
            return false;
    const unsigned char *root_size = record_take(input, ROOT_SIZE_SIZE);
    if (!root_size || !load_u32(root_size) || load_u32(root_size) > UPDATE_METADATA_SIZE)
        return false;
    record->root_size = load_u32(root_size);
    const unsigned char *root = record_take(input, record->root_size);
    if (!root || input->left != UPDATE_DIGEST_SIZE)
        return false;
    memcpy(record->root, root, record->root_size);
    return true;
}

uint32_t update_record_decode(const void *bytes, size_t size, struct update_crypto *crypto,
                              struct update_record *record, struct update_refusal *refusal)
{
    uint8_t digest[UPDATE_DIGEST_SIZE];
    struct record_input input = {bytes, size};
    memset(record, 0, sizeof(*record));
    if (record_load_all(&input, record)) {
        const uint32_t error =
            update_fail(refusal, update_sha256(crypto, bytes, size - sizeof(digest), digest));
        if (!error && memcmp(digest, input.at, sizeof(digest)) == 0)
            return 0;
        memset(record, 0, sizeof(*record));
        if (error)
            return error;
    }
    memset(record, 0, sizeof(*record));
    return update_refuse(refusal, UPDATE_RECORD_DAMAGED);
}

const struct update_accepted *update_record_find(const struct update_record *record,
                                                 const char *channel)
{
    for (size_t i = 0; i < record->channel_count; i++)
        if (strcmp(record->channels[i].channel, channel) == 0)
            return &record->channels[i];
    return NULL;
}
