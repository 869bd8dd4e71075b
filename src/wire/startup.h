/* SPDX-License-Identifier: MIT */
/* startup.h: decodes and encodes the start-up message with which a client asks the service to start
 * openvpn.exe.
 *
 * It is one pipe message of three zero-terminated UTF-16LE strings: working directory, options, and
 * text for openvpn.exe's standard input. Units after the third terminator and an odd last byte are
 * ignored. Facts: docs/protocol.md, "Start-up". */
#ifndef WIRE_STARTUP_H
#define WIRE_STARTUP_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* Terminators included. */
enum {
    STARTUP_MAX_UNITS = 4096, /* the limit of OpenVPN 2.7, and here of callers without rights */
    STARTUP_MAX_BYTES = 2 * STARTUP_MAX_UNITS + 1 /* an odd last byte is allowed */
};

/* The strings point into the decoded buffer and are valid as long as it is. */
struct startup {
    const char16_t *directory;
    const char16_t *options;
    const char16_t *input; /* secret: wipe it after use and never log it */
};

/* Decodes `size` bytes at `units`. Returns 0, or ERROR_STARTUP_DATA for a message that is empty,
 * has more than `most` units, does not end with a zero unit, has fewer than three strings or a lone
 * surrogate. */
uint32_t startup_decode(const char16_t *units, size_t size, size_t most, struct startup *startup);

/* Encodes the strings into `units`. Returns the size in bytes, or 0 if they need more than
 * `capacity` or STARTUP_MAX_UNITS units. */
size_t startup_encode(const struct startup *startup, char16_t *units, size_t capacity);

#endif
