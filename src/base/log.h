/* SPDX-License-Identifier: MIT */
/* log.h: one line of news for whoever runs the machine.
 *
 * Lines are UTF-8, at most LOG_LINE_MAX bytes, one subject each. The service's sink is the Windows
 * event log; without a sink lines are dropped. Never log secrets or whole command lines. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum { LOG_LINE_MAX = 500 };

enum log_level { LOG_INFORMATION, LOG_ERROR };

/* `error` is the Win32 code the line is about, 0 for none. */
typedef void log_sink(enum log_level level, uint32_t error, const char *line);

/* Set once, before other threads exist. */
void log_to(log_sink *sink);

void log_information(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns `error`, so that logging and returning is one expression. */
uint32_t log_error(uint32_t error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
