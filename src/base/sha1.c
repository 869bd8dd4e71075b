/* SPDX-License-Identifier: MIT */
#include "base/sha1.h"

#include <string.h>

static uint32_t sha1_rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t sha1_load(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void sha1_store(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* f(t; B, C, D) and K(t), section 5. */
static uint32_t sha1_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round / 20) {
    case 0:
        return ((b & c) | (~b & d)) + 0x5A827999;
    case 1:
        return (b ^ c ^ d) + 0x6ED9EBA1;
    case 2:
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    default:
        return (b ^ c ^ d) + 0xCA62C1D6;
    }
}

/* Section 6.1. */
static void sha1_absorb(struct sha1 *sha1)
{
    uint32_t words[80], s[5];
    for (unsigned t = 0; t < 16; t++)
        words[t] = sha1_load(sha1->block + 4 * t);
    for (unsigned t = 16; t < 80; t++)
        words[t] = sha1_rotate(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
    memcpy(s, sha1->state, sizeof(s));
    for (unsigned t = 0; t < 80; t++) {
        const uint32_t next =
            sha1_rotate(s[0], 5) + sha1_mix(t, s[1], s[2], s[3]) + s[4] + words[t];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = sha1_rotate(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        sha1->state[i] += s[i];
}

void sha1_begin(struct sha1 *sha1)
{
    *sha1 = (struct sha1){
        .state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0},
    };
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (; size > 0; size--) {
        sha1->block[sha1->size++ % SHA1_BLOCK_SIZE] = *at++;
        if (sha1->size % SHA1_BLOCK_SIZE == 0)
            sha1_absorb(sha1);
    }
}

void sha1_end(struct sha1 *sha1, uint8_t value[SHA1_SIZE])
{
    static const uint8_t one = 0x80, zero = 0;
    const uint64_t bits = 8 * sha1->size;
    uint8_t length[8];
    sha1_store(length, (uint32_t)(bits >> 32));
    sha1_store(length + 4, (uint32_t)bits);
    sha1_add(sha1, &one, 1);
    while (sha1->size % SHA1_BLOCK_SIZE != SHA1_BLOCK_SIZE - sizeof(length))
        sha1_add(sha1, &zero, 1);
    sha1_add(sha1, length, sizeof(length));
    for (unsigned i = 0; i < 5; i++)
        sha1_store(value + 4 * i, sha1->state[i]);
}
