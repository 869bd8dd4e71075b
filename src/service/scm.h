/* SPDX-License-Identifier: MIT */
/* scm.h: this process as a service: what the service control manager sees of it. */
#ifndef SERVICE_SCM_H
#define SERVICE_SCM_H

#include <stdint.h>
#include <uchar.h>

/* Of the user-defined controls (128 to 255): what could not be undone so far is tried again, for
 * -cleanup. By default Windows lets every user of a console or desktop send such a control, so this
 * one asks for nothing that the service would not do by itself. */
enum { CONTROL_CLEAN_UP = 130 };

/* Runs the service of this instance until it has stopped. Returns 0, or a Win32 error when this
 * process was not started as a service, which is told on the console. */
uint32_t scm_run(const char16_t *instance);

#endif
