/* SPDX-License-Identifier: MIT */
#include "installer/client_aside.h"

#include "base/text.h"
#include "base/win32/handles.h"

enum { ASIDE_UNITS = 1024, MOST_ASIDE = 9 };

static void name_aside(const char16_t *program, int number, char16_t name[ASIDE_UNITS])
{
    const char16_t digit[] = {(char16_t)('0' + number), 0};
    struct text text = text_on(name, ASIDE_UNITS);
    text_append(&text, program);
    text_append(&text, u".old");
    text_append(&text, digit);
}

static bool is_there(const char16_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* The number of the newest one; 0: there is none. */
static int newest_aside(const char16_t *program)
{
    char16_t name[ASIDE_UNITS];
    for (int number = MOST_ASIDE; number > 0; number--) {
        name_aside(program, number, name);
        if (is_there(name))
            return number;
    }
    return 0;
}

static void delete_those_that_ended(const char16_t *program)
{
    char16_t name[ASIDE_UNITS];
    for (int number = 1; number <= MOST_ASIDE; number++) {
        name_aside(program, number, name);
        DeleteFileW(name);
    }
}

/* Nobody can open a program to write it while it runs. */
static bool client_runs(const char16_t *program)
{
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(program, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    return file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION;
}

uint32_t client_put_aside(const char16_t *program)
{
    char16_t name[ASIDE_UNITS];
    delete_those_that_ended(program);
    if (!client_runs(program))
        return 0;
    const int number = newest_aside(program) + 1;
    if (number > MOST_ASIDE)
        return ERROR_TOO_MANY_NAMES;
    name_aside(program, number, name);
    if (!MoveFileExW(program, name, 0))
        return GetLastError();
    MoveFileExW(name, NULL, MOVEFILE_DELAY_UNTIL_REBOOT); /* it stays if that fails */
    return 0;
}

uint32_t client_put_back(const char16_t *program)
{
    char16_t name[ASIDE_UNITS];
    const int number = newest_aside(program);
    if (!number || is_there(program))
        return 0;
    name_aside(program, number, name);
    return MoveFileExW(name, program, 0) ? 0 : GetLastError();
}
