/* SPDX-License-Identifier: MIT */
/* sha1.h: SHA-1 (RFC 3174), for the names of RFC 9562 only. It protects nothing: whoever wants two
 * texts with the same value can make them. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20, SHA1_BLOCK_SIZE = 64 };

struct sha1 {
    uint32_t state[5];
    uint64_t size; /* bytes so far */
    uint8_t block[SHA1_BLOCK_SIZE];
};

void sha1_begin(struct sha1 *sha1);
void sha1_add(struct sha1 *sha1, const void *bytes, size_t size);
/* Writes the value of all bytes that were added. */
void sha1_end(struct sha1 *sha1, uint8_t value[SHA1_SIZE]);

#endif
