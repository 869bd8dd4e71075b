/* SPDX-License-Identifier: MIT */
/* log_origin.h: which client the log lines of a thread are about, and how many there may be.
 *
 * What clients do is logged, and clients are hostile: without a limit one user's endless failures
 * would push everybody else's events out of the log. So a session may log SESSION_LINES lines, and
 * all sessions and connections of one user USER_LINES a minute; one line says when that is used up.
 * Lines of threads without an origin, the service's own, are never suppressed. */
#ifndef SERVICE_LOG_ORIGIN_H
#define SERVICE_LOG_ORIGIN_H

#include "base/log.h"
#include "base/log_limit.h"

#include <stdbool.h>
#include <stddef.h>

enum { SESSION_LINES = 100, USER_LINES = 1000 };

struct log_origin {
    struct log_limit session;
    struct log_limit *user; /* shared by all sessions of the user */
};

/* Until log_origin_end() this thread's lines are about a client of the user `sid` (size 0: the user
 * is unknown). `origin` must live until then. */
void log_origin_begin(struct log_origin *origin, const void *sid, size_t size);
void log_origin_end(void);

/* Counts a line of this thread. Returns whether to write one: `*line`, whose text may have been
 * replaced by the notice that further lines are suppressed. */
bool log_origin_count(struct log_line *line);

#endif
