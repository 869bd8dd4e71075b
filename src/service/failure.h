/* SPDX-License-Identifier: MIT */
/* failure.h: Windows' resources that close themselves, and how an API failure is told to a client.
 */
#ifndef SERVICE_FAILURE_H
#define SERVICE_FAILURE_H

#include "base/win32/handles.h"

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* What went wrong, as a reply names it: the second line of an error reply is `function`. A NULL
 * function means that nothing did. Literals only, or text that outlives the session. */
struct failure {
    uint32_t code;
    const char16_t *function;
};

#define NO_FAILURE                                                                                 \
    (struct failure)                                                                               \
    {                                                                                              \
        0, NULL                                                                                    \
    }

static inline struct failure failure_of(uint32_t code, const char16_t *function)
{
    return (struct failure){code, function};
}

/* Call it first thing after the function that failed. */
static inline struct failure last_failure(const char16_t *function)
{
    return (struct failure){GetLastError(), function};
}

#endif
