/* SPDX-License-Identifier: MIT */
/* random.h: cryptographically secure random bytes from the operating system. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef _WIN32
#include <windows.h>

#include <ntsecapi.h>
#else
#include <unistd.h>
#endif

/* Fills at most 256 bytes. Returns false, and the bytes are undefined, if the system fails. */
static inline bool random_fill(void *bytes, size_t size)
{
#ifdef _WIN32
    return RtlGenRandom(bytes, (ULONG)size);
#else
    return getentropy(bytes, size) == 0;
#endif
}

#endif
