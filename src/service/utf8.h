/* SPDX-License-Identifier: MIT */
/* utf8.h: UTF-16 text as a UTF-8 argument of a log line.
 *
 *     log_information("Authorizing user '%s'", UTF8(name)); */
#ifndef SERVICE_UTF8_H
#define SERVICE_UTF8_H

#include "base/text.h"

enum { UTF8_SIZE = 512 };

/* Cut at UTF8_SIZE, zero-terminated; returns `utf8`. */
static inline const char *utf8_of(const char16_t *text, char utf8[UTF8_SIZE])
{
    size_t length = text_length(text);
    size_t needed = text_to_utf8(text, length, utf8, 0);

    /* A unit makes three bytes at most, so this takes off no more than is needed. */
    while (needed > UTF8_SIZE - 1) {
        length -= (needed - (UTF8_SIZE - 1) + 2) / 3;
        needed = text_to_utf8(text, length, utf8, 0);
    }
    utf8[text_to_utf8(text, length, utf8, UTF8_SIZE - 1)] = 0;
    return utf8;
}

/* The same with '?' for control characters: the text is somebody else's, and a line end in it would
 * look like a line of ours. */
static inline const char *utf8_line_of(const char16_t *text, char utf8[UTF8_SIZE])
{
    utf8_of(text, utf8);
    for (char *at = utf8; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    return utf8;
}

/* Lives until the end of the enclosing block. */
#define UTF8(text) utf8_line_of((text), (char[UTF8_SIZE]){0})

/* For text that is known to be ours and has lines of its own. */
#define UTF8_LINES(text) utf8_of((text), (char[UTF8_SIZE]){0})

#endif
