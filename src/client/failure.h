/* SPDX-License-Identifier: MIT */
/* failure.h: turns an error code and the step that failed into sentences for a human. */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include "client/gatehouse.h"

#include <uchar.h>

enum failure_step {
    STEP_MEMORY, /* our own means */
    STEP_OPEN,   /* reaching the pipe */
    STEP_SERVER, /* finding out who serves it */
    STEP_WORD,   /* putting the request into words */
    STEP_ASK,    /* sending the request, reading the answer */
    STEP_ANSWER, /* the service's error answer to the request */
    STEP_END     /* the service's error answer when openvpn has ended */
};

/* Fills *error (unless NULL) and returns `code`. `function` is the reply's function line, or NULL
 * when there was no reply. */
uint32_t gatehouse_fail(struct gatehouse_error *error, enum failure_step step, uint32_t code,
                        const char16_t *instance, const char16_t *function);

#endif
