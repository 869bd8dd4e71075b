/* SPDX-License-Identifier: MIT */
#include "client/cli/console.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <windows.h>

enum { LINE_BYTES = 4096, CLOSE_WAIT = 20000 };

static HANDLE end_asked;
static HANDLE end_done;
static atomic_bool ends_with_window;

static void console_write_units(HANDLE console, const char *utf8, size_t size)
{
    size_t length = text_from_utf8(utf8, size, NULL, 0);
    CLEANUP_FREE char16_t *units = malloc((length + 1) * sizeof(*units));
    DWORD written;
    if (!units)
        return;
    text_from_utf8(utf8, size, units, length);
    WriteConsoleW(console, units, (DWORD)length, &written, NULL);
}

void console_write(enum console_stream stream, const char *utf8, size_t size)
{
    HANDLE handle = GetStdHandle(stream == CONSOLE_OUTPUT ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
    DWORD mode;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return;
    if (GetConsoleMode(handle, &mode)) {
        console_write_units(handle, utf8, size);
        return;
    }
    DWORD written = 0;
    for (size_t done = 0; done < size; done += written)
        if (!WriteFile(handle, utf8 + done, (DWORD)(size - done), &written, NULL) || !written)
            return; /* nobody reads the output any more; the connection goes on */
}

void console_print(enum console_stream stream, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0)
        console_write(stream, line,
                      (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

char *console_clean(const char *foreign, char *clean, size_t capacity)
{
    char16_t units[LINE_BYTES];
    size_t size = 0;
    while (size < ARRAY_COUNT(units) - 1 && foreign[size])
        size++;
    size_t length = text_from_utf8(foreign, size, units, ARRAY_COUNT(units) - 1);
    units[length] = 0;
    return text_to_line(units, clean, capacity);
}

bool console_is_window(void)
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode);
}

bool console_clear(void)
{
    HANDLE screen = GetStdHandle(STD_OUTPUT_HANDLE);
    const COORD top = {0, 0};
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD written;
    if (!GetConsoleScreenBufferInfo(screen, &info))
        return false;
    const DWORD size = (DWORD)info.dwSize.X * (DWORD)info.dwSize.Y;
    FillConsoleOutputCharacterW(screen, L' ', size, top, &written);
    SetConsoleCursorPosition(screen, top);
    return true;
}

static BOOL WINAPI console_on_control(DWORD control)
{
    const bool is_window = control == CTRL_CLOSE_EVENT || control == CTRL_LOGOFF_EVENT ||
                           control == CTRL_SHUTDOWN_EVENT;
    if (is_window && ends_with_window)
        return FALSE;
    SetEvent(end_asked);
    /* After these events Windows ends the process when the handler returns: wait for the end of the
     * connection. */
    if (is_window)
        WaitForSingleObject(end_done, CLOSE_WAIT);
    return TRUE;
}

void console_end_with_window(void)
{
    ends_with_window = true;
}

void *console_watch_for_end(void)
{
    end_asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    end_done = CreateEventW(NULL, TRUE, FALSE, NULL);
    /* A parent that started this process in a new process group has disabled Ctrl-C: enable it. */
    SetConsoleCtrlHandler(NULL, FALSE);
    if (!end_asked || !end_done || !SetConsoleCtrlHandler(console_on_control, TRUE))
        return NULL;
    return end_asked;
}

void console_ended(void)
{
    SetEvent(end_done);
}
