/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/bundle.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "client/cli/doctor/event_list.h"
#include "client/cli/doctor/log_file.h"
#include "client/cli/doctor/redact.h"
#include "client/cli/doctor/registry_text.h"
#include "product.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MOST_EVENTS = 100, EVENT_DAYS = 30 };

/* The file, line by line. */
struct bundle {
    HANDLE file;
    uint32_t error; /* the first */
    struct redactor redactor;
    char line[REDACT_LINE];
    size_t length;
};

/* ---- lines ---- */

static void write_bytes(struct bundle *bundle, const char *bytes, size_t size)
{
    DWORD written;
    if (!bundle->error && !WriteFile(bundle->file, bytes, (DWORD)size, &written, NULL))
        bundle->error = GetLastError();
}

static void end_line(struct bundle *bundle)
{
    char redacted[REDACT_LINE];
    bundle->line[bundle->length] = 0;
    redact_line(&bundle->redactor, bundle->line, redacted);
    write_bytes(bundle, redacted, strlen(redacted));
    write_bytes(bundle, "\r\n", 2);
    bundle->length = 0;
}

/* struct sink: text with line ends. */
static void put_text(void *context, const char *bytes, size_t size)
{
    struct bundle *bundle = context;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            end_line(bundle);
        else if (bytes[i] != '\r' && bundle->length < REDACT_LINE - 1)
            bundle->line[bundle->length++] = bytes[i];
    }
}

static void put_line(struct bundle *bundle, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put_line(struct bundle *bundle, const char *format, ...)
{
    char line[REDACT_LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0)
        put_text(bundle, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
    put_text(bundle, "\n", 1);
}

/* A key that was not ended in one part does not swallow the next. */
static void put_heading(struct bundle *bundle, const char *heading)
{
    bundle->redactor.in_key = false;
    put_line(bundle, "%s", "");
    put_line(bundle, "== %s ==", heading);
}

/* ---- names ---- */

static void learn_names(struct bundle *bundle, const struct doctor *doctor,
                        const struct findings *findings)
{
    char16_t name[FILE_NAME_UNITS];
    DWORD units = ARRAY_COUNT(name);
    if (GetUserNameW(name, &units))
        redact_learn(&bundle->redactor, UTF8(name));
    units = ARRAY_COUNT(name);
    if (GetComputerNameW(name, &units))
        redact_learn(&bundle->redactor, UTF8(name));
    for (size_t i = 0; doctor->status && i < doctor->status->count; i++)
        redact_learn(&bundle->redactor, UTF8(doctor->status->sessions[i].user));
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        for (size_t i = 0; i < finding->detail_count; i++)
            if (strcmp(finding->details[i].key, "account") == 0)
                redact_learn(&bundle->redactor, finding->details[i].value);
}

/* ---- parts ---- */

static void put_head(struct bundle *bundle, const struct doctor *doctor)
{
    static const char16_t windows[] = u"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    char16_t build[REGISTRY_TEXT_UNITS], edition[REGISTRY_TEXT_UNITS];
    const time_t now = time(NULL);
    struct tm parts;
    char text[64] = "";
    registry_text_read(windows, u"CurrentBuildNumber", build);
    registry_text_read(windows, u"EditionID", edition);
    if (!gmtime_s(&parts, &now))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S Z", &parts);
    put_line(bundle, "Report of gatehouse doctor, version %s, %s", UTF8(PRODUCT_VERSION), text);
    put_line(bundle, "Windows %s%sbuild %s; instance \"%s\"", UTF8(edition), *edition ? ", " : "",
             UTF8(build), UTF8(doctor->instance));
    put_line(bundle, "Left out: passwords, tokens, keys, names of accounts and of this computer, "
                     "folders of users, addresses of the Internet.");
}

static void put_findings(struct bundle *bundle, const struct findings *findings)
{
    const struct sink sink = {put_text, bundle};
    put_heading(bundle, "doctor");
    findings_print(findings, &sink);
}

static void put_session(struct bundle *bundle, const struct gatehouse_session *session)
{
    put_line(bundle, "process %lu%s, config %s, adapter %s", (unsigned long)session->process_id,
             session->is_ending ? " (ending)" : "", UTF8(session->config), UTF8(session->adapter));
    put_line(bundle, "  addresses %lu, routes %lu, name servers %lu, rules %lu, filters %lu",
             (unsigned long)session->addresses, (unsigned long)session->routes,
             (unsigned long)session->name_servers, (unsigned long)session->rules,
             (unsigned long)session->filters);
}

static void put_status(struct bundle *bundle, const struct doctor *doctor)
{
    const struct gatehouse_status *status = doctor->status;
    put_heading(bundle, "status");
    if (!status) {
        put_line(bundle, "%s", UTF8(doctor->error.what));
        return;
    }
    put_line(bundle, "version %s, process %lu, up %llu s, open entries %llu, left %llu",
             UTF8(status->version), (unsigned long)status->process_id,
             (unsigned long long)status->uptime, (unsigned long long)status->open_entries,
             (unsigned long long)status->left);
    put_line(bundle, "at its start: undone %llu, gone %llu, left alone %llu, failed %llu",
             (unsigned long long)status->start_undone, (unsigned long long)status->start_gone,
             (unsigned long long)status->start_left_alone,
             (unsigned long long)status->start_failed);
    for (size_t i = 0; i < status->count; i++)
        put_session(bundle, &status->sessions[i]);
}

static void put_events(struct bundle *bundle, const struct doctor *doctor)
{
    CLEANUP(event_list_free) struct event_list list = {NULL, 0};
    uint32_t error = event_list_read(doctor->instance, MOST_EVENTS, EVENT_DAYS, false, &list);
    put_heading(bundle, "events");
    if (error)
        put_line(bundle, "The event log can't be read: %s", WORDS(error));
    for (size_t i = 0; i < list.count; i++)
        put_line(bundle, "%s %s %s (%u)", list.events[i].time,
                 list.events[i].is_error ? "error" : "     ", list.events[i].line,
                 list.events[i].times);
}

static void put_log(struct bundle *bundle)
{
    const struct sink sink = {put_text, bundle};
    char16_t name[FILE_NAME_UNITS];
    put_heading(bundle, "log");
    uint32_t error = log_file_find_last(name);
    if (!error) {
        put_line(bundle, "%s", UTF8(name));
        error = log_file_read(name, &sink);
        put_text(bundle, "\n", 1);
    }
    if (error)
        put_line(bundle, "There is no log of openvpn.exe, or it can't be read: %s", WORDS(error));
}

uint32_t bundle_write(const char16_t *path, const struct doctor *doctor,
                      const struct findings *findings)
{
    CLEANUP_FREE struct bundle *bundle = calloc(1, sizeof(*bundle));
    if (!bundle)
        return ERROR_NOT_ENOUGH_MEMORY;
    bundle->file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_NEW,
                               FILE_ATTRIBUTE_NORMAL, NULL);
    if (bundle->file == INVALID_HANDLE_VALUE)
        return GetLastError();
    learn_names(bundle, doctor, findings);
    put_head(bundle, doctor);
    put_findings(bundle, findings);
    put_status(bundle, doctor);
    put_events(bundle, doctor);
    put_log(bundle);
    close_handle(&bundle->file);
    if (bundle->error)
        DeleteFileW(path);
    return bundle->error;
}
