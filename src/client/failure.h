/* SPDX-License-Identifier: MIT */
/* failure.h: turns an error code and the step that failed into sentences for the user. */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include "client/gatehouse.h"

#include <uchar.h>

enum failure_step {
    STEP_MEMORY,        /* getting memory */
    STEP_OPEN,          /* opening the pipe */
    STEP_SERVER,        /* verifying the server of the pipe */
    STEP_ENCODE,        /* encoding the request */
    STEP_ASK,           /* sending the request and reading the reply */
    STEP_ANSWER,        /* the service has replied with an error */
    STEP_END,           /* openvpn has ended with an error */
    STEP_CONTROL_OPEN,  /* opening the control pipe */
    STEP_CONTROL_ASK,   /* sending a request on it and reading the reply */
    STEP_CONTROL_ANSWER /* the service has replied with an error */
};

/* Fills *error (unless NULL) and returns `code`. `function` is the function line of the service's
 * reply; NULL: there was no reply. */
uint32_t gatehouse_fail(struct gatehouse_error *error, enum failure_step step, uint32_t code,
                        const char16_t *instance, const char16_t *function);

#endif
