/* SPDX-License-Identifier: MIT */
/* answer.h: makes, logs and sends the replies to a client. */
#ifndef SERVICE_STARTUP_ANSWER_H
#define SERVICE_STARTUP_ANSWER_H

#include "service/failure.h"
#include "service/pipe_io.h"
#include "wire/reply.h"

/* A session sends each of both replies once at most. Windows uses them until the pipe is closed. */
struct answer {
    struct pipe *pipe;
    char16_t success[REPLY_MAX_UNITS], failure[REPLY_MAX_UNITS];
};

/* Begins to send the process id of the client's new openvpn.exe. A client that has gone meanwhile
 * is no error. */
void answer_process_id(struct answer *answer, uint32_t process_id);

/* Logs the failure and begins to send it. */
void answer_failure(struct answer *answer, struct failure failure);

/* Waits until the client has read everything or has gone, for PIPE_TIMEOUT_MILLISECONDS at most. To
 * be called before the thread that has begun the replies ends: Windows would take them back. */
void answer_end(struct answer *answer);

#endif
