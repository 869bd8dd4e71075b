/* SPDX-License-Identifier: MIT */
/* json.h: writes one JSON object (RFC 8259) on one line.
 *
 * The result is always valid JSON in valid UTF-8: control characters are escaped, ill-formed
 * sequences become U+FFFD, and a member that does not fit is left out, with all that is in it. */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

struct json {
    char *bytes;
    size_t length;
    size_t capacity;
    bool truncated;  /* a member did not fit */
    size_t open;     /* objects and arrays within the object that are to be ended */
    size_t left_out; /* of those that did not fit */
};

enum { JSON_MIN_CAPACITY = 4 }; /* for "{}", the line end and the terminator */

/* Starts an object in the caller's `bytes`. `capacity` is in bytes, at least JSON_MIN_CAPACITY. */
struct json json_begin(char *bytes, size_t capacity);

/* Append a member. Keys must be ASCII without quotes, backslashes and control characters: they are
 * not escaped. */
void json_string(struct json *json, const char *key, const char *utf8);
void json_text(struct json *json, const char *key, const char16_t *text);
void json_number(struct json *json, const char *key, uint64_t value);
void json_boolean(struct json *json, const char *key, bool value);
/* Writes milliseconds as seconds with three decimals. */
void json_seconds(struct json *json, const char *key, uint64_t milliseconds);

/* Begin an object, or an array of objects, as a member, and the next object of an array. What is
 * appended then is in it, until its end. */
void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);
void json_begin_item(struct json *json);
void json_end_item(struct json *json);

/* Ends the object and its line with LF, zero-terminated. Returns the length in bytes. */
size_t json_end(struct json *json);

#endif
