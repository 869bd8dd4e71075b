/* SPDX-License-Identifier: MIT */
/* log_limit.h: limits the log lines of one source, so that it cannot fill the log and push out the
 * lines of others. */
#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include <stdint.h>

/* The caller sets the first two members; the others start as 0. Not thread-safe. */
struct log_limit {
    uint32_t most;         /* lines allowed in one period */
    uint32_t milliseconds; /* length of a period; 0: one period that never ends */
    uint64_t since;        /* start of this period */
    uint32_t lines;        /* lines counted in this period, at most `most` + 1 */
};

enum log_verdict {
    LOG_WRITE,
    LOG_WRITE_NOTICE, /* write, instead of the line, that further lines are dropped */
    LOG_DROP
};

/* Counts a line at the time `now` (milliseconds of a monotonic clock) and returns what to do. */
enum log_verdict log_limit_count(struct log_limit *limit, uint64_t now);

#endif
