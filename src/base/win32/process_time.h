/* SPDX-License-Identifier: MIT */
/* process_time.h: when a process was started, which tells it from a later one with the same id. */
#ifndef BASE_WIN32_PROCESS_TIME_H
#define BASE_WIN32_PROCESS_TIME_H

#include <stdint.h>
#include <windows.h>

/* A FILETIME in one number. Returns 0 or a Win32 error. */
static inline uint32_t process_created(HANDLE process, uint64_t *created)
{
    FILETIME creation, ignored;
    if (!GetProcessTimes(process, &creation, &ignored, &ignored, &ignored))
        return GetLastError();
    *created = (uint64_t)creation.dwHighDateTime << 32 | creation.dwLowDateTime;
    return 0;
}

#endif
