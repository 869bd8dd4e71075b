/* SPDX-License-Identifier: MIT */
#include "client/cli/local_time.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

char *local_time(uint64_t seconds, char text[LOCAL_TIME_SIZE])
{
    const uint64_t ticks_per_second = 10000000, between_1601_and_1970 = 11644473600;
    const uint64_t ticks = (seconds + between_1601_and_1970) * ticks_per_second;
    const FILETIME time = {(DWORD)ticks, (DWORD)(ticks >> 32)};
    SYSTEMTIME utc, local;
    if (!FileTimeToSystemTime(&time, &utc) || !SystemTimeToTzSpecificLocalTime(NULL, &utc, &local))
        strcpy(text, "-");
    else
        snprintf(text, LOCAL_TIME_SIZE, "%04u-%02u-%02u %02u:%02u:%02u", local.wYear, local.wMonth,
                 local.wDay, local.wHour, local.wMinute, local.wSecond);
    return text;
}
