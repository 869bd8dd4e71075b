/* SPDX-License-Identifier: MIT */
/* scm.h: this process as a service of the service control manager. */
#ifndef SERVICE_SCM_H
#define SERVICE_SCM_H

#include <stdint.h>
#include <uchar.h>

/* Runs the service of this instance until it has stopped. Returns 0, or a Win32 error when Windows
 * has not started this process as a service, which is said on the console. */
uint32_t scm_run(const char16_t *instance);

#endif
