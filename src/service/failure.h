/* SPDX-License-Identifier: MIT */
/* failure.h: what failed while a client was served, as its error reply names it.
 *
 *     struct failure failure = child_security_make(caller, &security);
 *     if (!failed(failure))
 *         failure = child_pipes_make(instance, size, &pipes);
 *     return failure;
 *
 * Functions whose errors are not told to a client return a Win32 code instead. */
#ifndef SERVICE_FAILURE_H
#define SERVICE_FAILURE_H

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* `function` is the second line of the error reply: a literal, or text that outlives the session.
 * NULL means that nothing failed. `event` is what the reply is logged as. */
struct failure {
    uint32_t code;
    const char16_t *function;
    enum log_event event;
};

#define NO_FAILURE                                                                                 \
    (struct failure)                                                                               \
    {                                                                                              \
        0, NULL, LOG_GENERAL                                                                       \
    }

static inline bool failed(struct failure failure)
{
    return failure.function != NULL;
}

static inline struct failure failure_of(uint32_t code, const char16_t *function)
{
    return (struct failure){code, function, LOG_GENERAL};
}

/* With GetLastError(): call it before anything else that may change that. */
static inline struct failure last_failure(const char16_t *function)
{
    return (struct failure){GetLastError(), function, LOG_GENERAL};
}

/* A refusal that the reference does not have: LOG_START_REFUSED or LOG_PROGRAM_REFUSED. */
static inline struct failure refusal_of(enum log_event event, uint32_t code,
                                        const char16_t *function)
{
    return (struct failure){code, function, event};
}

#endif
