/* SPDX-License-Identifier: MIT */
#include "client/cli/report.h"

#include "base/array.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/firewall/targets.h"
#include "client/cli/firewall_text.h"
#include "client/cli/json.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { OBJECT_BYTES = 16384, TEXT_BYTES = 3072, FIELD_BYTES = 256 };

/* Names: OpenVPN's doc/management-notes.txt, "state". */
static const struct {
    const char *name, *words;
} states[] = {
    {"CONNECTING", "starting"},
    {"RESOLVE", "looking up the server's name"},
    {"TCP_CONNECT", "reaching the server"},
    {"WAIT", "waiting for the server's answer"},
    {"AUTH", "signing in"},
    {"AUTH_PENDING", "waiting for the sign-in to be confirmed"},
    {"GET_CONFIG", "getting the server's settings"},
    {"ASSIGN_IP", "setting the address"},
    {"ADD_ROUTES", "adding routes"},
    {"RECONNECTING", "connecting again"},
    {"EXITING", "ending"},
};

struct report report_begin(bool json)
{
    return (struct report){json, GetTickCount64()};
}

static uint64_t report_elapsed(const struct report *report)
{
    return GetTickCount64() - report->start;
}

static struct json report_begin_object(const struct report *report, char bytes[OBJECT_BYTES],
                                       const char *state)
{
    struct json json = json_begin(bytes, OBJECT_BYTES);
    json_seconds(&json, "time", report_elapsed(report));
    json_string(&json, "state", state);
    return json;
}

static void report_end_object(struct json *json)
{
    console_write(CONSOLE_OUTPUT, json->bytes, json_end(json));
}

static void print_line(const struct report *report, const char *state, const char *words)
{
    const uint64_t tenths = report_elapsed(report) / 100;
    console_print(CONSOLE_OUTPUT, "%5u.%u s  %-13s %s\n", (unsigned)(tenths / 10),
                  (unsigned)(tenths % 10), state, words);
}

void report_started(const struct report *report, uint32_t process_id, const char16_t *log)
{
    char bytes[OBJECT_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "STARTED");
        json_number(&json, "process", process_id);
        json_text(&json, "log", log);
        report_end_object(&json);
        return;
    }
    char path[TEXT_BYTES], words[TEXT_BYTES + FIELD_BYTES];
    snprintf(words, sizeof(words), "openvpn is process %u, its log is %s", (unsigned)process_id,
             text_to_line(log, path, sizeof(path)));
    print_line(report, "STARTED", words);
}

static void report_state_as_json(const struct report *report, const struct management_state *state)
{
    const struct {
        const char *key, *value;
    } members[] = {
        {"detail", state->detail}, {"address", state->address}, {"address6", state->address6},
        {"server", state->server}, {"port", state->port},
    };
    char bytes[OBJECT_BYTES];
    struct json json = report_begin_object(report, bytes, state->name);
    for (size_t i = 0; i < ARRAY_COUNT(members); i++)
        if (*members[i].value)
            json_string(&json, members[i].key, members[i].value);
    report_end_object(&json);
}

static void describe_connected(const struct management_state *state, char *words, size_t capacity)
{
    char address[FIELD_BYTES], address6[FIELD_BYTES], server[FIELD_BYTES], port[FIELD_BYTES];
    console_clean(state->address, address, sizeof(address));
    console_clean(state->address6, address6, sizeof(address6));
    console_clean(state->server, server, sizeof(server));
    console_clean(state->port, port, sizeof(port));
    snprintf(words, capacity, "%s%s%s through %s port %s; Ctrl-C ends the connection", address,
             *address && *address6 ? ", " : "", address6, server, port);
}

void report_state(const struct report *report, const struct management_state *state)
{
    if (report->json) {
        report_state_as_json(report, state);
        return;
    }
    char name[FIELD_BYTES], detail[FIELD_BYTES], words[5 * FIELD_BYTES] = "";
    console_clean(state->name, name, sizeof(name));
    console_clean(state->detail, detail, sizeof(detail));
    if (strcmp(name, "CONNECTED") == 0) {
        describe_connected(state, words, sizeof(words));
    } else {
        const char *known = "";
        for (size_t i = 0; i < ARRAY_COUNT(states); i++)
            if (strcmp(states[i].name, name) == 0)
                known = states[i].words;
        snprintf(words, sizeof(words), *detail ? "%s (%s)" : "%s", known, detail);
    }
    print_line(report, name, words);
}

