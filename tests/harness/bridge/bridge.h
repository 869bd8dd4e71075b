/* SPDX-License-Identifier: MIT */
/* bridge.h: one Windows program that does what a test driver on the other side of stdin asks.
 *
 * A request is one line of JSON on stdin: {"id": 1, "op": "pipe_read", ...arguments}. Its reply is
 * one line on stdout: {"id": 1, "result": {...}} or {"id": 1, "error": <Win32 code>, "function":
 * "ReadFile"}. Each request has its own thread, so replies come in any order. */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

#include "base/cleanup.h"

struct request {
    const cJSON *arguments;
    cJSON *result;        /* what the operation found; its reply when it returns 0 */
    const char *function; /* who failed; names the cause when it does not */
};

/* Returns 0 or the Win32 error code of request->function. */
typedef uint32_t operation_run(struct request *request);

struct operation {
    const char *name;
    operation_run *run;
};

/* One table per subject, ended by a row without a name. */
extern const struct operation object_operations[];
extern const struct operation pipe_operations[];
extern const struct operation process_operations[];
extern const struct operation registry_operations[];
extern const struct operation service_operations[];
extern const struct operation fake_operations[];

/* `error` in the name of `function`: for `return request_error(...)`. */
uint32_t request_error(struct request *request, const char *function, uint32_t error);

/* GetLastError() in the name of `function`. */
uint32_t request_last_error(struct request *request, const char *function);

/* An argument as UTF-16 on the heap, or NULL when there is none. */
wchar_t *request_text(const struct request *request, const char *name);

/* An argument that the operation can't do without; NULL when it is missing, and the request then
 * has its error function. */
wchar_t *request_needed_text(struct request *request, const char *name);

uint32_t request_number(const struct request *request, const char *name, uint32_t otherwise);
bool request_flag(const struct request *request, const char *name);

/* A hexadecimal argument as bytes on the heap; NULL with *size 0 when it is missing or wrong. */
uint8_t *request_bytes(const struct request *request, const char *name, size_t *size);

void result_number(struct request *request, const char *name, double number);
void result_text(struct request *request, const char *name, const wchar_t *text);
void result_bytes(struct request *request, const char *name, const void *bytes, size_t size);

/* UTF-16 as UTF-8 and back, on the heap. Lone surrogates become U+FFFD. */
char *text_narrow(const wchar_t *text);
wchar_t *text_widen(const char *text);

void *allocate(size_t size); /* zeroed; ends the program when memory is short */

static inline void cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}
#define CLEANUP_HANDLE CLEANUP(cleanup_handle)

#endif
