/* SPDX-License-Identifier: MIT */
/* control.h: -start, -stop and -status. Each prints what it did or found, and what to do next, and
 * returns 0 or a Win32 error: ERROR_SERVICE_NOT_ACTIVE when the service does not run,
 * ERROR_SERVICE_DOES_NOT_EXIST when it is not installed. */
#ifndef SERVICE_ADMIN_CONTROL_H
#define SERVICE_ADMIN_CONTROL_H

#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Waits until the service runs (0), or has ended: then its own events are shown. */
uint32_t start_service(const char16_t *instance);

/* Waits until it has stopped: its sessions take a few seconds to end. */
uint32_t stop_service(const char16_t *instance);

/* 0: it runs. */
uint32_t show_status(const char16_t *instance);

/* Stops it, if it runs, and waits until it has stopped. The handle needs SERVICE_STOP and
 * SERVICE_QUERY_STATUS; `name` is the service's. Returns 0 or a Win32 error, ERROR_TIMEOUT: it has
 * hung. */
uint32_t control_stop_and_wait(SC_HANDLE service, const char16_t *name);

#endif
