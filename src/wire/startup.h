/* SPDX-License-Identifier: MIT */
/* startup.h: the start-up message by which a client asks for an openvpn.exe.
 *
 * One pipe message of three zero-terminated UTF-16LE strings: working directory, options, text for
 * openvpn's standard input. What follows the third terminator is ignored, as is an odd last byte.
 * Facts: docs/protocol.md, "Start-up". */
#ifndef WIRE_STARTUP_H
#define WIRE_STARTUP_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum {
    STARTUP_MAX_UNITS = 4096,                     /* 2.7's limit, terminators included */
    STARTUP_MAX_BYTES = 2 * STARTUP_MAX_UNITS + 1 /* the odd byte is not counted */
};

/* Points into the buffer that was decoded; valid as long as that is. */
struct startup {
    const char16_t *directory;
    const char16_t *options;
    const char16_t *input; /* secret: wipe it after use, never log it */
};

/* Decodes `size` bytes at `units`. Returns 0 or ERROR_STARTUP_DATA: empty, too long, not
 * terminated, fewer than three strings, or ill-formed UTF-16 (a lone surrogate). */
uint32_t startup_decode(const char16_t *units, size_t size, struct startup *startup);

/* Encodes into `units`. Returns the size in bytes, or 0 when it exceeds `capacity` units or
 * STARTUP_MAX_UNITS. */
size_t startup_encode(const struct startup *startup, char16_t *units, size_t capacity);

#endif
