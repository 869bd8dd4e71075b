/* SPDX-License-Identifier: MIT */
#include "service/admin/console.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <stdarg.h>

static void write_console_text(HANDLE output, const char16_t *text)
{
    DWORD mode, written;
    if (GetConsoleMode(output, &mode)) {
        WriteConsoleW(output, text, (DWORD)text_length(text), &written, NULL);
        return;
    }
    size_t length = text_length(text);
    size_t size = text_to_utf8(text, length, NULL, 0);
    CLEANUP_FREE char *utf8 = malloc(size + 1);
    if (!utf8)
        return;
    text_to_utf8(text, length, utf8, size);
    WriteFile(output, utf8, (DWORD)size, &written, NULL);
}

void say(const char16_t *format, ...)
{
    CLEANUP_LOCAL wchar_t *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                  format, 0, 0, (LPWSTR)&text, 0, &arguments);
    va_end(arguments);
    if (length)
        write_console_text(GetStdHandle(STD_OUTPUT_HANDLE), text);
}
