/* SPDX-License-Identifier: MIT */
/* control_request.h: decodes and encodes a request on the control pipe.
 *
 * One pipe message of zero-terminated UTF-16LE strings: the verb, then its arguments.
 *
 *     request = 1*string                  ; 1 to 96 strings, 4096 units in all
 *     string  = *unit %x0000              ; the first has at least one unit
 *     unit    = %x0001-FFFF               ; surrogates in pairs
 *
 * Facts: docs/protocol.md, "Control pipe". */
#ifndef WIRE_CONTROL_REQUEST_H
#define WIRE_CONTROL_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum {
    CONTROL_REQUEST_MAX_UNITS = 4096, /* terminators included */
    CONTROL_REQUEST_MAX_STRINGS = 96  /* `firewall start` takes 64 gateways, and words */
};

/* The strings point into the decoded buffer and are valid as long as it is. */
struct control_request {
    size_t count; /* at least 1 */
    const char16_t *strings[CONTROL_REQUEST_MAX_STRINGS];
};

/* Decodes `size` bytes at `units`. Returns 0, or ERROR_INVALID_DATA for everything that the grammar
 * above does not allow, an odd number of bytes included. */
uint32_t control_request_decode(const char16_t *units, size_t size,
                                struct control_request *request);

/* Encodes the request into `units`. Returns the size in bytes, or 0 if the grammar or `capacity`
 * (in units) does not allow it. */
size_t control_request_encode(const struct control_request *request, char16_t *units,
                              size_t capacity);

#endif
