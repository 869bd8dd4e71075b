/* SPDX-License-Identifier: MIT */
/* installed.h: the installed service of an instance, as its manager sees it. */
#ifndef SERVICE_ADMIN_INSTALLED_H
#define SERVICE_ADMIN_INSTALLED_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Opens the service with these rights; the caller closes the handle. Returns 0 or a Win32 error:
 * ERROR_SERVICE_DOES_NOT_EXIST when it is not installed. */
uint32_t installed_open(const char16_t *name, DWORD access, SC_HANDLE *service);

/* Needs SERVICE_QUERY_STATUS. Returns 0 or a Win32 error. A service whose process has ended is
 * SERVICE_STOPPED with ERROR_PROCESS_ABORTED, because its manager may report that late. */
uint32_t installed_query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status);

/* Waits while it is starting or stopping, until nothing of that has moved for `milliseconds`: a
 * service tells its manager that it goes on. *status is the last one, running or stopped, or
 * starting or stopping still when it has hung. When it takes some seconds that is printed, with its
 * `name`. Returns 0 or a Win32 error. */
uint32_t installed_wait(SC_HANDLE service, const char16_t *name, uint32_t milliseconds,
                        SERVICE_STATUS_PROCESS *status);

#endif
