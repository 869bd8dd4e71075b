/* SPDX-License-Identifier: MIT */
/* former.h: how a service was configured before this program took it over, in the registry:
 * <state key>\Former\<service>. */
#ifndef SERVICE_ADMIN_FORMER_H
#define SERVICE_ADMIN_FORMER_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Returns 0 or a Win32 error. What was remembered before is replaced. */
uint32_t former_remember(const char16_t *name, const QUERY_SERVICE_CONFIGW *config);

/* Configures the service as it was, if that is remembered and the program is still there, and
 * forgets it. Returns whether it has. Needs SERVICE_CHANGE_CONFIG. */
bool former_give_back(SC_HANDLE service, const char16_t *name);

void former_forget(const char16_t *name);

#endif
