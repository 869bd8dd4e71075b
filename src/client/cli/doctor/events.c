/* SPDX-License-Identifier: MIT */
/* The last errors that the service has written to the event log. */
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/event_list.h"

#include "base/cleanup.h"

enum { MOST_ERRORS = 5, ERROR_DAYS = 7 };

void check_events(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP(event_list_free) struct event_list list = {NULL, 0};
    uint32_t error = event_list_read(doctor->instance, MOST_ERRORS, ERROR_DAYS, true, &list);
    if (error) {
        doctor_unreadable(findings, "events.errors", "The event log", error);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct listed_event *event = &list.events[i];
        struct finding *finding =
            event->times > 1
                ? findings_add(findings, VERDICT_WARNING, "events.errors", "%s  %s (%u times)",
                               event->time, event->line, event->times)
                : findings_add(findings, VERDICT_WARNING, "events.errors", "%s  %s", event->time,
                               event->line);
        finding_add_detail(finding, "time", "%s", event->time);
        finding_add_detail(finding, "event", "%s", event->line);
        finding_advise(finding, "What to do about it: recovery.md, \"What the event log says\"");
    }
    if (!list.count)
        findings_add(findings, VERDICT_OK, "events.errors",
                     "The service has reported no error in the last %u days", ERROR_DAYS);
}