static void report_realm(const struct report *report, const char *state, const char *asks,
                         const char *realm, const char *format)
{
    char bytes[OBJECT_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, state);
        if (asks)
            json_string(&json, "asks", asks);
        json_string(&json, "realm", realm);
        report_end_object(&json);
        return;
    }
    char clean[FIELD_BYTES], words[2 * FIELD_BYTES];
    console_clean(realm, clean, sizeof(clean));
    snprintf(words, sizeof(words), "%s %s %s", asks ? asks : "", format, clean);
    print_line(report, state, asks ? words : words + 1);
}

void report_question(const struct report *report, const char *asks, const char *realm)
{
    report_realm(report, "QUESTION", asks, realm, "for");
}

void report_retry(const struct report *report, const char *realm)
{
    report_realm(report, "LOGIN_REFUSED", NULL, realm, "try again:");
}

void report_disconnecting(const struct report *report, bool by_force)
{
    char bytes[OBJECT_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "DISCONNECTING");
        json_boolean(&json, "by_force", by_force);
        report_end_object(&json);
    } else {
        print_line(report, "DISCONNECTING",
                   by_force ? "openvpn does not respond and is ended by force"
                            : "ending the connection");
    }
}

/* ---- the kill switch ---- */

/* In any order. */
static bool are_same_gateways(const struct gateways *a, const struct gateways *b)
{
    struct gateways both = *a;
    for (size_t i = 0; i < b->count; i++)
        if (gateways_add(&both, &b->items[i]) != 0)
            return false;
    return both.count == a->count && a->count == b->count;
}

/* "A, B and 3 more addresses" */
static void describe_gateways(const struct gateways *gateways, char words[TEXT_BYTES])
{
    enum { SHOWN = 4 };
    char16_t units[SHOWN * GATEWAY_UNITS + 64];
    struct text text = TEXT_ON(units);
    for (size_t i = 0; i < gateways->count && i < SHOWN; i++) {
        text_append(&text, i ? u", " : u"");
        gateway_append(&text, &gateways->items[i]);
    }
    if (gateways->count > SHOWN)
        text_append_format(&text, " and %u more addresses", (unsigned)gateways->count - SHOWN);
    text_to_line(gateways->count ? units : u"no server", words, TEXT_BYTES);
}

static void print_kill_switch(const struct report *report, const struct gatehouse_firewall *state,
                              const struct targets *targets, bool is_changed)
{
    char servers[TEXT_BYTES], words[TEXT_BYTES + FIELD_BYTES];
    struct gateways now;
    if (targets->was_up && is_changed) {
        describe_gateways(&targets->before, servers);
        snprintf(words, sizeof(words), "it was up already, with other servers: %s", servers);
        print_line(report, "KILL_SWITCH", words);
    } else if (targets->was_up) {
        print_line(report, "KILL_SWITCH", "it was up already, with the same servers");
    }
    firewall_gateways(state, &now);
    describe_gateways(&now, servers);
    snprintf(words, sizeof(words), "nothing is let out but openvpn to %s", servers);
    print_line(report, "KILL_SWITCH", words);
}

void report_kill_switch(const struct report *report, const struct gatehouse_firewall *state,
                        const struct targets *targets)
{
    char bytes[OBJECT_BYTES];
    struct gateways now;
    firewall_gateways(state, &now);
    const bool is_changed = targets->was_up && !are_same_gateways(&targets->before, &now);
    if (!report->json) {
        print_kill_switch(report, state, targets, is_changed);
        return;
    }
    struct json json = report_begin_object(report, bytes, "KILL_SWITCH");
    json_begin_object(&json, "firewall");
    firewall_to_json(&json, state);
    json_end_object(&json);
    json_boolean(&json, "was_up", targets->was_up);
    json_boolean(&json, "changed", is_changed);
    report_end_object(&json);
}

void report_blocked(const struct report *report, const char16_t *way_out, bool has_ended)
{
    char bytes[OBJECT_BYTES], way[TEXT_BYTES], words[TEXT_BYTES + FIELD_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "BLOCKED");
        json_boolean(&json, "ended", has_ended);
        json_text(&json, "way_out", way_out);
        report_end_object(&json);
        return;
    }
    snprintf(words, sizeof(words), "%s; to open it: %s",
             has_ended ? "the kill switch stays, and nothing is let out"
                       : "the tunnel is lost, and nothing is let out until it is back",
             text_to_line(way_out, way, sizeof(way)));
    print_line(report, "BLOCKED", words);
}

