/* SPDX-License-Identifier: MIT */
/* log_origin.h: whose doing the log lines of a thread are, and how many of them there may be.
 *
 * What clients do is logged, and clients are hostile: without a limit one user's endless failures
 * would roll everybody else's events out of the log. So a session has SESSION_LINES lines, and all
 * sessions and connections of one user USER_LINES a minute; one line says when that is used up.
 * Lines of threads without a speaker, the service's own, are never suppressed. */
#ifndef SERVICE_LOG_ORIGIN_H
#define SERVICE_LOG_ORIGIN_H

#include "base/log_limit.h"

#include <stdbool.h>
#include <stddef.h>

enum { SESSION_LINES = 100, USER_LINES = 1000 };

struct log_origin {
    struct log_limit session;
    struct log_limit *user; /* shared by all of this user's */
};

/* From here to log_origin_end() the thread speaks of a client of the user `sid` (size 0: one whose
 * user is unknown). `speaker` must live until then. */
void log_origin_begin(struct log_origin *speaker, const void *sid, size_t size);
void log_origin_end(void);

/* Counts a line of this thread. Returns whether to write one: `*line`, or what has taken its place.
 */
bool log_origin_admits(const char **line);

#endif
