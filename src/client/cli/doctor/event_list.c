/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/event_list.h"

#include "base/text.h"
#include "base/win32/event_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_RECORDS = 100000, DAY = 24 * 60 * 60 };

struct event_search {
    const char16_t *instance;
    size_t most;
    bool only_errors;
    uint64_t since; /* seconds since the beginning of 1970 */
    unsigned seen;
    struct event_list *list;
};

static void describe_time(DWORD seconds, char text[EVENT_TIME_SIZE])
{
    const time_t since = (time_t)seconds;
    struct tm parts;
    if (gmtime_s(&parts, &since) || !strftime(text, EVENT_TIME_SIZE, "%Y-%m-%d %H:%M:%S Z", &parts))
        *text = 0;
}

static void list_event(struct event_search *search, const EVENTLOGRECORD *record,
                       const struct service_event *event)
{
    struct event_list *list = search->list;
    struct listed_event made = {.is_error = record->EventType == EVENTLOG_ERROR_TYPE, .times = 1};
    struct listed_event *last = list->count ? &list->events[list->count - 1] : NULL;
    describe_time(record->TimeGenerated, made.time);
    snprintf(made.line, sizeof(made.line), "%s%s%s", UTF8(event->line), *event->reason ? ": " : "",
             UTF8(event->reason));
    if (last && strcmp(last->line, made.line) == 0)
        last->times++;
    else
        list->events[list->count++] = made;
}

static bool see_event(void *context, const EVENTLOGRECORD *record)
{
    struct event_search *search = context;
    struct service_event event;
    if (record->TimeGenerated < search->since || ++search->seen > MOST_RECORDS)
        return false;
    if (search->only_errors && record->EventType != EVENTLOG_ERROR_TYPE)
        return true;
    if (event_of_service(record, search->instance, &event))
        list_event(search, record, &event);
    return search->list->count < search->most;
}

uint32_t event_list_read(const char16_t *instance, size_t most, unsigned days, bool only_errors,
                         struct event_list *list)
{
    const uint64_t now = (uint64_t)time(NULL);
    *list = (struct event_list){calloc(most, sizeof(*list->events)), 0};
    struct event_search search = {instance, most, only_errors, now - (uint64_t)days * DAY, 0, list};
    if (!list->events)
        return ERROR_NOT_ENOUGH_MEMORY;
    return event_reader_walk(see_event, &search);
}

void event_list_free(struct event_list *list)
{
    free(list->events);
    *list = (struct event_list){NULL, 0};
}
