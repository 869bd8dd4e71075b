/* SPDX-License-Identifier: MIT */
/* line.h: splits a line of an OpenVPN profile into words, as openvpn's own reader does: blanks
 * between them, quotes of both kinds around them, a backslash before a blank, a double quote or a
 * backslash that is meant as it is (not in single quotes), and a comment from a word that begins
 * with # or ; on, even behind a backslash. A word in quotes ends at the quote: what follows at once
 * is the next word. In the middle of a word a quote is a character.
 *
 * Facts: openvpn's manual and what openvpn 2.4 to 2.7 do. What they refuse is refused, and so is
 * what they would read in a way that nobody means: control characters, a backslash at the end of
 * the line, and words behind the sixteenth, which they drop. */
#ifndef POLICY_PROFILE_LINE_H
#define POLICY_PROFILE_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PROFILE_LINE_BYTES = 254, /* without its end: openvpn reads files in pieces of 255 bytes */
    PROFILE_WORDS = 16        /* openvpn's limit, the name included */
};

/* The words are zero-terminated and point into `bytes`; the one behind the last is NULL. */
struct profile_line {
    size_t count;
    const char *words[PROFILE_WORDS + 1];
    char bytes[2 * PROFILE_LINE_BYTES]; /* each word with its terminator */
};

/* What isspace() says of it in the C locale. */
bool profile_is_blank(char byte);

/* What is wrong with the bytes of any line, of an inline file too: it is too long, or it has
 * control characters other than tab and carriage return. NULL: nothing. */
const char *profile_line_problem(const char *text, size_t size);

/* Whether the bytes of a line are well-formed UTF-8. */
bool profile_is_utf8(const char *text, size_t size);

/* Splits the `size` bytes of a line without its end. Returns NULL, or what is wrong with it. */
const char *profile_line_split(const char *text, size_t size, struct profile_line *line);

#endif
