/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "base/bytes.h"
#include "base/lock.h"
#include "base/random.h"

#include <stdatomic.h>

/* ---- SipHash ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t sip_rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void sip_rounds(struct sip *sip, unsigned rounds)
{
    for (; rounds > 0; rounds--) {
        sip->v0 += sip->v1;
        sip->v2 += sip->v3;
        sip->v1 = sip_rotate(sip->v1, 13) ^ sip->v0;
        sip->v3 = sip_rotate(sip->v3, 16) ^ sip->v2;
        sip->v0 = sip_rotate(sip->v0, 32) + sip->v3;
        sip->v2 += sip->v1;
        sip->v1 = sip_rotate(sip->v1, 17) ^ sip->v2;
        sip->v3 = sip_rotate(sip->v3, 21) ^ sip->v0;
        sip->v2 = sip_rotate(sip->v2, 32);
    }
}

static inline void sip_absorb(struct sip *sip, uint64_t word)
{
    sip->v3 ^= word;
    sip_rounds(sip, 2);
    sip->v0 ^= word;
}

uint64_t hash_with_key(const unsigned char key[HASH_KEY_SIZE], const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    const uint64_t k0 = load_u64(key), k1 = load_u64(key + 8);
    struct sip sip = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                      k1 ^ 0x7465646279746573};
    uint64_t last = (uint64_t)size << 56;
    size_t left = size;
    for (; left >= 8; left -= 8, at += 8)
        sip_absorb(&sip, load_u64(at));
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)at[i] << (8 * i);
    sip_absorb(&sip, last);
    sip.v2 ^= 0xff;
    sip_rounds(&sip, 4);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

/* ---- the key of this process ---- */

/* If the system has no random bytes, an address serves as the key: hash values can then be guessed,
 * but the tables still work. */
static const unsigned char *hash_process_key(void)
{
    static unsigned char key[HASH_KEY_SIZE];
    static atomic_bool is_made;
    static struct lock lock;
    if (atomic_load_explicit(&is_made, memory_order_acquire))
        return key;
    lock_acquire(&lock);
    if (!is_made && !random_fill(key, sizeof(key)))
        store_u64(key, (uintptr_t)&key);
    atomic_store_explicit(&is_made, true, memory_order_release);
    lock_release(&lock);
    return key;
}

uint32_t hash_bytes(const void *bytes, size_t size)
{
    return (uint32_t)hash_with_key(hash_process_key(), bytes, size);
}
