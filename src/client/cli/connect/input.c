/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/input.h"

#include "base/errors.h"
#include "base/lock.h"
#include "base/text.h"
#include "client/cli/console.h"

#include <string.h>

enum { QUEUE = 8 /* lines that wait to be taken; more are dropped */ };

static struct {
    HANDLE handle;
    HANDLE event; /* manual-reset: set while there is a line, or after the end */
    HANDLE end_event;
    HANDLE wanted; /* auto-reset: the console thread may read a line */
    bool console;
    DWORD echo_mode; /* the mode of the console before echo was disabled; 0: not disabled */
    struct lock lock;
    char lines[QUEUE][INPUT_LINE_MAX + 1]; /* oldest first */
    size_t count;
    bool ended;
} input;

static void input_add_line(char *line, size_t length)
{
    if (length && line[length - 1] == '\r')
        length--;
    lock_acquire(&input.lock);
    if (input.count < QUEUE) {
        memcpy(input.lines[input.count], line, length);
        input.lines[input.count++][length] = '\0';
        SetEvent(input.event);
    }
    lock_release(&input.lock);
}

static void input_add_end(void)
{
    lock_acquire(&input.lock);
    input.ended = true;
    SetEvent(input.event);
    SetEvent(input.end_event);
    lock_release(&input.lock);
}

static DWORD WINAPI input_read_bytes(void *unused)
{
    (void)unused;
    char line[INPUT_LINE_MAX + 1];
    size_t length = 0;
    char byte;
    DWORD size;
    while (ReadFile(input.handle, &byte, 1, &size, NULL) && size == 1) {
        if (byte == '\n') {
            input_add_line(line, length);
            length = 0;
        } else if (length < INPUT_LINE_MAX) {
            line[length++] = byte;
        }
    }
    if (length)
        input_add_line(line, length);
    SecureZeroMemory(line, sizeof(line));
    input_add_end();
    return 0;
}

/* After Ctrl-C a read returns nothing, after Ctrl-Z this character: both end the input. */
static DWORD WINAPI input_read_console(void *unused)
{
    (void)unused;
    char16_t units[INPUT_LINE_MAX];
    char line[INPUT_LINE_MAX + 1];
    while (WaitForSingleObject(input.wanted, INFINITE) == WAIT_OBJECT_0) {
        DWORD length = 0;
        BOOL read = ReadConsoleW(input.handle, units, ARRAY_COUNT(units), &length, NULL);
        if (!read || length == 0 || units[0] == 0x1a)
            break;
        while (length && (units[length - 1] == u'\n' || units[length - 1] == u'\r'))
            length--;
        while (text_to_utf8(units, length, NULL, 0) > INPUT_LINE_MAX)
            length--;
        input_add_line(line, text_to_utf8(units, length, line, INPUT_LINE_MAX));
        SecureZeroMemory(units, sizeof(units));
        SecureZeroMemory(line, sizeof(line));
    }
    input_add_end();
    return 0;
}

uint32_t input_start(void)
{
    if (input.event)
        return 0;
    DWORD mode;
    input.handle = GetStdHandle(STD_INPUT_HANDLE);
    input.console = GetConsoleMode(input.handle, &mode);
    input.wanted = CreateEventW(NULL, FALSE, FALSE, NULL);
    input.end_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!input.wanted || !input.end_event)
        return GetLastError();
    input.event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!input.event)
        return GetLastError();
    HANDLE thread =
        CreateThread(NULL, 0, input.console ? input_read_console : input_read_bytes, NULL, 0, NULL);
    if (!thread)
        return GetLastError();
    CloseHandle(thread);
    return 0;
}

bool input_is_console(void)
{
    return input.console;
}

void *input_event(void)
{
    return input.event;
}

void *input_end_event(void)
{
    return input.end_event;
}

void input_restore(void)
{
    if (input.echo_mode) {
        SetConsoleMode(input.handle, input.echo_mode);
        console_write(CONSOLE_ERROR, "\n", 1); /* the line end that the user typed was not shown */
        input.echo_mode = 0;
    }
}

void input_ask(const char *prompt, bool secret)
{
    if (!input.console)
        return;
    console_write(CONSOLE_ERROR, prompt, strlen(prompt));
    DWORD mode;
    if (secret && GetConsoleMode(input.handle, &mode)) {
        input.echo_mode = mode;
        SetConsoleMode(input.handle, mode & ~(DWORD)ENABLE_ECHO_INPUT);
    }
    SetEvent(input.wanted);
}

enum input_result input_take(char line[INPUT_LINE_MAX + 1])
{
    enum input_result result = INPUT_NOTHING;
    lock_acquire(&input.lock);
    if (input.count) {
        memcpy(line, input.lines[0], sizeof(input.lines[0]));
        input.count--;
        memmove(input.lines[0], input.lines[1], input.count * sizeof(input.lines[0]));
        SecureZeroMemory(input.lines[input.count], sizeof(input.lines[0]));
        result = INPUT_LINE;
    } else if (input.ended) {
        result = INPUT_END;
    }
    if (input.count == 0 && !input.ended)
        ResetEvent(input.event);
    lock_release(&input.lock);
    if (result != INPUT_NOTHING)
        input_restore();
    return result;
}
