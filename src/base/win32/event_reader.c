/* SPDX-License-Identifier: MIT */
#include "base/win32/event_reader.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "product.h"

enum { FIRST_SIZE = 4096, MOST_SIZE = 0x7ffff /* Microsoft, "ReadEventLog" */ };

void close_event_log(HANDLE *log)
{
    if (*log)
        CloseEventLog(*log);
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

bool event_of_service(const EVENTLOGRECORD *event, const char16_t *instance,
                      struct service_event *of_service)
{
    const char16_t *reason = heading_of(event, instance);
    if (!reason)
        return false;
    DWORD length = (DWORD)((const BYTE *)(reason + text_length(reason) + 1) - (const BYTE *)event);
    *of_service = (struct service_event){event_text(event, length), reason};
    return of_service->line;
}

/* ---- the log ---- */

/* Returns false when no more is wanted. */
static bool show_events(const BYTE *buffer, DWORD size,
                        bool (*see)(void *context, const EVENTLOGRECORD *event), void *context)
{
    DWORD at = 0;
    while (size - at >= sizeof(EVENTLOGRECORD)) {
        const EVENTLOGRECORD *event = (const void *)(buffer + at);
        if (event->Length < sizeof(*event) || event->Length > size - at || !see(context, event))
            return false;
        at += event->Length;
    }
    return true;
}

/* Backwards from the end, because a search for a record by its number fails in large logs
 * (Microsoft, KB177199). */
uint32_t event_reader_walk(bool (*see)(void *context, const EVENTLOGRECORD *event), void *context)
{
    CLEANUP(close_event_log) HANDLE log = OpenEventLogW(NULL, L"Application");
    CLEANUP_FREE BYTE *buffer = NULL;
    DWORD capacity = FIRST_SIZE, size = 0;
    bool has_read = false;
    if (!log)
        return GetLastError();
    buffer = malloc(capacity);
    while (buffer) {
        DWORD needed = 0;
        if (ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer,
                          capacity, &size, &needed)) {
            has_read = true;
            if (!size || !show_events(buffer, size, see, context))
                return 0;
            continue;
        }
        uint32_t error = GetLastError();
        if (error != ERROR_INSUFFICIENT_BUFFER || needed <= capacity || needed > MOST_SIZE)
            return has_read || error == ERROR_HANDLE_EOF ? 0 : error;
        free(buffer);
        capacity = needed;
        buffer = malloc(capacity);
    }
    return ERROR_NOT_ENOUGH_MEMORY;
}
