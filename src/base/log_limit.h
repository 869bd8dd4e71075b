/* SPDX-License-Identifier: MIT */
/* log_limit.h: how many lines one origin may put into the log, so that nobody can bury what others
 * have to say. */
#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include <stdint.h>

/* Zero-initialised except for the first two. Not thread-safe. */
struct log_limit {
    uint32_t most;         /* lines in one period */
    uint32_t milliseconds; /* the period; 0: it never ends */
    uint64_t since;        /* when this period began */
    uint32_t lines;        /* in this period, at most `most` + 1 */
};

enum log_verdict {
    LOG_WRITE,
    LOG_WRITE_NOTICE, /* instead of the line: that there will be no more for now */
    LOG_DROP
};

/* Counts a line at the time `now` (milliseconds of any clock that never goes back). */
enum log_verdict log_limit_count(struct log_limit *limit, uint64_t now);

#endif
