/* SPDX-License-Identifier: MIT */
/* uuid.h: UUIDs (RFC 9562) as text, and those that are made from a name. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* In network byte order, as the text has them. A GUID of Windows has its first three fields in the
 * byte order of the machine. */
struct uuid {
    uint8_t bytes[16];
};

/* Reads 8-4-4-4-12 hexadecimal digits of either case without braces, and nothing else. */
bool uuid_parse(const char16_t *text, struct uuid *uuid);

/* The UUID of version 5 for a name in the name space: the same for the same name, on every machine
 * and at any time. */
struct uuid uuid_of_name(const struct uuid *space, const void *name, size_t size);

#endif
