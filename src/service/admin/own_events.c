/* SPDX-License-Identifier: MIT */
#include "service/admin/own_events.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"
#include "service/admin/console.h"

#include <string.h>

enum {
    MOST_EVENTS = 16,
    EVENT_UNITS = 600, /* room for both strings of an event, of less than 256 units each */
    FIRST_SIZE = 4096,
    MOST_SIZE = 0x7ffff, /* Microsoft, "ReadEventLog" */
    LATE_MILLISECONDS = 2000,
    STEP_MILLISECONDS = 50
};

static void close_event_log(HANDLE *log)
{
    if (*log)
        CloseEventLog(*log);
}
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

/* Its text at `offset`, or NULL when that does not end within the event. */
static const char16_t *event_text(const EVENTLOGRECORD *event, DWORD offset)
{
    if (offset % sizeof(char16_t) || offset >= event->Length)
        return NULL;
    const char16_t *text = (const void *)((const BYTE *)event + offset);
    size_t most = (event->Length - offset) / sizeof(*text);
    for (size_t i = 0; i < most; i++)
        if (!text[i])
            return text;
    return NULL;
}

/* Every user may write events under our name: no control character of theirs reaches a console. */
static void append_clean(struct text *text, const char16_t *foreign)
{
    for (; *foreign; foreign++) {
        bool is_control = *foreign < ' ' || (*foreign >= 0x7f && *foreign < 0xa0);
        text_append_unit(text, is_control ? u'?' : *foreign);
    }
}

/* The heading is openvpnserv<instance>, ": " or " error: ", and the system's text of an error.
 * Returns what follows the instance, or NULL when it is not that of this instance. */
static const char16_t *heading_of(const EVENTLOGRECORD *event, const char16_t *instance)
{
    const char16_t *source = event_text(event, sizeof(*event));
    const char16_t *heading = event_text(event, event->StringOffset);
    if (!source || !heading || event->NumStrings < 2 || !text_equal(source, PRODUCT_EVENT_SOURCE))
        return NULL;
    if (!text_starts_with(heading, PRODUCT_EVENT_SOURCE))
        return NULL;
    heading += text_length(PRODUCT_EVENT_SOURCE);
    if (!text_starts_with(heading, instance))
        return NULL;
    heading += text_length(instance);
    if (text_starts_with(heading, u" error: "))
        return heading + text_length(u" error: ");
    return text_starts_with(heading, u": ") ? heading + text_length(u": ") : NULL;
}

/* "<line>: <reason>". Returns false when it is not an event of this instance. */
static bool describe_event(const EVENTLOGRECORD *event, const char16_t *instance,
                           char16_t text[EVENT_UNITS])
{
    const char16_t *reason = heading_of(event, instance);
    if (!reason)
        return false;
    DWORD length = (DWORD)((const BYTE *)(reason + text_length(reason) + 1) - (const BYTE *)event);
    const char16_t *line = event_text(event, length);
    struct text description = text_on(text, EVENT_UNITS);
    if (!line)
        return false;
    append_clean(&description, line);
    if (*reason)
        text_append(&description, u": ");
    append_clean(&description, reason);
    return true;
}

/* ---- the log ---- */

struct found_events {
    char16_t texts[MOST_EVENTS][EVENT_UNITS]; /* newest first */
    size_t count;
};

/* Returns false at an event from before `since`. */
static bool take_events(const BYTE *buffer, DWORD size, struct log_end since,
                        const char16_t *instance, struct found_events *found)
{
    DWORD at = 0;
    while (size - at >= sizeof(EVENTLOGRECORD) && found->count < MOST_EVENTS) {
        const EVENTLOGRECORD *event = (const void *)(buffer + at);
        if (event->Length < sizeof(*event) || event->Length > size - at)
            return false;
        if ((int32_t)(event->RecordNumber - since.next) < 0)
            return false;
        found->count += describe_event(event, instance, found->texts[found->count]);
        at += event->Length;
    }
    return found->count < MOST_EVENTS;
}

/* Backwards from the end, because a search for a record by its number fails in large logs
 * (Microsoft, KB177199). */
static void find_events(struct log_end since, const char16_t *instance, struct found_events *found)
{
    CLEANUP_LOG HANDLE log = OpenEventLogW(NULL, L"Application");
    CLEANUP_FREE BYTE *buffer = NULL;
    DWORD capacity = FIRST_SIZE, size = 0;
    found->count = 0;
    if (log)
        buffer = malloc(capacity);
    while (buffer) {
        DWORD needed = 0;
        if (ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer,
                          capacity, &size, &needed)) {
            if (!size || !take_events(buffer, size, since, instance, found))
                return;
            continue;
        }
        if (GetLastError() != ERROR_INSUFFICIENT_BUFFER || needed <= capacity || needed > MOST_SIZE)
            return;
        free(buffer);
        capacity = needed;
        buffer = malloc(capacity);
    }
}

bool own_events_say(struct log_end since, const char16_t *instance)
{
    static struct found_events found;
    const ULONGLONG start = GetTickCount64();
    if (!since.is_known)
        return false;
    find_events(since, instance, &found);
    while (!found.count && GetTickCount64() - start < LATE_MILLISECONDS) {
        Sleep(STEP_MILLISECONDS);
        find_events(since, instance, &found);
    }
    for (size_t i = found.count; i > 0; i--)
        say(u"  %1%n", found.texts[i - 1]);
    return found.count > 0;
}
