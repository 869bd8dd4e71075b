/* SPDX-License-Identifier: MIT */
/* console.h: messages to whoever has run the executable by hand. */
#ifndef SERVICE_ADMIN_CONSOLE_H
#define SERVICE_ADMIN_CONSOLE_H

#include "base/log.h"

#include <uchar.h>

/* Prints `format` with its arguments, as FormatMessage takes them: a UTF-16 text for %1, an
 * unsigned number for %2!u!, and so on. A console gets UTF-16, a file or pipe UTF-8. */
void say(const char16_t *format, ...);

/* Prints a line of UTF-8 behind `before`, with Windows' text of `error` unless that is 0. */
void say_line(const char16_t *before, const char *line, uint32_t error);

/* log_to(say_log): log lines go to the console, because whoever runs a command wants to see them.
 */
void say_log(const struct log_line *line);

/* Prints that `what` ("start") failed for the service, with Windows' text of `error`, and what to
 * do where that is known. Returns `error`. */
uint32_t say_failure(uint32_t error, const char16_t *what, const char16_t *service);

#endif
