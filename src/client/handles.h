/* SPDX-License-Identifier: MIT */
/* handles.h: Windows handles that close themselves. */
#ifndef CLIENT_HANDLES_H
#define CLIENT_HANDLES_H

#include "base/cleanup.h"

#include <windows.h>

static inline void cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}
#define CLEANUP_HANDLE CLEANUP(cleanup_handle)

#endif
