/* SPDX-License-Identifier: MIT */
/* answer.h: makes, logs and sends the replies to a client. */
#ifndef SERVICE_STARTUP_ANSWER_H
#define SERVICE_STARTUP_ANSWER_H

#include "service/failure.h"
#include "service/pipe_io.h"
#include "wire/reply.h"

struct answer {
    struct pipe *pipe;
    char16_t units[REPLY_MAX_UNITS]; /* used by Windows until answer_end() */
};

/* Sends the process id of the client's new openvpn.exe. A client that has gone meanwhile is no
 * error.
 */
void answer_process_id(struct answer *answer, uint32_t process_id);

/* Logs the failure and begins to send it. answer_end() waits for the client to make room for it,
 * for PIPE_TIMEOUT_MILLISECONDS at most. */
void answer_failure(struct answer *answer, struct failure failure);
void answer_end(struct answer *answer);

#endif
