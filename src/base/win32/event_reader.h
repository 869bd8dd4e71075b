/* SPDX-License-Identifier: MIT */
/* event_reader.h: reads the Application log, in which the service's events are.
 *
 * Every user may write events under our name: their texts are to be shown without control
 * characters. */
#ifndef BASE_WIN32_EVENT_READER_H
#define BASE_WIN32_EVENT_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

/* Closes what OpenEventLog() has opened: for CLEANUP(). */
void close_event_log(HANDLE *log);

/* Shows each event, newest first, until `see` returns false. Returns 0, also when Windows can't
 * read on in the middle, or the Win32 error with which the log can't be opened or read at all. */
uint32_t event_reader_walk(bool (*see)(void *context, const EVENTLOGRECORD *event), void *context);

/* An event of an instance of the service: its two strings are the line behind a heading with the
 * reason, Windows' text of an error (or nothing). They point into the event. */
struct service_event {
    const char16_t *line, *reason;
};

/* Returns false when it is not an event of this instance. */
bool event_of_service(const EVENTLOGRECORD *event, const char16_t *instance,
                      struct service_event *of_service);

#endif
