/* SPDX-License-Identifier: MIT */
/* version.h: versions of the product and of Windows, "1.4.0" or "10.0.17763": three decimal numbers
 * without leading zeros, each at most 65535. */
#ifndef UPDATE_VERSION_H
#define UPDATE_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UPDATE_VERSION_PARTS = 3, UPDATE_VERSION_TEXT = 18 /* bytes, the terminator included */ };

struct update_version {
    uint16_t parts[UPDATE_VERSION_PARTS];
};

/* Reads all of the `length` bytes. Returns false if they are no version. */
bool update_version_parse(const char *text, size_t length, struct update_version *version);

/* Below 0, 0, above 0: as `a` is older than, the same as, newer than `b`. */
int update_version_compare(const struct update_version *a, const struct update_version *b);

/* Writes it as text; returns `text`. */
char *update_version_text(const struct update_version *version, char text[UPDATE_VERSION_TEXT]);

#endif
