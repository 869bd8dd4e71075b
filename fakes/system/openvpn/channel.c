/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const wchar_t *channel_lend(void)
{
    static wchar_t text[32];
    SetHandleInformation(channel, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    swprintf(text, sizeof(text) / sizeof(text[0]), L"%llu", (unsigned long long)(uintptr_t)channel);
    return text;
}

uint32_t channel_write(const void *bytes, size_t size)
{
    DWORD written;
    return WriteFile(channel, bytes, (DWORD)size, &written, NULL) ? 0 : GetLastError();
}

/* The channel is synchronous, as the service created it, so a limited wait has to poll. */
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

void channel_flood(void)
{
    enum { AHEAD = 150, SIZE = 328 };
    /* 2.7, 64 bits: delete the route 0.0.0.0/32 on interface 2, which costs the service more time
     * than us. */
    static const uint8_t request[SIZE] = {
        [0] = 4, [8] = SIZE & 0xff, [9] = SIZE >> 8, [24] = AF_INET, [44] = 32, [64] = 2};
    uint8_t answer[64];
    size_t size;
    for (int i = 0; i < AHEAD && !channel_write(request, SIZE); i++)
        ;
    while (!channel_read(answer, sizeof(answer), INFINITE, &size) && !channel_write(request, SIZE))
        ;
}

static void count_up(uint8_t number[4])
{
    for (int i = 3; i >= 0 && ++number[i] == 0; i--)
        ;
}

static double now(void)
{
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart * 1e6 / (double)frequency.QuadPart;
}

static int compare(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static uint32_t play_one(const struct series *series, uint8_t *answer, size_t capacity,
                         size_t *size)
{
    uint32_t error = channel_write(series->request, series->size);
    return error ? error : channel_read(answer, capacity, INFINITE, size);
}

uint32_t channel_play(const struct series *series, struct series_result *result)
{
    uint8_t answer[sizeof(result->answer)];
    CLEANUP_FREE double *each = calloc(series->count + 1, sizeof(*each));
    uint32_t error = each ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    double begin = now(), last = begin;
    for (uint32_t i = 0; i < series->count && !error; i++) {
        size_t size = 0;
        error = play_one(series, answer, sizeof(answer), &size);
        double then = now();
        each[i] = then - last;
        last = then;
        if (i == 0) {
            memcpy(result->answer, answer, size);
            result->answer_size = size;
        }
        result->others += size != result->answer_size || memcmp(answer, result->answer, size) != 0;
        count_up(series->request + series->number_at);
    }
    result->microseconds = last - begin;
    if (!error) {
        qsort(each, series->count, sizeof(*each), compare);
        result->median = each[series->count / 2];
    }
    return error;
}
