/* SPDX-License-Identifier: MIT */
/* server.h: what Windows says about the service: does it run, and which process is it? */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include <stdint.h>
#include <uchar.h>

/* The state (SERVICE_RUNNING, ...) and process of the service of `instance`. Returns 0 or a Win32
 * code; ERROR_SERVICE_DOES_NOT_EXIST when it is not installed. */
uint32_t server_query(const char16_t *instance, uint32_t *state, uint32_t *process_id);

/* True when Windows runs the service of `instance` in the process that serves `pipe` (a HANDLE).
 * Returns 0, ERROR_WRONG_TARGET_NAME when it does not, or why it can't be told. */
uint32_t server_verify(const char16_t *instance, void *pipe);

#endif
