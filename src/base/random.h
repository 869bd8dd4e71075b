/* SPDX-License-Identifier: MIT */
/* random.h: bytes that nobody can foresee, from the system. */
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

/* At most 256 bytes. False when the system has none to give. */
static inline bool random_fill(void *bytes, size_t size)
{
#ifdef _WIN32
    return RtlGenRandom(bytes, (ULONG)size);
#else
    return getentropy(bytes, size) == 0;
#endif
}

#endif
