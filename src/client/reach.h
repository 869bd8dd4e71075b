/* SPDX-License-Identifier: MIT */
/* reach.h: opens a pipe of the service, and makes sure that the service is at its other end. */
#ifndef CLIENT_REACH_H
#define CLIENT_REACH_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

enum { REACH_INSTANCE_UNITS = 200 /* the whole name of a pipe has at most 256 */ };

/* GetTickCount64() when the time limit (GATEHOUSE_FOREVER: none) is over, and what is left until
 * then, for a Windows function. */
uint64_t reach_deadline(uint32_t timeout);
DWORD reach_time_until(uint64_t deadline);

/* Which pipe, and what its server may do with our identity: one of Windows' SECURITY_ flags. */
struct reach_pipe {
    const char16_t *instance;
    const char16_t *name; /* the last part: u"service" */
    DWORD level;
};

/* Opens the pipe, and waits while the service starts, stops or is busy. Nothing is sent: the server
 * of a pipe can impersonate the caller once something was. Returns 0, or an error with
 * `*is_foreign`: the pipe is there, but nothing shows that it is the service's. */
uint32_t reach_open(const struct reach_pipe *wanted, uint64_t deadline, HANDLE *pipe,
                    bool *is_foreign);

/* Waits for the pending operation, and cancels it when the time is up (WAIT_TIMEOUT). It is not
 * pending any more on return. */
uint32_t reach_finish(HANDLE pipe, OVERLAPPED *operation, uint64_t deadline, DWORD *done);

#endif
