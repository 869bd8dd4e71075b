/* SPDX-License-Identifier: MIT */
/* The Application log, in a file of records as ReadEventLog returns them, oldest first. As on a
 * machine that has run for a while, its numbers do not begin with 1, other programs write into it,
 * too, one of them long events, and it is emptied from time to time. An event is readable a moment
 * after it was written. */
#include "eventlog.h"
#include "install.h"

#include <stdlib.h>

REAL(OpenEventLogW);
REAL(ReadEventLogW);
REAL(CloseEventLog);
REAL(GetOldestEventLogRecord);
REAL(GetNumberOfEventLogRecords);

enum {
    FIRST_NUMBER = 0x7fff0000,
    LATE_MILLISECONDS = 30,
    LONG_UNITS = 3000,
    MOST_BYTES = 1 << 20, /* then it is emptied */
    RECORD_BYTES = 16384,
    SIGNATURE = 0x654c664c /* "LfLe" */
};

/* ---- the file ---- */

static HANDLE open_file(void)
{
    wchar_t path[300];
    wcscpy(path, watched_machine.folder);
    wcscat(path, L"\\record.events");
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

static BOOL read_at(HANDLE file, DWORD offset, void *buffer, DWORD size)
{
    DWORD done = 0;
    return SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
           ReadFile(file, buffer, size, &done, NULL) && done == size;
}

/* The record that ends at `end`, a record's length being its last four bytes, too. */
static BOOL head_before(HANDLE file, DWORD end, EVENTLOGRECORD *head)
{
    DWORD length = 0;
    return end >= sizeof(*head) &&
           read_at(file, end - (DWORD)sizeof(length), &length, sizeof(length)) && length <= end &&
           read_at(file, end - length, head, sizeof(*head));
}

/* ---- writing ---- */

struct event {
    BYTE bytes[RECORD_BYTES];
    DWORD length;
};

static DWORD event_put(struct event *event, const wchar_t *text)
{
    DWORD at = event->length, size = (DWORD)((wcslen(text) + 1) * sizeof(*text));
    if (at + size + 8 > RECORD_BYTES)
        return at;
    memcpy(event->bytes + at, text, size);
    event->length += size;
    return at;
}

static void event_build(struct event *event, DWORD number, const wchar_t *source, WORD type,
                        DWORD id, WORD count, const wchar_t **strings)
{
    FILETIME now;
    EVENTLOGRECORD *head = (EVENTLOGRECORD *)(void *)event->bytes;
    memset(event, 0, sizeof(*event));
    event->length = sizeof(*head);
    event_put(event, source);
    event_put(event, L"FAKE-MACHINE");
    DWORD at = event->length;
    for (WORD i = 0; i < count; i++)
        event_put(event, strings[i] ? strings[i] : L"");
    event->length = ((event->length + 3) & ~3u) + (DWORD)sizeof(DWORD);
    GetSystemTimeAsFileTime(&now);
    ULONGLONG ticks = (ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime;
    *head = (EVENTLOGRECORD){.Length = event->length,
                             .Reserved = SIGNATURE,
                             .RecordNumber = number,
                             .TimeGenerated = (DWORD)(ticks / 10000000 - 11644473600ull),
                             .EventID = id,
                             .EventType = type,
                             .NumStrings = count,
                             .StringOffset = at,
                             .DataOffset = event->length - (DWORD)sizeof(DWORD),
                             .ClosingRecordNumber = GetTickCount()};
    head->TimeWritten = head->TimeGenerated;
    memcpy(event->bytes + event->length - sizeof(DWORD), &event->length, sizeof(DWORD));
}

void eventlog_append(const wchar_t *source, WORD type, DWORD id, WORD count,
                     const wchar_t **strings)
{
    static struct event events[3]; /* with the machine's lock */
    wchar_t words[LONG_UNITS + 1];
    const wchar_t *others[] = {words};
    EVENTLOGRECORD last = {.RecordNumber = FIRST_NUMBER - 1};
    DWORD done;
    machine_lock(&watched_machine);
    HANDLE file = open_file();
    DWORD end = file == INVALID_HANDLE_VALUE ? 0 : GetFileSize(file, NULL);
    if (end)
        head_before(file, end, &last);
    if (end > MOST_BYTES) {
        SetFilePointer(file, 0, NULL, FILE_BEGIN);
        SetEndOfFile(file);
        end = 0;
    }
    wmemset(words, L'x', LONG_UNITS);
    words[end ? 8 : LONG_UNITS] = 0;
    event_build(&events[0], last.RecordNumber + 1, L"ESENT", EVENTLOG_INFORMATION_TYPE, 102, 1,
                others);
    event_build(&events[1], last.RecordNumber + 2, source, type, id, count, strings);
    words[8] = 0;
    event_build(&events[2], last.RecordNumber + 3, L"openvpnservice", EVENTLOG_ERROR_TYPE, id, 1,
                others);
    SetFilePointer(file, 0, NULL, FILE_END);
    for (size_t i = 0; i < ARRAYSIZE(events); i++)
        WriteFile(file, events[i].bytes, events[i].length, &done, NULL);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    machine_unlock(&watched_machine);
}

/* ---- reading ---- */

/* A handle of OpenEventLog. */
struct reader {
    HANDLE file;
    DWORD at; /* backwards: where the next record ends */
    BOOL has_begun;
};

/* Where the last record ends that can be read by now. */
static DWORD readable_end(HANDLE file)
{
    EVENTLOGRECORD head;
    DWORD end = GetFileSize(file, NULL);
    while (end && head_before(file, end, &head) &&
           GetTickCount() - head.ClosingRecordNumber < LATE_MILLISECONDS)
        end -= head.Length;
    return end;
}

static HANDLE WINAPI hook_OpenEventLogW(const wchar_t *server, const wchar_t *log)
{
    struct watch watch;
    struct reader *reader = calloc(1, sizeof(*reader));
    uint32_t error = watch_begin(&watch, CALL_OpenEventLogW);
    (void)server;
    if (reader && !error)
        reader->file = _wcsicmp(log, L"Application") ? INVALID_HANDLE_VALUE : open_file();
    if (reader && !error && reader->file == INVALID_HANDLE_VALUE)
        error = ERROR_ACCESS_DENIED;
    if (watch_end_bool(&watch, error))
        return reader;
    free(reader);
    return NULL;
}

static BOOL WINAPI hook_CloseEventLog(HANDLE log)
{
    struct reader *reader = log;
    CloseHandle(reader->file);
    free(reader);
    return TRUE;
}

static BOOL WINAPI hook_GetOldestEventLogRecord(HANDLE log, DWORD *number)
{
    struct reader *reader = log;
    EVENTLOGRECORD head = {0};
    machine_lock(&watched_machine);
    if (GetFileSize(reader->file, NULL))
        read_at(reader->file, 0, &head, sizeof(head));
    machine_unlock(&watched_machine);
    *number = head.RecordNumber;
    return TRUE;
}

static BOOL WINAPI hook_GetNumberOfEventLogRecords(HANDLE log, DWORD *count)
{
    struct reader *reader = log;
    EVENTLOGRECORD first = {0}, last = {0};
    machine_lock(&watched_machine);
    DWORD end = GetFileSize(reader->file, NULL);
    *count = end && read_at(reader->file, 0, &first, sizeof(first)) &&
                     head_before(reader->file, end, &last)
                 ? last.RecordNumber - first.RecordNumber + 1
                 : 0;
    machine_unlock(&watched_machine);
    return TRUE;
}

/* As many whole records as fit, the newest first. */
static DWORD read_backwards(struct reader *reader, BYTE *buffer, DWORD capacity, DWORD *read,
                            DWORD *needed)
{
    EVENTLOGRECORD head;
    *read = *needed = 0;
    if (!reader->has_begun)
        reader->at = readable_end(reader->file);
    reader->has_begun = TRUE;
    while (reader->at && head_before(reader->file, reader->at, &head)) {
        if (head.Length > capacity - *read) {
            *needed = *read ? 0 : head.Length;
            return *read ? 0 : ERROR_INSUFFICIENT_BUFFER;
        }
        if (!read_at(reader->file, reader->at - head.Length, buffer + *read, head.Length))
            return ERROR_EVENTLOG_FILE_CHANGED;
        ((EVENTLOGRECORD *)(void *)(buffer + *read))->ClosingRecordNumber = 0;
        *read += head.Length;
        reader->at -= head.Length;
    }
    return *read ? 0 : ERROR_HANDLE_EOF;
}

static BOOL WINAPI hook_ReadEventLogW(HANDLE log, DWORD flags, DWORD offset, void *buffer,
                                      DWORD capacity, DWORD *read, DWORD *needed)
{
    DWORD error = ERROR_INVALID_PARAMETER;
    (void)offset;
    machine_lock(&watched_machine);
    if (flags == (EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ) && capacity <= 0x7ffff)
        error = read_backwards(log, buffer, capacity, read, needed);
    machine_unlock(&watched_machine);
    if (error)
        SetLastError(error);
    return !error;
}

static const struct hook hooks[] = {
    HOOK(OpenEventLogW),
    HOOK(ReadEventLogW),
    HOOK(CloseEventLog),
    HOOK(GetOldestEventLogRecord),
    HOOK(GetNumberOfEventLogRecords),
};
const struct hook_list eventlog_hooks = {hooks, ARRAYSIZE(hooks)};
