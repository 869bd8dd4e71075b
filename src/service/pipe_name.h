/* SPDX-License-Identifier: MIT */
/* pipe_name.h: the instances of a pipe that is ours alone.
 *
 * The first instance must be the first of that name, so that nobody listens in our place. But when
 * a server closes its end of a connected instance, Windows keeps instance and name until the client
 * closes its end too (ReactOS npfs, NpSetClosingPipeState; go-winio issue 73). So after a crash a
 * client that still holds its handle would keep the service from starting. Such a name, under which
 * nobody listens and whose access list is ours, is taken over. And whatever ends in order is
 * disconnected before it is closed. */
#ifndef SERVICE_PIPE_NAME_H
#define SERVICE_PIPE_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Makes an instance more; `security` (SDDL) counts for the first one only. Returns 0 or a Win32
 * error. */
uint32_t pipe_instance_make(const char16_t *name, const char16_t *security, HANDLE *instance);

/* Disconnects the client, if there is one, and closes the instance. */
void pipe_instance_close(HANDLE *instance);

/* Makes the first instance. Returns 0 or a Win32 error, logged; ERROR_ACCESS_DENIED after a few
 * seconds: the name belongs to another program. */
uint32_t pipe_name_take(const char16_t *name, const char16_t *security, HANDLE *instance);

/* Whether SYSTEM or Administrators own the pipe, and its access list is that of `security`: on
 * Windows the descriptor of the first instance rules who may listen under the name. */
bool pipe_is_secured(HANDLE instance, const char16_t *security);

#endif
