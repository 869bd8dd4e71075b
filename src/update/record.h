/* SPDX-License-Identifier: MIT */
/* record.h: what this computer has accepted, as bytes: one file, so that all of it changes in one
 * step. It is what makes an old root or manifest known as old, so it is kept apart from the
 * installed version, and damage is refused, never guessed.
 *
 *     record  = magic time count channel*  root-size root digest   ; integers little-endian
 *     magic   = %x47 %x55 %x52 %x01        ; "GUR" and the version
 *     time    = 8byte                      ; when a manifest was last accepted; 0: never
 *     count   = byte
 *     channel = name-size name version digest
 *     version = 8byte                      ; of the newest accepted manifest
 *     digest  = 32byte                     ; SHA-256: of what is signed of that manifest; at the
 * end, ; of all bytes before root-size = 4byte                    ; 0: no other root than the
 * installed one
 */
#ifndef UPDATE_RECORD_H
#define UPDATE_RECORD_H

#include "update/manifest.h"

enum {
    UPDATE_CHANNELS_MAX = 16,
    UPDATE_RECORD_SIZE = 13 + UPDATE_CHANNELS_MAX * (1 + UPDATE_CHANNEL_SIZE - 1 + 8 + 32) + 4 +
                         UPDATE_METADATA_SIZE + 32
};

/* The newest manifest of a channel. */
struct update_accepted {
    char channel[UPDATE_CHANNEL_SIZE];
    uint64_t version;
    uint8_t digest[UPDATE_DIGEST_SIZE];
};

struct update_record {
    uint64_t time; /* seconds since the beginning of 1970, UTC */
    size_t channel_count;
    struct update_accepted channels[UPDATE_CHANNELS_MAX];
    size_t root_size;
    unsigned char root[UPDATE_METADATA_SIZE];
};

/* Writes the record and its size. Returns 0 or an error of `crypto`. */
uint32_t update_record_encode(const struct update_record *record, struct update_crypto *crypto,
                              unsigned char bytes[UPDATE_RECORD_SIZE], size_t *size);

/* Refuses with UPDATE_RECORD_DAMAGED what the grammar does not have or whose digest is another. The
 * record is empty then. */
uint32_t update_record_decode(const void *bytes, size_t size, struct update_crypto *crypto,
                              struct update_record *record, struct update_refusal *refusal);

/* The newest accepted manifest of a channel; NULL: none. */
const struct update_accepted *update_record_find(const struct update_record *record,
                                                 const char *channel);

#endif
