/* SPDX-License-Identifier: MIT */
/* json.h: writes one JSON object (RFC 8259) on one line.
 *
 * The result is always valid JSON in valid UTF-8: control characters are escaped, ill-formed
 * sequences become U+FFFD, and a member that does not fit is left out. So is an array or an item of
 * it that does not fit, with everything in it. */
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
    size_t open;    /* arrays and items that have not ended: room is kept for their ends */
    size_t skipped; /* arrays and items around this place that have not been written */
    bool truncated; /* something did not fit */
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

/* An array of objects, which may hold arrays themselves. Between the begin and the end of an item
 * the members are the item's. Every begin has its end, whatever fits. */
void json_begin_array(struct json *json, const char *key);
void json_begin_item(struct json *json);
void json_end_item(struct json *json);
void json_end_array(struct json *json);

/* Ends the object and its line with LF, zero-terminated. Returns the length in bytes. */
size_t json_end(struct json *json);

#endif
