/* SPDX-License-Identifier: MIT */
/* log.h: log lines for the administrator of the machine.
 *
 * A line is UTF-8 and is about one event; what exceeds LOG_LINE_MAX bytes, the terminator included,
 * is cut off. The service passes lines to the Windows event log; without a sink they are dropped.
 * Never log secrets or whole command lines of a client. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum { LOG_LINE_MAX = 500 };

enum log_level { LOG_INFORMATION, LOG_ERROR };

/* `error` is the Win32 code that the line is about, 0 for none. Several threads may call a sink at
 * the same time. */
typedef void log_sink(enum log_level level, uint32_t error, const char *line);

/* Sets the sink. Call it before other threads exist. */
void log_to(log_sink *sink);

void log_information(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns `error`, so that a caller can log and return in one expression. */
uint32_t log_error(uint32_t error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
