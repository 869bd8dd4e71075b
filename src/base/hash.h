/* SPDX-License-Identifier: MIT */
/* hash.h: places in hash tables that nobody can foresee.
 *
 * Clients choose what the keys of our tables are made of: with a hash function that is known they
 * could choose thousands that fall into one place, and every look into the table would walk past
 * all of them. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_KEY_SIZE = 16 };

/* SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
uint64_t hash_with_key(const unsigned char key[HASH_KEY_SIZE], const void *bytes, size_t size);

/* The lower half of it, with a random key that this process makes when it first needs it. */
uint32_t hash_bytes(const void *bytes, size_t size);

#endif
