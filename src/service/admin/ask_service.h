/* SPDX-License-Identifier: MIT */
/* ask_service.h: asks the running service something over its control pipe. */
#ifndef SERVICE_ADMIN_ASK_SERVICE_H
#define SERVICE_ADMIN_ASK_SERVICE_H

#include <stdint.h>
#include <uchar.h>

/* Sends the verb, without arguments, to the service of the instance, which must run in this
 * process: nothing is sent to another one. Returns 0, the code of its error reply, WAIT_TIMEOUT if
 * it does not answer within `milliseconds`, or another Win32 error. */
uint32_t ask_service(const char16_t *instance, uint32_t process_id, const char16_t *verb,
                     uint32_t milliseconds);

#endif
