/* SPDX-License-Identifier: MIT */
/* hash.h: a keyed hash function for the hash tables.
 *
 * Clients choose the keys of these tables. If they could compute the hash values, they could choose
 * thousands of keys that collide, and each look-up would compare with all of them. The key of the
 * hash function is random and stays in the process, so nobody outside can compute a value. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_KEY_SIZE = 16 };

/* Returns SipHash-2-4 of the bytes (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012). */
uint64_t hash_with_key(const unsigned char key[HASH_KEY_SIZE], const void *bytes, size_t size);

/* Returns the low 32 bits of SipHash with a random key that is made at the first call. Values
 * differ from process to process. Thread-safe. */
uint32_t hash_bytes(const void *bytes, size_t size);

#endif
