/* SPDX-License-Identifier: MIT */
/* event_list.h: the last events of the service. */
#ifndef CLIENT_DOCTOR_EVENT_LIST_H
#define CLIENT_DOCTOR_EVENT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { EVENT_LINE_SIZE = 1024, EVENT_TIME_SIZE = 24 };

struct listed_event {
    char time[EVENT_TIME_SIZE]; /* "2026-11-28 10:20:30 Z" */
    char line[EVENT_LINE_SIZE]; /* with its reason; UTF-8 without control characters */
    bool is_error;
    unsigned times; /* how often in a row, at least 1 */
};

struct event_list {
    struct listed_event *events; /* newest first */
    size_t count;
};

/* At most `most` events of the instance from the last `days` days; those that are no errors are
 * left out when `only_errors`. The same line again and again is one event. Returns 0 or the Win32
 * error with which the log can't be read; free the list in either case. */
uint32_t event_list_read(const char16_t *instance, size_t most, unsigned days, bool only_errors,
                         struct event_list *list);
void event_list_free(struct event_list *list);

#endif
