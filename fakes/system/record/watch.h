/* SPDX-License-Identifier: MIT */
/* watch.h: around every faked or hooked function: count it, let it fail, record it.
 *
 *     struct watch watch;
 *     uint32_t error = watch_begin(&watch, CALL_FlushFileBuffers);
 *     record_number(&watch.record, "handle", ...);
 *     if (!error && !real(handle))
 *         error = GetLastError();
 *     return watch_end_bool(&watch, error); */
#ifndef FAKES_RECORD_WATCH_H
#define FAKES_RECORD_WATCH_H

#include "faults.h"
#include "record.h"

#include <windows.h>

struct watch {
    struct fault fault;
    struct record record;
};

/* The machine of this process: that of the folder from which the fakes were loaded. */
extern struct machine watched_machine;

/* Opens the machine and its record. */
uint32_t watch_open(const wchar_t *folder);

/* For DllMain: opens that of the folder in which the DLL lies, or `levels` above it. Without a
 * machine the answers of fakes would be wrong: a program that gets an error must not start. */
uint32_t watch_open_beside(HINSTANCE dll, unsigned levels);

/* Returns the error with which the call shall fail, or 0. */
uint32_t watch_begin(struct watch *watch, enum call call);
/* Returns `result`. Preserves GetLastError(). */
uint32_t watch_end(struct watch *watch, uint32_t result);
/* For functions that return BOOL: sets the last error unless it is 0, and returns success or
 * failure. */
int watch_end_bool(struct watch *watch, uint32_t error);

#endif
