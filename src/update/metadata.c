/* SPDX-License-Identifier: MIT */
#include "update/metadata.h"

#include "update/lines.h"

#include <string.h>

static const char signature_key[] = "signature ";

/* Only then are the lines looked at: whole ones, of printable ASCII. */
static uint32_t check_characters(const char *text, size_t size, struct update_refusal *refusal)
{
    size_t line = 1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            line++;
        else if (text[i] < ' ' || text[i] > '~')
            return update_refuse_line(refusal, UPDATE_BAD_CHARACTER, line);
    }
    return !size || text[size - 1] != '\n' ? update_refuse(refusal, UPDATE_EMPTY) : 0;
}

static bool is_signature(const char *line, const char *end)
{
    const size_t length = sizeof(signature_key) - 1;
    return (size_t)(end - line) > length && memcmp(line, signature_key, length) == 0;
}

/* Where the first signature is, and the number of its line. */
static const char *find_signatures(const char *text, const char *end, size_t *line)
{
    *line = 1;
    while (text < end && !is_signature(text, end)) {
        text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
        ++*line;
    }
    return text;
}

static const struct update_signature *find_signature(const struct update_metadata *metadata,
                                                     const uint8_t key_id[UPDATE_DIGEST_SIZE])
{
    for (size_t i = 0; i < metadata->signature_count; i++)
        if (memcmp(metadata->signatures[i].key_id, key_id, UPDATE_DIGEST_SIZE) == 0)
            return &metadata->signatures[i];
    return NULL;
}

/* Of one line, without its end. */
static uint32_t add_signature(struct update_metadata *metadata, const char *text, const char *end,
                              size_t line, struct update_refusal *refusal)
{
    struct update_signature signature;
    struct update_line values = {text + sizeof(signature_key) - 1, end};
    if (!is_signature(text, end) ||
        !update_line_hex(&values, signature.key_id, sizeof(signature.key_id)) ||
        !update_line_hex(&values, signature.value, sizeof(signature.value)) ||
        !update_line_ends(&values))
        return update_refuse_line(refusal, UPDATE_BAD_LINE, line);
    if (metadata->signature_count == UPDATE_SIGNATURES_MAX)
        return update_refuse(refusal, UPDATE_TOO_MANY_SIGNATURES);
    if (find_signature(metadata, signature.key_id))
        return update_refuse_line(refusal, UPDATE_REPEATED_SIGNATURE, line);
    metadata->signatures[metadata->signature_count++] = signature;
    return 0;
}

uint32_t update_metadata_split(const void *bytes, size_t size, struct update_metadata *metadata,
                               struct update_refusal *refusal)
{
    const char *text = bytes, *const end = text + size;
    size_t line;
    *metadata = (struct update_metadata){.body = text};
    if (size > UPDATE_METADATA_SIZE)
        return update_refuse(refusal, UPDATE_TOO_LARGE);
    uint32_t error = check_characters(text, size, refusal);
    if (error)
        return error;
    const char *at = find_signatures(text, end, &line);
    metadata->body_size = (size_t)(at - text);
    for (; !error && at < end; line++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        error = add_signature(metadata, at, line_end, line, refusal);
        at = line_end + 1;
    }
    if (!error && !metadata->signature_count)
        return update_refuse(refusal, UPDATE_UNSIGNED);
    return error;
}

uint32_t update_metadata_digest(const struct update_metadata *metadata,
                                struct update_crypto *crypto, uint8_t digest[UPDATE_DIGEST_SIZE])
{
    return update_sha256(crypto, metadata->body, metadata->body_size, digest);
}

/* The keys are different ones (root.c), so none counts twice. */
uint32_t update_metadata_verify(const struct update_metadata *metadata,
                                struct update_crypto *crypto, const struct update_role *role,
                                enum update_reason reason, struct update_refusal *refusal)
{
    uint8_t digest[UPDATE_DIGEST_SIZE];
    uint32_t valid = 0;
    uint32_t error = update_fail(refusal, update_metadata_digest(metadata, crypto, digest));
    if (error)
        return error;
    for (size_t i = 0; i < role->count; i++) {
        const struct update_key *key = &role->keys[i];
        const struct update_signature *signature = find_signature(metadata, key->id);
        if (!signature)
            continue;
        error = crypto->verify_p256(crypto, key->point, digest, signature->value);
        if (error && error != UPDATE_BAD_SIGNATURE)
            return update_fail(refusal, error);
        if (!error)
            valid++;
    }
    return role->threshold && valid >= role->threshold ? 0 : update_refuse(refusal, reason);
}
