/* SPDX-License-Identifier: MIT */
/* cleanup.h: resources that clean themselves up when their variable leaves scope (gcc and clang).
 *
 *     CLEANUP_FREE char *text = NULL;
 *
 * The variable must be initialised at its declaration. To hand the resource on, use TAKE(). */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <string.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *variable)
{
    void *resource;
    memcpy(&resource, variable, sizeof(resource)); /* whatever its pointer type is */
    free(resource);
}
#define CLEANUP_FREE CLEANUP(cleanup_free)

/* The value of a pointer variable, which is NULL afterwards: ownership moves to the caller. */
#define TAKE(variable)                                                                             \
    ({                                                                                             \
        __typeof__(variable) taken_ = (variable);                                                  \
        (variable) = NULL;                                                                         \
        taken_;                                                                                    \
    })

#endif
