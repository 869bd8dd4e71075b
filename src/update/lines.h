/* SPDX-License-Identifier: MIT */
/* lines.h: reads the lines of metadata by a table, and the values in them. */
#ifndef UPDATE_LINES_H
#define UPDATE_LINES_H

#include "update/refusal.h"
#include "update/version.h"

#include <stdbool.h>

/* The values of a line that have not been read yet. */
struct update_line {
    const char *at, *end;
};

/* A row of a table of lines: those with this key follow each other, at least `least` and at most
 * `most` of them. `read` reads the values into the `target`, and returns false if they are not as
 * they must be. */
struct update_line_rule {
    const char *key;
    size_t least, most;
    bool (*read)(struct update_line *values, void *target);
};

/* Reads `size` bytes of whole lines, all of them and in the order of the rules. Returns 0 or the
 * code of UPDATE_BAD_LINE. */
uint32_t update_lines_read(const char *text, size_t size, const struct update_line_rule *rules,
                           size_t rule_count, void *target, struct update_refusal *refusal);

/* Each of these reads the next value, up to a blank or the end of the line, and returns false if
 * it is none of its kind. Blanks stand one at a time, between values only. */

/* Of at most `capacity` - 1 bytes; terminates it. */
bool update_line_word(struct update_line *line, char *word, size_t capacity);

/* The rest of the line, blanks included. */
bool update_line_rest(struct update_line *line, char *text, size_t capacity);

/* Decimal, without leading zeros. */
bool update_line_number(struct update_line *line, uint64_t least, uint64_t most, uint64_t *number);

/* Exactly `size` bytes as small hexadecimal digits. */
bool update_line_hex(struct update_line *line, uint8_t *bytes, size_t size);

/* "2027-11-30T00:00:00Z" as seconds since the beginning of 1970, UTC. */
bool update_line_time(struct update_line *line, uint64_t *seconds);

bool update_line_version(struct update_line *line, struct update_version *version);

/* True when nothing is left. */
bool update_line_ends(const struct update_line *line);

#endif
