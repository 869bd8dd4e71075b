/* SPDX-License-Identifier: MIT */
/* engine_restarts.h: tells when the filtering platform has been restarted: its dynamic filters have
 * gone with it. Its service is BFE, the base filtering engine. */
#ifndef SYSTEM_WIN32_ENGINE_RESTARTS_H
#define SYSTEM_WIN32_ENGINE_RESTARTS_H

#include "system/changes.h"

/* Begins a thread that calls `callback` with NULL each time BFE runs again after it was stopped.
 * Only one at a time. Returns 0 or a Win32 error code. */
uint32_t engine_restarts_watch(changes_callback *callback, void *context);

/* Ends the thread and waits for it. */
void engine_restarts_unwatch(void);

#endif
