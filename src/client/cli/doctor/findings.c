/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/findings.h"

#include "client/cli/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
    [VERDICT_OK] = "ok", [VERDICT_WARNING] = "warning", [VERDICT_FAILURE] = "failure"};

/* ---- making them ---- */

/* What a format has cut off may be half a character: json.h and consoles replace it. */
static void finding_format(char text[FINDING_TEXT_SIZE], const char *format, va_list arguments)
{
    if (vsnprintf(text, FINDING_TEXT_SIZE, format, arguments) < 0)
        *text = 0;
}

struct finding *findings_add(struct findings *findings, enum verdict verdict, const char *name,
                             const char *format, ...)
{
    struct finding *finding = calloc(1, sizeof(*finding));
    va_list arguments;
    if (!finding) {
        findings->is_short = true;
        return NULL;
    }
    finding->verdict = verdict;
    snprintf(finding->name, sizeof(finding->name), "%s", name);
    va_start(arguments, format);
    finding_format(finding->what, format, arguments);
    va_end(arguments);
    if (findings->last)
        findings->last->next = finding;
    else
        findings->first = finding;
    findings->last = finding;
    return finding;
}

void finding_advise(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    if (!finding)
        return;
    va_start(arguments, format);
    finding_format(finding->advice, format, arguments);
    va_end(arguments);
}

void finding_add_detail(struct finding *finding, const char *key, const char *format, ...)
{
    va_list arguments;
    if (!finding || finding->detail_count == FINDING_DETAILS)
        return;
    if (!finding->details)
        finding->details = calloc(FINDING_DETAILS, sizeof(*finding->details));
    if (!finding->details)
        return;
    struct finding_detail *detail = &finding->details[finding->detail_count++];
    detail->key = key;
    va_start(arguments, format);
    finding_format(detail->value, format, arguments);
    va_end(arguments);
}

void findings_append(struct findings *findings, struct findings *more)
{
    if (findings->last)
        findings->last->next = more->first;
    else
        findings->first = more->first;
    if (more->last)
        findings->last = more->last;
    findings->is_short |= more->is_short;
    *more = (struct findings){.first = NULL};
}

void findings_free(struct findings *findings)
{
    for (struct finding *finding = findings->first, *next; finding; finding = next) {
        next = finding->next;
        free(finding->details);
        free(finding);
    }
    *findings = (struct findings){.first = NULL};
}

size_t findings_count(const struct findings *findings, enum verdict verdict)
{
    size_t count = 0;
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        count += finding->verdict == verdict;
    return count;
}

enum verdict findings_worst(const struct findings *findings)
{
    enum verdict worst = VERDICT_OK;
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        if (finding->verdict > worst)
            worst = finding->verdict;
    return worst;
}

/* ---- for people ---- */

enum { VERDICT_WIDTH = 7, LINE_SIZE = FINDING_NAME_SIZE + FINDING_TEXT_SIZE + 32 };

static void sink_print(const struct sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void sink_print(const struct sink *sink, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0)
        sink->write(sink->context, line,
                    (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

static int findings_name_width(const struct findings *findings)
{
    size_t width = 0;
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        if (strlen(finding->name) > width)
            width = strlen(finding->name);
    return (int)width;
}

static void print_count(const struct sink *sink, size_t count, const char *what)
{
    sink_print(sink, "%u %s%s", (unsigned)count, what, count == 1 ? "" : "s");
}

void findings_print(const struct findings *findings, const struct sink *sink)
{
    const int width = findings_name_width(findings);
    const size_t failures = findings_count(findings, VERDICT_FAILURE);
    const size_t warnings = findings_count(findings, VERDICT_WARNING);
    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        sink_print(sink, "%-*s  %-*s  %s\n", VERDICT_WIDTH, verdicts[finding->verdict], width,
                   finding->name, finding->what);
        if (*finding->advice)
            sink_print(sink, "%*s-> %s\n", VERDICT_WIDTH + width + 4, "", finding->advice);
    }
    if (findings->is_short)
        sink_print(sink, "Memory is short: some lines are missing.\n");
    sink_print(sink, "\n");
    if (!failures && !warnings) {
        sink_print(sink, "Nothing was found wrong.\n");
        return;
    }
    print_count(sink, failures, "failure");
    sink_print(sink, ", ");
    print_count(sink, warnings, "warning");
    sink_print(sink, "\n");
}

/* ---- for scripts ---- */

enum {
    ESCAPED = 6,        /* bytes of the longest escape of one byte */
    AROUND_FINDING = 96 /* keys, quotes and brackets */
};

/* Bytes that the whole object has at most. */
static size_t findings_json_size(const struct findings *findings, const struct findings_head *head)
{
    size_t size = 256 + ESCAPED * (strlen(head->version) + strlen(head->instance));
    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        size += AROUND_FINDING +
                ESCAPED * (strlen(finding->name) + strlen(finding->what) + strlen(finding->advice));
        for (size_t i = 0; i < finding->detail_count; i++)
            size +=
                6 + strlen(finding->details[i].key) + ESCAPED * strlen(finding->details[i].value);
    }
    return size;
}

static void json_add_finding(struct json *json, const struct finding *finding)
{
    json_begin_item(json);
    json_string(json, "name", finding->name);
    json_string(json, "result", verdicts[finding->verdict]);
    json_string(json, "what", finding->what);
    if (*finding->advice)
        json_string(json, "advice", finding->advice);
    for (size_t i = 0; i < finding->detail_count; i++)
        json_string(json, finding->details[i].key, finding->details[i].value);
    json_end_item(json);
}

bool findings_print_json(const struct findings *findings, const struct findings_head *head,
                         const struct sink *sink)
{
    const size_t capacity = findings_json_size(findings, head);
    char *bytes = malloc(capacity);
    if (!bytes)
        return false;
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    json_string(&json, "version", head->version);
    json_string(&json, "instance", head->instance);
    json_number(&json, "time", head->time);
    json_string(&json, "result", verdicts[findings_worst(findings)]);
    json_number(&json, "failures", findings_count(findings, VERDICT_FAILURE));
    json_number(&json, "warnings", findings_count(findings, VERDICT_WARNING));
    json_begin_array(&json, "checks");
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        json_add_finding(&json, finding);
    json_end_array(&json);
    sink->write(sink->context, bytes, json_end(&json));
    free(bytes);
    return true;
}
