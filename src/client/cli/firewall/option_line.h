/* SPDX-License-Identifier: MIT */
/* option_line.h: splits a line of an OpenVPN configuration into words, as openvpn's parse_line()
 * does: blanks between them, quotes of both kinds around them, a backslash before what is meant as
 * it is (not in single quotes), and a comment from a word that begins with # or ; on. */
#ifndef CLIENT_OPTION_LINE_H
#define CLIENT_OPTION_LINE_H

#include <stddef.h>

enum {
    OPTION_LINE_BYTES = 1024, /* openvpn's limit is 256 */
    OPTION_WORDS = 6          /* those behind are dropped */
};

/* UTF-8, zero-terminated; the words point into `bytes`. */
struct option_line {
    size_t count;
    const char *words[OPTION_WORDS];
    char bytes[2 * OPTION_LINE_BYTES]; /* each word with its terminator */
};

/* Splits the `size` bytes of a line without its end. Returns NULL, or what is wrong with it. */
const char *option_line_split(const char *text, size_t size, struct option_line *line);

#endif
