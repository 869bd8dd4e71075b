/* SPDX-License-Identifier: MIT */
/* bridge.h: one Windows program that executes the requests of a test driver.
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
    cJSON *result;        /* the result; it is sent when the operation returns 0 */
    const char *function; /* the function that failed */
};

/* Returns 0 or the Win32 error code of request->function. */
typedef uint32_t operation_run(struct request *request);

struct operation {
    const char *name;
    operation_run *run;
};

/* One table per subject, terminated by a row without a name. */
extern const struct operation object_operations[];
extern const struct operation pipe_operations[];
extern const struct operation process_operations[];
extern const struct operation registry_operations[];
extern const struct operation service_operations[];
extern const struct operation socket_operations[];
extern const struct operation own_service_operations[];
extern const struct operation fake_operations[];

/* Sets the function's name and returns `error`: for `return request_error(...)`. */
uint32_t request_error(struct request *request, const char *function, uint32_t error);

/* The same with GetLastError(). */
uint32_t request_last_error(struct request *request, const char *function);

/* An argument as UTF-16 on the heap, or NULL when it is missing. */
wchar_t *request_text(const struct request *request, const char *name);

/* A required argument; NULL when it is missing, and then the request has its error set. */
wchar_t *request_needed_text(struct request *request, const char *name);

uint32_t request_number(const struct request *request, const char *name, uint32_t otherwise);
bool request_flag(const struct request *request, const char *name);

/* A hexadecimal argument as bytes on the heap; NULL with *size 0 when it is missing or invalid. */
uint8_t *request_bytes(const struct request *request, const char *name, size_t *size);

void result_number(struct request *request, const char *name, double number);
void result_text(struct request *request, const char *name, const wchar_t *text);
void result_bytes(struct request *request, const char *name, const void *bytes, size_t size);

/* UTF-16 as UTF-8 and back, on the heap. Lone surrogates become U+FFFD. */
char *text_narrow(const wchar_t *text);
wchar_t *text_widen(const char *text);

void *allocate(size_t size); /* zeroed; ends the program when there is no memory */

static inline void cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}
#define CLEANUP_HANDLE CLEANUP(cleanup_handle)

#endif
