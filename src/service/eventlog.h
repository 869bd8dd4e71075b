/* SPDX-License-Identifier: MIT */
/* eventlog.h: the Windows event log as the sink of base/log.h, and our registration as its source.
 *
 * Each event has two strings: a heading (the source, the instance and, for an error, the system's
 * text of its code) and the line. Facts: docs/protocol.md, "Event log". */
#ifndef SERVICE_EVENTLOG_H
#define SERVICE_EVENTLOG_H

#include "base/text.h"
#include "base/win32/system_text.h"

/* Log lines go to the event log from now on. `instance` must stay valid. */
void eventlog_open(const char16_t *instance);

/* Registers this executable as the source's message file, unless the source is registered. */
uint32_t eventlog_register(void);

/* Removes the registration if it names this executable. */
void eventlog_unregister(void);

#endif
