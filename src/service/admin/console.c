/* SPDX-License-Identifier: MIT */
#include "service/admin/console.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "service/eventlog.h"

#include <stdarg.h>
#include <string.h>

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

uint32_t say_failure(uint32_t error, const char16_t *what, const char16_t *service)
{
    char16_t buffer[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(buffer);
    system_text_append(&reason, error);
    say(u"Could not %1 the service \"%2\": %3%n", what, service, buffer);
    if (error == ERROR_ACCESS_DENIED)
        say(u"This needs administrator rights: open a command prompt with \"Run as "
            u"administrator\" and try again.%n");
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        say(u"It is not installed. Install it with the switch -install.%n");
    return error;
}

void say_line(const char16_t *before, const char *line, uint32_t error)
{
    char16_t units[LOG_LINE_MAX + SYSTEM_TEXT_UNITS];
    struct text text = TEXT_ON(units);
    text.length = text_from_utf8(line, strlen(line), units, LOG_LINE_MAX);
    if (text.length > LOG_LINE_MAX)
        text.length = LOG_LINE_MAX;
    units[text.length] = 0;
    if (error) {
        text_append(&text, u": ");
        system_text_append(&text, error);
    }
    say(u"%1%2%n", before, units);
}

void say_log(const struct log_line *line)
{
    say_line(u"", line->text, line->error);
}
