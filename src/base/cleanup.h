/* SPDX-License-Identifier: MIT */
/* cleanup.h: releases a resource when the variable that holds it leaves its scope (an attribute of
 * gcc and clang).
 *
 *     CLEANUP_FREE char *text = NULL;
 *
 * The variable must be initialised at its declaration. TAKE() passes the resource on instead. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <string.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *variable)
{
    void *resource;
    memcpy(&resource, variable, sizeof(resource)); /* the variable may be a pointer of any type */
    free(resource);
}
#define CLEANUP_FREE CLEANUP(cleanup_free)

/* Returns the value of a pointer variable and sets the variable to NULL, so that the resource is no
 * longer released at the end of the scope: whoever gets the value owns it. */
#define TAKE(variable)                                                                             \
    ({                                                                                             \
        __typeof__(variable) taken_ = (variable);                                                  \
        (variable) = NULL;                                                                         \
        taken_;                                                                                    \
    })

#endif
