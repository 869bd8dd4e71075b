/* SPDX-License-Identifier: MIT */
/* answer.h: the replies that a client gets: made, logged and sent. */
#ifndef SERVICE_STARTUP_ANSWER_H
#define SERVICE_STARTUP_ANSWER_H

#include "service/failure.h"
#include "service/pipe_io.h"
#include "wire/reply.h"

struct answer {
    struct pipe *pipe;
    char16_t units[REPLY_MAX_UNITS]; /* in the hands of the system while it is written */
};

/* The process id of the client's new openvpn.exe. Gives the client the usual time to make room; a
 * client that has gone meanwhile is no error. */
void answer_process_id(struct answer *answer, uint32_t process_id);

/* Logs the failure and begins to send it; answer_end() gives the client time to make room. */
void answer_failure(struct answer *answer, struct failure failure);
void answer_end(struct answer *answer);

#endif
