/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include <stdlib.h>

static HANDLE channel = INVALID_HANDLE_VALUE;

bool channel_adopt(const wchar_t *text)
{
    HANDLE given = (HANDLE)(uintptr_t)_wcstoui64(text, NULL, 10);
    return DuplicateHandle(GetCurrentProcess(), given, GetCurrentProcess(), &channel, 0, FALSE,
                           DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS);
}

void channel_close(void)
{
    CloseHandle(channel);
    channel = INVALID_HANDLE_VALUE;
}

uint32_t channel_write(const void *bytes, size_t size)
{
    DWORD written;
    return WriteFile(channel, bytes, (DWORD)size, &written, NULL) ? 0 : GetLastError();
}

/* The channel is synchronous, as the service made it, so a limited wait has to look. */
static uint32_t wait_readable(DWORD timeout)
{
    ULONGLONG deadline = GetTickCount64() + timeout;
    DWORD available = 0;
    for (;;) {
        if (!PeekNamedPipe(channel, NULL, 0, NULL, &available, NULL))
            return GetLastError();
        if (available)
            return 0;
        if (GetTickCount64() >= deadline)
            return WAIT_TIMEOUT;
        Sleep(1);
    }
}

uint32_t channel_read(void *bytes, size_t capacity, DWORD timeout, size_t *size)
{
    DWORD count = 0;
    uint32_t error = timeout == INFINITE ? 0 : wait_readable(timeout);
    if (!error && !ReadFile(channel, bytes, (DWORD)capacity, &count, NULL))
        error = GetLastError();
    *size = count;
    return error;
}
