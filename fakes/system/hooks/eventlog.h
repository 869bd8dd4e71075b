/* SPDX-License-Identifier: MIT */
/* eventlog.h: the Application log of the machine, which Wine does not keep: record.events. */
#ifndef FAKES_HOOKS_EVENTLOG_H
#define FAKES_HOOKS_EVENTLOG_H

#include <windows.h>

/* Appends an event of `source`, and one of another program behind it. */
void eventlog_append(const wchar_t *source, WORD type, DWORD id, WORD count,
                     const wchar_t **strings);

#endif
