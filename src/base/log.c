/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_sink *current_sink;

void log_to(log_sink *sink)
{
    current_sink = sink;
}

static void log_emit(struct log_line line, const char *format, va_list arguments)
{
    if (!current_sink)
        return;
    char text[LOG_LINE_MAX];
    vsnprintf(text, sizeof(text), format, arguments);
    line.text = text;
    current_sink(&line);
}

void log_information_of(enum log_event event, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_emit((struct log_line){event, LOG_INFORMATION, 0, NULL}, format, arguments);
    va_end(arguments);
}

uint32_t log_error_of(enum log_event event, uint32_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_emit((struct log_line){event, LOG_ERROR, error, NULL}, format, arguments);
    va_end(arguments);
    return error;
}
