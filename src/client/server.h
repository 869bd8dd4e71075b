/* SPDX-License-Identifier: MIT */
/* server.h: asks Windows whether the service runs, and in which process. */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include <stdint.h>
#include <uchar.h>

/* Gets the state (SERVICE_RUNNING, ...) and the process id of the service of `instance`. Returns 0
 * or a Win32 code; ERROR_SERVICE_DOES_NOT_EXIST: it is not installed. */
uint32_t server_query(const char16_t *instance, uint32_t *state, uint32_t *process_id);

/* Checks that the process that serves `pipe` (a HANDLE) is the process in which Windows runs the
 * service of `instance`. Returns 0, ERROR_WRONG_TARGET_NAME if it is not, or an error.
 * ERROR_NOT_READY: it is, but the service is starting or stopping, and may not serve this client.
 */
uint32_t server_verify(const char16_t *instance, void *pipe);

#endif
