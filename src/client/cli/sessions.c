/* SPDX-License-Identifier: MIT */
#include "client/cli/sessions.h"

#include "base/text.h"
#include "client/cli/firewall_text.h"
#include "client/cli/json.h"
#include "product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct gatehouse_control *sessions_open(const struct arguments *arguments,
                                        const struct report *report, enum exit_code *exit)
{
    struct gatehouse_error error;
    struct gatehouse_control *control =
        gatehouse_control_open(arguments->instance, SESSIONS_OPEN_LIMIT, &error);
    if (!control)
        *exit = report_problem(report, &error);
    return control;
}

void sessions_close(struct gatehouse_control **control)
{
    gatehouse_control_close(*control);
}

void sessions_free(struct gatehouse_status **status)
{
    gatehouse_status_free(*status);
}

/* ---- names ---- */

/* Of the file, without its folder and its extension. */
static const char16_t *file_name(const char16_t *path, size_t *length)
{
    const char16_t *name = path;
    for (const char16_t *unit = path; *unit; unit++)
        if (*unit == u'\\' || *unit == u'/')
            name = unit + 1;
    *length = text_length(name);
    for (size_t i = *length; i > 1; i--) {
        if (name[i - 1] == u'.') {
            *length = i - 1;
            break;
        }
    }
    return name;
}

void session_name(const struct gatehouse_session *session, char16_t name[SESSION_NAME_UNITS])
{
    struct text text = text_on(name, SESSION_NAME_UNITS);
    size_t length;
    const char16_t *file = file_name(session->config, &length);
    text_append_units(&text, file, length);
    if (!text.length)
        text_append(&text, u"-");
}

/* As Windows compares names of files. */
static bool is_same_name(const char16_t *a, size_t a_length, const char16_t *b)
{
    return CompareStringOrdinal(a, (int)a_length, b, -1, TRUE) == CSTR_EQUAL;
}

/* A name of digits may be a process, and the name of a file as well. */
static bool is_meant(const struct gatehouse_session *session, const char16_t *name)
{
    char16_t digits[16];
    struct text process = TEXT_ON(digits);
    size_t length;
    const char16_t *file = file_name(session->config, &length);
    text_append_format(&process, "%lu", (unsigned long)session->process_id);
    return text_equal(name, digits) || (length && is_same_name(file, length, name)) ||
           is_same_name(file, text_length(file), name) ||
           is_same_name(session->config, text_length(session->config), name);
}

static void keep_meant(struct gatehouse_status *status, const char16_t *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < status->count; i++)
        if (is_meant(&status->sessions[i], name))
            status->sessions[kept++] = status->sessions[i];
    status->count = kept;
}

struct gatehouse_status *sessions_ask(struct gatehouse_control *control, const char16_t *name,
                                      const struct report *report, enum exit_code *exit)
{
    struct gatehouse_error error;
    struct gatehouse_status *status = NULL;
    if (gatehouse_status(control, SESSIONS_ANSWER_LIMIT, &status, &error) != 0) {
        *exit = report_problem(report, &error);
        return NULL;
    }
    if (name)
        keep_meant(status, name);
    return status;
}

/* ---- states ---- */

bool session_is_connected(const struct gatehouse_session *session)
{
    return !session->is_ending && (session->addresses || session->routes);
}

const char *session_state(const struct gatehouse_session *session)
{
    if (session->is_ending)
        return "ending";
    return session_is_connected(session) ? "connected" : "starting";
}

/* ---- JSON ---- */

/* The bytes of a text in JSON: six for a control character, or three for any other unit. */
static size_t json_size(const char16_t *text)
{
    return 6 * text_length(text);
}

static size_t sessions_json_size(const struct gatehouse_status *status)
{
    enum { KEYS_AND_NUMBERS = 1024 };
    const struct gatehouse_firewall *firewall = &status->firewall;
    size_t size = 2 * KEYS_AND_NUMBERS + json_size(status->version) +
                  2 * json_size(status->instance) + json_size(firewall->owner) +
                  json_size(firewall->gateways) + json_size(firewall->way_out);
    for (size_t i = 0; i < status->count; i++) {
        const struct gatehouse_session *session = &status->sessions[i];
        size += KEYS_AND_NUMBERS + json_size(session->user) + 2 * json_size(session->config) +
                json_size(session->adapter);
    }
    return size;
}

static void add_service(struct json *json, const struct gatehouse_status *status)
{
    char16_t units[SESSION_NAME_UNITS];
    struct text name = TEXT_ON(units);
    text_append(&name, PRODUCT_SERVICE_NAME);
    text_append(&name, status->instance);
    json_begin_object(json, "service");
    json_text(json, "name", units);
    json_text(json, "version", status->version);
    json_text(json, "instance", status->instance);
    json_number(json, "pid", status->process_id);
    json_number(json, "uptime", status->uptime);
    json_number(json, "open_entries", status->open_entries);
    json_number(json, "left", status->left);
    json_begin_object(json, "last_start");
    json_number(json, "undone", status->start_undone);
    json_number(json, "gone", status->start_gone);
    json_number(json, "left_alone", status->start_left_alone);
    json_number(json, "failed", status->start_failed);
    json_end_object(json);
    json_end_object(json);
}

/* A service of an earlier version has none. */
static void add_firewall(struct json *json, const struct gatehouse_status *status)
{
    if (!*status->firewall.state)
        return;
    json_begin_object(json, "firewall");
    firewall_to_json(json, &status->firewall);
    json_end_object(json);
}

static void add_session(struct json *json, const struct gatehouse_session *session)
{
    char16_t name[SESSION_NAME_UNITS];
    session_name(session, name);
    json_begin_item(json);
    json_text(json, "name", name);
    json_string(json, "state", session_state(session));
    json_text(json, "user", session->user);
    json_text(json, "config", session->config);
    json_number(json, "since", session->since);
    json_text(json, "adapter", session->adapter);
    json_number(json, "addresses", session->addresses);
    json_number(json, "routes", session->routes);
    json_number(json, "name_servers", session->name_servers);
    json_number(json, "rules", session->rules);
    json_number(json, "filters", session->filters);
    json_number(json, "pid", session->process_id);
    json_number(json, "client_pid", session->client_id);
    json_end_item(json);
}

char *sessions_to_json(const struct gatehouse_status *status, bool with_service)
{
    const size_t capacity = sessions_json_size(status);
    char *bytes = malloc(capacity);
    if (!bytes)
        return NULL;
    struct json json = json_begin(bytes, capacity);
    json_number(&json, "schema", 1);
    if (with_service) {
        add_service(&json, status);
        add_firewall(&json, status);
    }
    json_begin_array(&json, "sessions");
    for (size_t i = 0; i < status->count; i++)
        add_session(&json, &status->sessions[i]);
    json_end_array(&json);
    json_end(&json);
    return bytes;
}
