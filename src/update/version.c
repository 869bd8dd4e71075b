/* SPDX-License-Identifier: MIT */
#include "update/version.h"

#include <stdio.h>

enum { PART_MAX = 65535 };

/* Reads a part of the version up to `end`; returns what follows it, NULL if it is none. */
static const char *version_read_part(const char *at, const char *end, uint16_t *part)
{
    const char *begin = at;
    uint32_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint32_t)(*at - '0');
        if (value > PART_MAX)
            return NULL;
    }
    *part = (uint16_t)value;
    return at == begin || (*begin == '0' && at != begin + 1) ? NULL : at;
}

bool update_version_parse(const char *text, size_t length, struct update_version *version)
{
    const char *at = text, *end = text + length;
    for (size_t i = 0; i < UPDATE_VERSION_PARTS; i++) {
        if (i && (at == end || *at++ != '.'))
            return false;
        at = version_read_part(at, end, &version->parts[i]);
        if (!at)
            return false;
    }
    return at == end;
}

int update_version_compare(const struct update_version *a, const struct update_version *b)
{
    for (size_t i = 0; i < UPDATE_VERSION_PARTS; i++)
        if (a->parts[i] != b->parts[i])
            return a->parts[i] < b->parts[i] ? -1 : 1;
    return 0;
}

char *update_version_text(const struct update_version *version, char text[UPDATE_VERSION_TEXT])
{
    snprintf(text, UPDATE_VERSION_TEXT, "%u.%u.%u", version->parts[0], version->parts[1],
             version->parts[2]);
    return text;
}
