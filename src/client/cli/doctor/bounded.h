/* SPDX-License-Identifier: MIT */
/* bounded.h: does things side by side, and waits for each for a limited time only: what asks
 * Windows may hang as long as a domain controller, a disk or a service does not answer. */
#ifndef CLIENT_DOCTOR_BOUNDED_H
#define CLIENT_DOCTOR_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOUNDED_MOST = 32 };

/* `context` belongs to the work until that is done, which may be never: do not free it, nor read
 * what the work writes, unless `is_done`. */
struct bounded {
    void (*work)(void *context);
    void *context;
    bool is_done; /* on return */
};

/* Does at most BOUNDED_MOST of them, and returns when all are done or the time is over, which lasts
 * longer when the computer is very busy. */
void bounded_do(struct bounded *all, size_t count, uint32_t milliseconds);

#endif
