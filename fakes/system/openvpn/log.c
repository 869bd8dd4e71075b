/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static FILE *output;

void log_open(const struct options *options)
{
    if (options->log)
        output = _wfopen(options->log, options->log_append ? L"ab" : L"wb");
}

void log_line(const char *format, ...)
{
    FILE *to = output ? output : stdout;
    time_t now = time(NULL);
    char stamp[32];
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", localtime(&now));
    fprintf(to, "%s ", stamp);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(to, format, arguments);
    va_end(arguments);
    fputs("\r\n", to);
    fflush(to);
}
