/* SPDX-License-Identifier: MIT */
/* former_service.h: how a service was configured before a program of ours took it over, in the
 * registry: <state key>\Former\<service>. */
#ifndef BASE_WIN32_FORMER_SERVICE_H
#define BASE_WIN32_FORMER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Returns 0 or a Win32 error. What was remembered before is replaced. */
uint32_t former_service_remember(const char16_t *name, const QUERY_SERVICE_CONFIGW *config);

/* Configures the service as it was, if that is remembered and the program is still there, and
 * forgets it. Returns whether it has. Needs SERVICE_CHANGE_CONFIG. */
bool former_service_give_back(SC_HANDLE service, const char16_t *name);

void former_service_forget(const char16_t *name);

#endif
