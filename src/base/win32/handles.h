/* SPDX-License-Identifier: MIT */
/* handles.h: closes handles of Windows when the variables that hold them leave their scope (see
 * base/cleanup.h). */
#ifndef BASE_WIN32_HANDLES_H
#define BASE_WIN32_HANDLES_H

#include "base/cleanup.h"

#include <windows.h>

/* Closes the handle and sets the variable to NULL. Ignores NULL and INVALID_HANDLE_VALUE. */
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

/* For memory that a function of Windows allocated with LocalAlloc(). */
static inline void cleanup_local(void *variable)
{
    LocalFree(*(HLOCAL *)variable);
}
#define CLEANUP_LOCAL CLEANUP(cleanup_local)

#endif
