/* SPDX-License-Identifier: MIT */
#include "base/log_limit.h"

enum log_verdict log_limit_count(struct log_limit *limit, uint64_t now)
{
    if (limit->lines == 0 || (limit->milliseconds && now - limit->since >= limit->milliseconds)) {
        limit->since = now;
        limit->lines = 0;
    }
    if (limit->lines > limit->most)
        return LOG_DROP;
    limit->lines++;
    return limit->lines <= limit->most ? LOG_WRITE : LOG_WRITE_NOTICE;
}
