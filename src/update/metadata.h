/* SPDX-License-Identifier: MIT */
/* metadata.h: what roots and manifests have in common: lines of ASCII, and the signatures at the
 * end.
 *
 *     file      = 1*(line LF) 1*(signature LF)       ; at most 65536 bytes
 *     line      = key 1*(SP value)                   ; bytes %x20-7E
 *     signature = "signature" SP key-id SP r-and-s   ; at most 32, each of another key
 *     key-id    = 64HEXDIG                           ; SHA-256 of x and y
 *     r-and-s   = 128HEXDIG
 *
 * What is signed are all bytes before the first signature. Hexadecimal digits are small. There are
 * no comments, empty lines or blanks at ends: each content has one form only. A signature of an
 * unknown key is passed over, so that old and new keys can sign side by side. */
#ifndef UPDATE_METADATA_H
#define UPDATE_METADATA_H

#include "update/crypto.h"
#include "update/refusal.h"

#include <stdbool.h>

enum { UPDATE_METADATA_SIZE = 65536, UPDATE_SIGNATURES_MAX = 32, UPDATE_KEYS_MAX = 16 };

struct update_key {
    uint8_t id[UPDATE_DIGEST_SIZE];
    uint8_t point[UPDATE_KEY_SIZE];
};

/* Keys of which `threshold` must have signed. */
struct update_role {
    uint32_t threshold; /* 1 to `count` */
    size_t count;
    struct update_key keys[UPDATE_KEYS_MAX];
};

struct update_signature {
    uint8_t key_id[UPDATE_DIGEST_SIZE];
    uint8_t value[UPDATE_SIGNATURE_SIZE];
};

/* A file taken apart; points into its bytes. */
struct update_metadata {
    const char *body; /* what is signed */
    size_t body_size;
    size_t signature_count;
    struct update_signature signatures[UPDATE_SIGNATURES_MAX];
};

/* Takes a file apart; reads nothing of it but its characters and signatures. Returns 0 or the code
 * of the refusal. */
uint32_t update_metadata_split(const void *bytes, size_t size, struct update_metadata *metadata,
                               struct update_refusal *refusal);

/* The SHA-256 of what is signed. */
uint32_t update_metadata_digest(const struct update_metadata *metadata,
                                struct update_crypto *crypto, uint8_t digest[UPDATE_DIGEST_SIZE]);

/* Whether as many keys of the role as it asks for have signed: 0, the code of `reason` if not, or
 * an error of `crypto`. */
uint32_t update_metadata_verify(const struct update_metadata *metadata,
                                struct update_crypto *crypto, const struct update_role *role,
                                enum update_reason reason, struct update_refusal *refusal);

#endif
