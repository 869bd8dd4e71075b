/* SPDX-License-Identifier: MIT */
/* control_reply.h: writes and reads a reply on the control pipe.
 *
 * One pipe message of UTF-16LE, at most 64 KiB, without a byte order mark and without a terminator.
 *
 *     reply   = code LF name LF [ records ]
 *     code    = "0x" 8hex                 ; 0x00000000: success
 *     name    = 1*( lower / "-" )         ; the verb, or "request" if there was none
 *     records = record *( LF record )
 *     record  = 1*( key "=" value LF )
 *     key     = lower *( lower / DIGIT / "_" )
 *     value   = *( plain / escaped )
 *     plain   = %x20-24 / %x26-7E / %xA0-FFFF  ; surrogates in pairs
 *     escaped = "%" 2HEX                  ; the unit of this number: a control character, or %
 *     lower   = %x61-7A                   ; a to z
 *     hex     = DIGIT / %x61-66           ; a to f
 *     HEX     = DIGIT / %x41-46           ; A to F
 *
 * Readers ignore keys and records that they don't know: later versions add some. Facts:
 * docs/protocol.md, "Control pipe". */
#ifndef WIRE_CONTROL_REPLY_H
#define WIRE_CONTROL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { CONTROL_REPLY_MAX_UNITS = 32768 };

/* ---- writing ---- */

/* A reply that is being written. What does not fit is left out and sets `is_full`. A copy of the
 * struct is the way back to what was written when the copy was made. */
struct control_reply {
    char16_t *units;
    size_t length;
    size_t capacity; /* may be raised up to the size of the buffer meanwhile */
    bool has_record;
    bool is_full;
};

/* Begins a reply in `units`. `name` must be one of the grammar. */
void control_reply_begin(struct control_reply *reply, char16_t *units, size_t capacity,
                         uint32_t code, const char16_t *name);

/* Begins a record. At least one value must follow. */
void control_reply_record(struct control_reply *reply);

/* Append a line to the record. `key` must be one of the grammar. In the text a lone surrogate
 * becomes U+FFFD. */
void control_reply_text(struct control_reply *reply, const char *key, const char16_t *text);
void control_reply_number(struct control_reply *reply, const char *key, uint64_t number);

/* ---- reading ---- */

/* A reply that was read: its name, and where its values go on. All texts lie in the message. */
struct control_answer {
    uint32_t code;
    const char16_t *name;
    char16_t *next, *end;
};

/* Reads the message of `length` units in place: it is changed, and holds the texts from now on.
 * Returns false if it is no reply. */
bool control_answer_read(char16_t *units, size_t length, struct control_answer *answer);

enum control_item {
    CONTROL_VALUE,  /* `key` and `value` are set */
    CONTROL_RECORD, /* another record begins */
    CONTROL_END
};

/* What comes next. The first record has no CONTROL_RECORD before it. */
enum control_item control_answer_next(struct control_answer *answer, const char16_t **key,
                                      const char16_t **value);

#endif
