/* SPDX-License-Identifier: MIT */
/* pace.h: whether a download is fast enough. A server that sends a byte now and then would keep
 * updates away for ever ("slow retrieval"); one that sends nothing would do it more cheaply.
 * Portable. Times are in milliseconds. */
#ifndef CLIENT_UPDATE_PACE_H
#define CLIENT_UPDATE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In each such time so many bytes must come: 1 KiB a second. */
enum { PACE_TIME = 15000, PACE_BYTES = 15 * 1024 };

struct pace {
    uint64_t since; /* the time that is looked at began then */
    uint64_t bytes; /* which have come since */
};

struct pace pace_begin(uint64_t now);

/* So many bytes have come. Returns false if the download is too slow. */
bool pace_add(struct pace *pace, uint64_t now, size_t bytes);

/* How long may be waited for the next bytes, until pace_add() is asked with none. */
uint32_t pace_left(const struct pace *pace, uint64_t now);

#endif
