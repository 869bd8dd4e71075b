/* SPDX-License-Identifier: MIT */
#include "service/eventlog.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "messages.h"
#include "product.h"
#include "service/log_origin.h"
#include "service/program.h"

#include <string.h>

enum { STRING_UNITS = 256 };

static const char16_t SOURCE_KEY[] =
    u"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" PRODUCT_EVENT_SOURCE;

/* The messages of messages.mc. */
static const DWORD event_ids[LOG_EVENT_COUNT] = {
    [LOG_GENERAL] = EVT_TEXT_2,
    [LOG_START_REFUSED] = EVT_START_REFUSED,
    [LOG_PROGRAM_REFUSED] = EVT_PROGRAM_REFUSED,
    [LOG_REQUEST_REFUSED] = EVT_REQUEST_REFUSED,
    [LOG_REQUEST_IN_PART] = EVT_REQUEST_IN_PART,
    [LOG_CONTROL_REFUSED] = EVT_CONTROL_REFUSED,
    [LOG_LINES_LIMITED] = EVT_LINES_LIMITED,
    [LOG_SESSION_ENDED] = EVT_SESSION_ENDED,
    [LOG_RECOVERED] = EVT_RECOVERED,
    [LOG_LEFT_ALONE] = EVT_LEFT_ALONE,
    [LOG_OBSTACLE] = EVT_OBSTACLE,
    [LOG_UNDO_FAILED] = EVT_UNDO_FAILED,
    [LOG_UNDO_DONE] = EVT_UNDO_DONE,
    [LOG_MADE_AGAIN] = EVT_MADE_AGAIN,
    [LOG_NOT_MADE_AGAIN] = EVT_NOT_MADE_AGAIN,
    [LOG_JOURNAL] = EVT_JOURNAL,
    [LOG_INSTALLATION] = EVT_INSTALLATION,
    [LOG_SETTING] = EVT_SETTING,
    [LOG_COMMAND_LINE] = EVT_COMMAND_LINE,
    [LOG_PIPE_NAME] = EVT_PIPE_NAME,
    [LOG_KILL_SWITCH_UP] = EVT_KILL_SWITCH_UP,
    [LOG_KILL_SWITCH_CHANGED] = EVT_KILL_SWITCH_CHANGED,
    [LOG_KILL_SWITCH_DOWN] = EVT_KILL_SWITCH_DOWN,
    [LOG_KILL_SWITCH_OPENED] = EVT_KILL_SWITCH_OPENED,
    [LOG_KILL_SWITCH_CLOSED] = EVT_KILL_SWITCH_CLOSED,
    [LOG_KILL_SWITCH_KEPT] = EVT_KILL_SWITCH_KEPT,
    [LOG_KILL_SWITCH_REPAIRED] = EVT_KILL_SWITCH_REPAIRED,
    [LOG_KILL_SWITCH_REMOVED] = EVT_KILL_SWITCH_REMOVED,
    [LOG_KILL_SWITCH_FAILED] = EVT_KILL_SWITCH_FAILED,
    [LOG_UPDATE_ACCEPTED] = EVT_UPDATE_ACCEPTED,
    [LOG_UPDATE_REFUSED] = EVT_UPDATE_REFUSED,
    [LOG_UPDATE_INSTALLED] = EVT_UPDATE_INSTALLED,
    [LOG_UPDATE_FAILED] = EVT_UPDATE_FAILED,
    [LOG_UPDATE_WAITS] = EVT_UPDATE_WAITS,
};

static const char16_t *log_instance;

static void write_event(const struct log_line *line, const char16_t *heading,
                        const char16_t *message)
{
    const char16_t *strings[] = {heading, message};
    const WORD type = line->level == LOG_ERROR ? EVENTLOG_ERROR_TYPE : EVENTLOG_INFORMATION_TYPE;
    HANDLE source = RegisterEventSourceW(NULL, PRODUCT_EVENT_SOURCE);
    if (!source)
        return;
    ReportEventW(source, type, 0, event_ids[line->event], NULL, ARRAY_COUNT(strings), 0, strings,
                 NULL);
    DeregisterEventSource(source);
}

static void eventlog_report(const struct log_line *given)
{
    struct log_line line = *given;
    if (!log_origin_count(&line))
        return;

    char16_t heading[STRING_UNITS], message[STRING_UNITS];
    struct text text = TEXT_ON(heading);
    size_t length = text_from_utf8(line.text, strlen(line.text), message, STRING_UNITS - 1);

    text_append(&text, PRODUCT_EVENT_SOURCE);
    text_append(&text, log_instance);
    text_append(&text, line.level == LOG_ERROR ? u" error: " : u": ");
    if (line.error)
        system_text_append(&text, line.error);
    if (length > STRING_UNITS - 1) {
        /* Zero-filled first, because whole characters may leave the last unit unused. */
        memset(message, 0, sizeof(message));
        text_from_utf8(line.text, strlen(line.text), message, STRING_UNITS - 1);
        length = STRING_UNITS - 1;
    }
    message[length] = 0;
    write_event(&line, heading, message);
}

void eventlog_open(const char16_t *instance)
{
    log_instance = instance;
    log_to(eventlog_report);
}

static uint32_t set_source_values(HKEY key, const char16_t *path)
{
    static const DWORD TYPES =
        EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    LSTATUS error = RegSetValueExW(key, u"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)path,
                                   (DWORD)((text_length(path) + 1) * sizeof(*path)));

    if (!error)
        error = RegSetValueExW(key, u"TypesSupported", 0, REG_DWORD, (const BYTE *)&TYPES,
                               sizeof(TYPES));
    return (uint32_t)error;
}

/* The file with the messages of the source, if it is registered. */
static bool read_message_file(char16_t path[PROGRAM_UNITS])
{
    DWORD size = PROGRAM_UNITS * sizeof(*path);
    return !RegGetValueW(HKEY_LOCAL_MACHINE, SOURCE_KEY, u"EventMessageFile",
                         RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND |
                             RRF_SUBKEY_WOW6464KEY,
                         NULL, path, &size);
}

uint32_t eventlog_register(void)
{
    CLEANUP_KEY HKEY key = NULL;
    char16_t path[PROGRAM_UNITS], registered[PROGRAM_UNITS];
    DWORD disposition = 0;
    uint32_t error = program_path(path);
    if (!error)
        error =
            (uint32_t)RegCreateKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, NULL, 0,
                                      KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, &disposition);
    if (error)
        return error;
    /* Another program's, or ours before it was moved. */
    const bool is_there = disposition == REG_OPENED_EXISTING_KEY && read_message_file(registered);
    const bool is_gone =
        is_there && *registered != '%' && GetFileAttributesW(registered) == INVALID_FILE_ATTRIBUTES;
    return disposition == REG_OPENED_EXISTING_KEY && !is_gone ? 0 : set_source_values(key, path);
}

void eventlog_unregister(void)
{
    char16_t path[PROGRAM_UNITS], registered[PROGRAM_UNITS];
    if (program_path(path) || !read_message_file(registered))
        return;
    if (CompareStringOrdinal(path, -1, registered, -1, TRUE) == CSTR_EQUAL)
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, KEY_WOW64_64KEY, 0);
}
