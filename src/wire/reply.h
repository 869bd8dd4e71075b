/* SPDX-License-Identifier: MIT */
/* reply.h: writes and parses the service's replies on the client pipe: three lines of UTF-16LE in
 * one pipe message, without a byte order mark and without a terminator.
 *
 * Lines of a success end with LF, those of an error with CR LF, as the reference sends them. Hex
 * digits are lower case. Facts: docs/protocol.md, "Replies". */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* OpenVPN-GUI reads a reply into a buffer of 512 units and adds a terminator. */
enum { REPLY_MAX_UNITS = 511 };

/* Writes "0x00000000" LF "0x<process id>" LF "Process ID". Returns the length in units. */
size_t reply_process_id(char16_t reply[REPLY_MAX_UNITS], uint32_t process_id);

/* Writes "0x<code>" CR LF function CR LF text. `text` is the system's message for the code with its
 * own line end; NULL (the system has none) is sent as "(null)". Control characters of the function
 * line become '?'. So that the reply fits, the middle of the function line is replaced by "...",
 * and a text that would leave it less than 64 units is cut off. Returns the length in units. */
size_t reply_error(char16_t reply[REPLY_MAX_UNITS], uint32_t code, const char16_t *function,
                   const char16_t *text);

/* A parsed reply. */
struct reply {
    uint32_t code;
    uint32_t process_id; /* if code is 0 */
    char16_t
        function[REPLY_MAX_UNITS + 1];  /* if code is not 0; zero-terminated, without line end */
    char16_t text[REPLY_MAX_UNITS + 1]; /* likewise */
};

/* Parses a reply of `length` units; lines may end with LF or CR LF. The text is everything after
 * the second line, without the line ends at its end. Returns false if it is not a reply: fewer than
 * three lines, no number in the first, or a success without a process id. */
bool reply_parse(const char16_t *units, size_t length, struct reply *reply);

#endif
