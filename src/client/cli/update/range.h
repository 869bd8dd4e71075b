/* SPDX-License-Identifier: MIT */
/* range.h: what a server says of the part of a file that it sends (RFC 9110, 14.4), and of the
 * state of the file (8.8.3). Portable. */
#ifndef CLIENT_UPDATE_RANGE_H
#define CLIENT_UPDATE_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Bytes of a file, the last one included. */
struct range {
    uint64_t first, last, size; /* size: of the whole file */
};

/* Reads "bytes 100-199/200", the value of Content-Range. Returns false if it is anything else, or
 * if no file can have this part. */
bool range_read(const char16_t *text, struct range *range);

enum { ETAG_UNITS = 130 };

/* Whether it is a strong entity tag, which names these very bytes, of at most ETAG_UNITS - 1
 * units. */
bool etag_is_strong(const char16_t *etag);

#endif
