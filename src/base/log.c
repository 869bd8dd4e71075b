/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_sink *current_sink;

void log_to(log_sink *sink)
{
    current_sink = sink;
}

static void log_emit(enum log_level level, uint32_t error, const char *format, va_list arguments)
{
    if (!current_sink)
        return;
    char line[LOG_LINE_MAX];
    vsnprintf(line, sizeof(line), format, arguments);
    current_sink(level, error, line);
}

void log_information(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_emit(LOG_INFORMATION, 0, format, arguments);
    va_end(arguments);
}

uint32_t log_error(uint32_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_emit(LOG_ERROR, error, format, arguments);
    va_end(arguments);
    return error;
}
