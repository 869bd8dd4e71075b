/* SPDX-License-Identifier: MIT */
/* bytes.h: reads and writes little-endian integers at any address, independent of alignment and of
 * the host's byte order. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>

static inline uint16_t load_u16(const void *at)
{
    const uint8_t *b = at;
    return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t load_u32(const void *at)
{
    const uint8_t *b = at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t load_u64(const void *at)
{
    const uint8_t *b = at;
    return (uint64_t)load_u32(b) | (uint64_t)load_u32(b + 4) << 32;
}

static inline void store_u16(void *at, uint16_t value)
{
    uint8_t *b = at;
    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
}

static inline void store_u32(void *at, uint32_t value)
{
    uint8_t *b = at;
    store_u16(b, (uint16_t)value);
    store_u16(b + 2, (uint16_t)(value >> 16));
}

static inline void store_u64(void *at, uint64_t value)
{
    uint8_t *b = at;
    store_u32(b, (uint32_t)value);
    store_u32(b + 4, (uint32_t)(value >> 32));
}

#endif
