/* SPDX-License-Identifier: MIT */
/* child_pipes.h: the handles that openvpn.exe inherits: its standard handles and its end of the
 * session pipe. */
#ifndef SERVICE_STARTUP_CHILD_PIPES_H
#define SERVICE_STARTUP_CHILD_PIPES_H

#include "service/failure.h"

/* The three handles for the child are inheritable, the service's ends are not. */
struct child_pipes {
    HANDLE null;         /* the child's standard output and error */
    HANDLE input;        /* the child's standard input */
    HANDLE input_writer; /* its other end */
    HANDLE channel;      /* the child's end of the session pipe */
    HANDLE channel_ours; /* the service's, for overlapped use */
};

/* The standard input has room for `input_size` bytes before the child reads any. Zero-initialise
 * the pipes, and free them after a failure too. */
struct failure child_pipes_make(const char16_t *instance, uint32_t input_size,
                                struct child_pipes *pipes);
void child_pipes_free(struct child_pipes *pipes); /* usable with CLEANUP() */

#endif