void report_released(const struct report *report)
{
    char bytes[OBJECT_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "RELEASED");
        report_end_object(&json);
    } else {
        print_line(report, "RELEASED", "the kill switch is off: it blocks nothing");
    }
}

void report_detached(const struct report *report, uint32_t process_id)
{
    char bytes[OBJECT_BYTES], words[FIELD_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "DETACHED");
        json_number(&json, "process", process_id);
        report_end_object(&json);
        return;
    }
    snprintf(words, sizeof(words), "the connection goes on; gatehouse disconnect %u ends it",
             (unsigned)process_id);
    print_line(report, "DETACHED", words);
}

void report_disconnected(const struct report *report, enum exit_code exit)
{
    char bytes[OBJECT_BYTES];
    if (report->json) {
        struct json json = report_begin_object(report, bytes, "DISCONNECTED");
        json_number(&json, "exit", exit);
        report_end_object(&json);
    } else {
        print_line(report, "DISCONNECTED", "the service has ended the session");
    }
}

static void print_error(const struct gatehouse_error *error, const char16_t *log)
{
    char what[TEXT_BYTES], advice[TEXT_BYTES], path[TEXT_BYTES];
    console_print(CONSOLE_ERROR, "gatehouse: %s\n", text_to_line(error->what, what, sizeof(what)));
    console_print(CONSOLE_ERROR, "  %s\n", text_to_line(error->advice, advice, sizeof(advice)));
    if (log)
        console_print(CONSOLE_ERROR, "  log: %s\n", text_to_line(log, path, sizeof(path)));
}

static void add_error(struct json *json, const struct gatehouse_error *error)
{
    json_number(json, "code", error->code);
    json_text(json, "what", error->what);
    json_text(json, "advice", error->advice);
}

void report_error(const struct report *report, enum exit_code exit,
                  const struct gatehouse_error *error, const char16_t *log)
{
    if (report->json) {
        char bytes[OBJECT_BYTES];
        struct json json = report_begin_object(report, bytes, "ERROR");
        json_number(&json, "exit", exit);
        add_error(&json, error);
        if (log)
            json_text(&json, "log", log);
        report_end_object(&json);
    }
    print_error(error, log);
}

void report_warning(const struct report *report, const struct gatehouse_error *error)
{
    if (report->json) {
        char bytes[OBJECT_BYTES];
        struct json json = report_begin_object(report, bytes, "WARNING");
        add_error(&json, error);
        report_end_object(&json);
    }
    print_error(error, NULL);
}

enum exit_code report_problem(const struct report *report, const struct gatehouse_error *error)
{
    static const enum exit_code exits[] = {
        [GATEHOUSE_INTERNAL] = EXIT_TROUBLE,    [GATEHOUSE_NO_SERVICE] = EXIT_NO_SERVICE,
        [GATEHOUSE_REFUSED] = EXIT_REFUSED,     [GATEHOUSE_NOT_STARTED] = EXIT_OPENVPN,
        [GATEHOUSE_ENDED_BADLY] = EXIT_OPENVPN, [GATEHOUSE_TIMED_OUT] = EXIT_TIMED_OUT,
    };
    report_error(report, exits[error->problem], error, NULL);
    return exits[error->problem];
}

enum exit_code report_no_memory(const struct report *report)
{
    const struct gatehouse_error error = {
        .code = ERROR_NOT_ENOUGH_MEMORY,
        .problem = GATEHOUSE_INTERNAL,
        .what = L"There is not enough memory.",
        .advice = L"Close other programs, then try again.",
    };
    return report_problem(report, &error);
}

enum exit_code report_usage(const struct report *report, const char *what, const char16_t *about,
                            const char16_t *command)
{
    struct gatehouse_error error = {.code = ERROR_INVALID_PARAMETER};
    struct text text = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append_ascii(&text, what);
    text_append(&text, *about ? u": " : u"");
    text_append(&text, about);
    text_append(&advice, u"See: gatehouse help ");
    text_append(&advice, command);
    report_error(report, EXIT_USAGE, &error, NULL);
    return EXIT_USAGE;
}

enum exit_code report_failure(const struct report *report, enum exit_code exit, uint32_t code,
                              const char16_t *what, const char16_t *about, const char16_t *advice)
{
    struct gatehouse_error error = {.code = code};
    struct text text = TEXT_ON(error.what), advice_text = TEXT_ON(error.advice);
    text_append(&text, what);
    text_append(&text, about);
    text_append_format(&text, " (error %u)", (unsigned)code);
    text_append(&advice_text, advice);
    report_error(report, exit, &error, NULL);
    return exit;
}
