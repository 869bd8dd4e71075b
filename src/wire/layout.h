/* SPDX-License-Identifier: MIT */
/* layout.h: the table that describes the bytes of every message, and the functions that read and
 * write messages by it.
 *
 * Used within src/wire only; other folders use message.h. */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include "wire/message.h"

enum { MACHINE_COUNT = MACHINE_X86 + 1, DIALECT_COUNT = DIALECT_2_7 + 1 };

/* Not a type number: the dialect does not have the message. */
enum { NO_TYPE = -1 };

enum field_type {
    FIELD_U16,
    FIELD_U32,
    FIELD_HANDLE, /* as wide as a pointer of the machine; a uint64_t in memory */
    FIELD_BYTES,
    FIELD_STRING /* one byte longer in memory, for a terminator */
};

/* One field: its offset in struct message, and in the bytes of each machine. */
struct field {
    size_t member;
    size_t offset[MACHINE_COUNT];
    enum field_type type;
    size_t size; /* of FIELD_BYTES and FIELD_STRING: bytes on the wire */
};

/* The bytes of one kind of message: its size on each machine, and its fields behind the header. */
struct format {
    size_t size[MACHINE_COUNT];
    const struct field *fields;
    size_t field_count;
};

struct message_row {
    const char *name;
    /* By dialect. At DIALECT_UNKNOWN: the number if every dialect has the same, else NO_TYPE. */
    int32_t type[DIALECT_COUNT];
    const struct format *format;
};

/* The header of every message: type (int32 at offset 0), size of the whole message (as wide as a
 * size_t of the machine) and an id that the sender chooses (int32). */
struct header {
    int32_t type;
    uint64_t size;
    int32_t id;
};

/* Returns the row of a kind; every kind has one. */
const struct message_row *layout_row(enum message_kind kind);

/* Finds the kind with this type number in this dialect. Returns false if there is none. */
bool layout_find(enum dialect dialect, int32_t type, enum message_kind *kind);

/* 24 bytes (x64) or 12 bytes (x86). */
size_t layout_header_size(enum machine machine);

/* `bytes` holds at least layout_header_size() bytes. */
struct header layout_read_header(enum machine machine, const uint8_t *bytes);
void layout_write_header(enum machine machine, const struct header *header, uint8_t *bytes);

/* Reads the fields behind the header. `bytes` holds as many bytes as the format says for the
 * machine. All members of `message` but its kind and id must be zero. */
void layout_read_fields(const struct format *format, enum machine machine, const uint8_t *bytes,
                        struct message *message);

/* Writes the fields. Bytes between them are not changed. */
void layout_write_fields(const struct format *format, enum machine machine,
                         const struct message *message, uint8_t *bytes);

#endif
