/* SPDX-License-Identifier: MIT */
/* handles.h: Windows' resources that close themselves when their variable leaves scope (see
 * base/cleanup.h), and how an API failure is told to a client. */
#ifndef SERVICE_HANDLES_H
#define SERVICE_HANDLES_H

#include "base/cleanup.h"

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Closes and forgets; NULL and INVALID_HANDLE_VALUE are nothing. */
static inline void close_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}
#define CLEANUP_HANDLE CLEANUP(close_handle)

static inline void close_key(HKEY *key)
{
    if (*key)
        RegCloseKey(*key);
    *key = NULL;
}
#define CLEANUP_KEY CLEANUP(close_key)

static inline void close_service_handle(SC_HANDLE *handle)
{
    if (*handle)
        CloseServiceHandle(*handle);
    *handle = NULL;
}
#define CLEANUP_SERVICE CLEANUP(close_service_handle)

/* For what the system allocates with LocalAlloc. */
static inline void cleanup_local(void *variable)
{
    LocalFree(*(HLOCAL *)variable);
}
#define CLEANUP_LOCAL CLEANUP(cleanup_local)

/* What went wrong, as a reply names it: the second line of an error reply is `function`. A NULL
 * function means that nothing did. Literals only, or text that outlives the session. */
struct failure {
    uint32_t code;
    const char16_t *function;
};

#define NO_FAILURE                                                                                 \
    (struct failure)                                                                               \
    {                                                                                              \
        0, NULL                                                                                    \
    }

static inline struct failure failure_of(uint32_t code, const char16_t *function)
{
    return (struct failure){code, function};
}

/* Call it first thing after the function that failed. */
static inline struct failure last_failure(const char16_t *function)
{
    return (struct failure){GetLastError(), function};
}

#endif
