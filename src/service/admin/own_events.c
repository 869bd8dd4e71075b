/* SPDX-License-Identifier: MIT */
#include "service/admin/own_events.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/event_reader.h"
#include "service/admin/console.h"

#include <string.h>

enum {
    MOST_EVENTS = 16,
    EVENT_UNITS = 600, /* room for both strings of an event, of less than 256 units each */
    LATE_MILLISECONDS = 2000,
    STEP_MILLISECONDS = 50
};

#define CLEANUP_LOG CLEANUP(close_event_log)

struct log_end log_end_now(void)
{
    CLEANUP_LOG HANDLE log = OpenEventLogW(NULL, L"Application");
    DWORD oldest = 0, count = 0;
    bool is_known =
        log && GetOldestEventLogRecord(log, &oldest) && GetNumberOfEventLogRecords(log, &count);
    return (struct log_end){is_known, oldest + count};
}

/* ---- one event ---- */

/* Every user may write events under our name: no control character of theirs reaches a console. */
static void append_clean(struct text *text, const char16_t *foreign)
{
    for (; *foreign; foreign++) {
        bool is_control = *foreign < ' ' || (*foreign >= 0x7f && *foreign < 0xa0);
        text_append_unit(text, is_control ? u'?' : *foreign);
    }
}

/* "<line>: <reason>". Returns false when it is not an event of this instance. */
static bool describe_event(const EVENTLOGRECORD *event, const char16_t *instance,
                           char16_t text[EVENT_UNITS])
{
    struct service_event own;
    struct text description = text_on(text, EVENT_UNITS);
    if (!event_of_service(event, instance, &own))
        return false;
    append_clean(&description, own.line);
    if (*own.reason)
        text_append(&description, u": ");
    append_clean(&description, own.reason);
    return true;
}

/* ---- the log ---- */

struct found_events {
    char16_t texts[MOST_EVENTS][EVENT_UNITS]; /* newest first */
    size_t count;
    struct log_end since;
    const char16_t *instance;
};

/* Returns false at an event from before `since`. */
static bool take_event(void *context, const EVENTLOGRECORD *event)
{
    struct found_events *found = context;
    if ((int32_t)(event->RecordNumber - found->since.next) < 0)
        return false;
    found->count += describe_event(event, found->instance, found->texts[found->count]);
    return found->count < MOST_EVENTS;
}

static void find_events(struct found_events *found)
{
    found->count = 0;
    event_reader_walk(take_event, found);
}

bool own_events_say(struct log_end since, const char16_t *instance)
{
    static struct found_events found;
    const ULONGLONG start = GetTickCount64();
    if (!since.is_known)
        return false;
    found.since = since;
    found.instance = instance;
    find_events(&found);
    while (!found.count && GetTickCount64() - start < LATE_MILLISECONDS) {
        Sleep(STEP_MILLISECONDS);
        find_events(&found);
    }
    for (size_t i = found.count; i > 0; i--)
        say(u"  %1%n", found.texts[i - 1]);
    return found.count > 0;
}
