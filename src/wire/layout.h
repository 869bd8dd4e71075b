/* SPDX-License-Identifier: MIT */
/* layout.h: the table of what each message looks like on the wire, and the one walk over it.
 *
 * Within src/wire only; everybody else uses message.h. */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include "wire/message.h"

enum { MACHINE_COUNT = MACHINE_X86 + 1, DIALECT_COUNT = DIALECT_2_7 + 1 };

/* No message has this type number. */
enum { NO_TYPE = -1 };

enum field_type {
    FIELD_U16,
    FIELD_U32,
    FIELD_HANDLE, /* as wide as a pointer of the machine; uint64_t in memory */
    FIELD_BYTES,
    FIELD_STRING /* one byte longer in memory, for a terminator */
};

/* One field: where it is in struct message and where in the message of each machine. */
struct field {
    size_t member;
    size_t offset[MACHINE_COUNT];
    enum field_type type;
    size_t size; /* of FIELD_BYTES and FIELD_STRING: bytes on the wire */
};

struct shape {
    size_t size[MACHINE_COUNT];
    const struct field *fields;
    size_t field_count;
};

struct message_row {
    const char *name;
    /* At DIALECT_UNKNOWN: the number when every dialect has the same. */
    int32_t type[DIALECT_COUNT];
    const struct shape *shape;
};

/* The header: type (int32 at 0), size of the whole message (as wide as size_t of the machine), and
 * the sender's id (int32). */
struct header {
    int32_t type;
    uint64_t size;
    int32_t id;
};

/* The row of a kind; every kind has one. */
const struct message_row *layout_row(enum message_kind kind);

/* Finds the kind that has this number in this dialect. */
bool layout_find(enum dialect dialect, int32_t type, enum message_kind *kind);

/* 24 or 12. */
size_t layout_header_size(enum machine machine);

/* `bytes` has at least layout_header_size() bytes. */
struct header layout_read_header(enum machine machine, const uint8_t *bytes);
void layout_write_header(enum machine machine, const struct header *header, uint8_t *bytes);

/* The fields behind the header. `bytes` has as many as the shape says for the machine; `message` is
 * zero but for its kind and id. */
void layout_read_fields(const struct shape *shape, enum machine machine, const uint8_t *bytes,
                        struct message *message);

/* Writes the fields and nothing between them. */
void layout_write_fields(const struct shape *shape, enum machine machine,
                         const struct message *message, uint8_t *bytes);

#endif
