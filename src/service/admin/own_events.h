/* SPDX-License-Identifier: MIT */
/* own_events.h: what a service has written into the event log, for whoever has started it by hand
 * and would have to look for it there. */
#ifndef SERVICE_ADMIN_OWN_EVENTS_H
#define SERVICE_ADMIN_OWN_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Where the Application log ends now, for own_events_say(). */
struct log_end {
    bool is_known; /* false: the log can't be read */
    uint32_t next; /* the number of the next record */
};
struct log_end log_end_now(void);

/* Prints what the service of `instance` has written since, oldest first, the last sixteen events at
 * most. The log may show an event a moment late, so the first one is waited for. Returns whether
 * there was one. */
bool own_events_say(struct log_end since, const char16_t *instance);

#endif
