/* SPDX-License-Identifier: MIT */
/* eventlog.h: the Windows event log as the sink of base/log.h, and our registration there.
 *
 * Each event has two strings: who speaks, with the system's text of the error if there is one, and
 * the line. Facts: docs/protocol.md, "Event log". */
#ifndef SERVICE_EVENTLOG_H
#define SERVICE_EVENTLOG_H

#include "base/text.h"

/* From now on log lines go to the event log. `instance` must stay valid. */
void eventlog_open(const char16_t *instance);

/* Registers this executable as the source's message file, if nobody has registered the source. */
uint32_t eventlog_register(void);

/* Removes the registration if it names this executable. */
void eventlog_unregister(void);

enum { SYSTEM_TEXT_UNITS = 256 };

/* The system's message for `error` in its own language and with its line end, or NULL when it has
 * none. `text` is the buffer for it. */
const char16_t *system_text(uint32_t error, char16_t text[SYSTEM_TEXT_UNITS]);

/* Appends "<the system's text> (0x<code>)", without a line end. */
void system_text_append(struct text *text, uint32_t error);

#endif
