/* SPDX-License-Identifier: MIT */
/* reply.h: what the service answers on the client pipe: three lines of UTF-16LE, one pipe message,
 * neither marked nor terminated.
 *
 * Success has LF between its lines, errors have CR LF (the reference formats them with
 * FormatMessage). Hex digits are lower case. Facts: docs/protocol.md, "Replies". */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* OpenVPN-GUI reads replies into 512 units and needs one for its terminator. */
enum { REPLY_MAX_UNITS = 511 };

/* "0x00000000" LF "0x<pid>" LF "Process ID". Returns its length in units. */
size_t reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);

/* "0x<code>" CR LF function CR LF text. `text` is the system's message for the code with its own
 * line end; NULL, when the system has none, is sent as "(null)". The function line is shortened in
 * its middle, with "..." there, so that the whole fits; its control characters become '?'. A text
 * so long that less than 64 units are left for a longer function line is cut at its end. Returns
 * the length in units. */
size_t reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                   const char16_t *text);

/* A reply as a client reads it. */
struct reply {
    uint32_t code;
    uint32_t process_id;                    /* when code is 0 */
    char16_t function[REPLY_MAX_UNITS + 1]; /* otherwise; zero-terminated, no line end */
    char16_t text[REPLY_MAX_UNITS + 1];     /* likewise */
};

/* Reads `length` units, with either line end. What follows the second line is the text, whose own
 * line ends are dropped at its end only. False when it is no reply: fewer than three lines, no
 * number in the first, or a success that does not name a process. */
bool reply_parse(const char16_t *units, size_t length, struct reply *reply);

#endif
