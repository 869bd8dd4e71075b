/* SPDX-License-Identifier: MIT */
/* fields.h: keys and states of fixed size, each described by a table of its fields, and the one
 * walk over these tables. Within src/resource only.
 *
 * The bytes are the fields in the order of the table, integers little-endian, without padding. They
 * are in journals, so a table never changes (tests/golden/kind-encodings.txt holds them all). */
#ifndef RESOURCE_FIELDS_H
#define RESOURCE_FIELDS_H

#include "base/array.h"
#include "base/ip.h"
#include "undo/state.h"

enum field_type {
    FIELD_INTEGER,
    FIELD_FAMILY, /* an integer, FAMILY_IPV4 or FAMILY_IPV6 */
    FIELD_IP      /* struct ip: its family in FIELD_FAMILY_SIZE bytes, then the address */
};

enum { FIELD_FAMILY_SIZE = 2, FIELD_IP_SIZE = FIELD_FAMILY_SIZE + 16 };

struct field {
    enum field_type type;
    size_t member;      /* offset in the struct */
    size_t member_size; /* of an integer: 1, 2, 4 or 8 bytes */
    size_t size;        /* bytes in the encoding */
    uint64_t maximum;   /* the largest valid value of an integer */
};

/* FIELD(struct route_key, interface_luid, 8): any value that has room in so many bytes. */
#define FIELD(type_, member_, size_) FIELD_UP_TO(type_, member_, size_, UINT64_MAX)
#define FIELD_UP_TO(type_, member_, size_, maximum_)                                               \
    {                                                                                              \
        .type = FIELD_INTEGER, .member = offsetof(type_, member_),                                 \
        .member_size = sizeof(((type_ *)0)->member_), .size = (size_), .maximum = (maximum_)       \
    }
#define FIELD_OF_FAMILY(type_, member_)                                                            \
    {                                                                                              \
        .type = FIELD_FAMILY, .member = offsetof(type_, member_),                                  \
        .member_size = sizeof(((type_ *)0)->member_), .size = FIELD_FAMILY_SIZE                    \
    }
#define FIELD_OF_IP(type_, member_)                                                                \
    {                                                                                              \
        .type = FIELD_IP, .member = offsetof(type_, member_), .size = FIELD_IP_SIZE                \
    }

struct field_table {
    const struct field *fields;
    size_t count;
};
#define FIELD_TABLE(rows_)                                                                         \
    {                                                                                              \
        .fields = (rows_), .count = ARRAY_COUNT(rows_)                                             \
    }

/* Bytes of the longest encoding: a route's key. */
enum { FIELDS_SIZE = 8 + FIELD_IP_SIZE + 1 + FIELD_IP_SIZE };

/* The bytes of the struct at `from`; they lie in `at`. */
struct bytes fields_store(const struct field_table *table, const void *from,
                          unsigned char at[FIELDS_SIZE]);

/* fields_store() into a state: 0, or ERROR_NOT_ENOUGH_MEMORY when it is no small one. */
uint32_t fields_store_state(const struct field_table *table, const void *from, struct state *state);

/* Whether bytes from a file have the right size, and each field a value that it can have. */
bool fields_are_valid(const struct field_table *table, struct bytes bytes);

/* Fills in the members that the table names of the struct at `to`; the bytes are valid. */
void fields_load(const struct field_table *table, struct bytes bytes, void *to);

#endif
