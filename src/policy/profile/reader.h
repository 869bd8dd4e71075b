/* SPDX-License-Identifier: MIT */
/* reader.h: reads an OpenVPN profile as openvpn.exe does: a directive a line, and blocks
 * (<ca> ... </ca>) of which it takes the lines as they are.
 *
 * A block ends at a line that begins with its end tag, whatever stands before it that is blank and
 * whatever stands behind it. A line of a block that begins as another end tag would is refused, so
 * that no version can see another end. The lines of <connection> are a profile of their own, which
 * is read by a reader of its own: profile_reader_enter().
 *
 * Facts: openvpn's manual ("Inline file support", "Connection profiles") and what 2.4 to 2.7 do. */
#ifndef POLICY_PROFILE_READER_H
#define POLICY_PROFILE_READER_H

#include "policy/profile/line.h"

#include <stdint.h>

enum { PROFILE_BYTES_MAX = 1 << 20 };

/* A part of the profile's text. */
struct profile_span {
    const char *text;
    size_t size;
};

enum profile_item_kind {
    PROFILE_END,
    PROFILE_DIRECTIVE, /* its words; the name is without dashes */
    PROFILE_BLOCK,     /* words[0] is the name of the tag, and `content` what is in it */
    PROFILE_BAD_LINE,  /* `problem` says what is wrong; the next line can be read */
};

struct profile_item {
    enum profile_item_kind kind;
    size_t number;               /* of the line, from 1; of a bad one in a block: that line's */
    struct profile_line line;    /* count 0 if the line could not be split */
    struct profile_span content; /* whole lines, with their ends */
    const char *problem;
};

struct profile_reader {
    struct profile_span text;
    size_t at;              /* in the text */
    size_t number;          /* of the last line that was read */
    bool takes_any_content; /* what stands in blocks other than <connection> is not looked at */
};

/* The text of a whole file; a mark of UTF-8 before it is skipped. */
struct profile_reader profile_reader_begin(const char *text, size_t size);

/* What stands in a block <connection>. */
struct profile_reader profile_reader_enter(const struct profile_item *block);

/* Reads up to the next item and returns its kind. Empty lines and comments are none. */
enum profile_item_kind profile_reader_next(struct profile_reader *reader,
                                           struct profile_item *item);

/* Takes the next line, without its end. Returns false at the end of the text. */
bool profile_reader_line(struct profile_reader *reader, struct profile_span *line);

#endif
