/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/sessions.h"

#include <windows.h>

#ifndef ERROR_TIMEOUT
#define ERROR_TIMEOUT 1460L
#endif

enum {
    STOP_LIMIT = 45000,   /* ms; the service answers within 30 s */
    WAIT_INTERVAL = 1000, /* ms between two looks whether a session has ended */
};

struct disconnect {
    const struct arguments *arguments;
    struct report report;
    HANDLE end; /* event: the user does not want to wait any longer */
    size_t stopped;
};

/* Some of the sessions that there were, and the number by which the service knows them all: a
 * process id, or 0. */
struct group {
    const struct gatehouse_session *sessions;
    size_t count;
    uint32_t process_id;
};

/* A process id may belong to another session by now, but not with the same beginning. */
static bool is_in(const struct gatehouse_status *status, const struct gatehouse_session *session)
{
    for (size_t i = 0; i < status->count; i++)
        if (status->sessions[i].process_id == session->process_id &&
            status->sessions[i].since == session->since)
            return true;
    return false;
}

static bool any_is_in(const struct gatehouse_status *status, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (is_in(status, &group->sessions[i]))
            return true;
    return false;
}

static struct gatehouse_status *ask(const struct disconnect *disconnect, const char16_t *name,
                                    enum exit_code *exit)
{
    CLEANUP(sessions_close)
    struct gatehouse_control *control =
        sessions_open(disconnect->arguments, &disconnect->report, exit);
    return control ? sessions_ask(control, name, &disconnect->report, exit) : NULL;
}

/* The service was asked to end them and has not undone everything in time. */
static enum exit_code wait_for_end(const struct disconnect *disconnect, const struct group *group)
{
    enum exit_code exit = EXIT_DONE;
    for (;;) {
        CLEANUP(sessions_free) struct gatehouse_status *status = ask(disconnect, NULL, &exit);
        if (!status || !any_is_in(status, group))
            return exit;
        if (WaitForSingleObject(disconnect->end, WAIT_INTERVAL) != WAIT_TIMEOUT)
            return EXIT_INTERRUPTED;
    }
}

static void report_ended(const struct disconnect *disconnect,
                         const struct gatehouse_session *session)
{
    char16_t name[SESSION_NAME_UNITS];
    char line[SESSION_NAME_UNITS];
    if (disconnect->arguments->json)
        return;
    session_name(session, name);
    console_print(CONSOLE_OUTPUT, "%s has ended (process %lu), and its settings are restored.\n",
                  text_to_line(name, line, sizeof(line)), (unsigned long)session->process_id);
}

static enum exit_code end_group(struct disconnect *disconnect, const struct group *group)
{
    enum exit_code exit = EXIT_DONE;
    struct gatehouse_error error;
    CLEANUP(sessions_close)
    struct gatehouse_control *control =
        sessions_open(disconnect->arguments, &disconnect->report, &exit);
    if (!control)
        return exit;
    uint32_t code = gatehouse_stop(control, group->process_id, STOP_LIMIT, &error);
    if (code == ERROR_TIMEOUT && disconnect->arguments->wait)
        exit = wait_for_end(disconnect, group);
    else if (code && code != ERROR_NOT_FOUND) /* it has just ended by itself */
        exit = report_problem(&disconnect->report, &error);
    for (size_t i = 0; i < group->count && exit == EXIT_DONE; i++) {
        disconnect->stopped++;
        report_ended(disconnect, &group->sessions[i]);
    }
    return exit;
}

/* One after the other. The first failure is the command's, the others are tried all the same. */
static enum exit_code end_each(struct disconnect *disconnect, const struct gatehouse_status *status)
{
    enum exit_code exit = EXIT_DONE;
    for (size_t i = 0; i < status->count && exit != EXIT_INTERRUPTED; i++) {
        const struct group one = {&status->sessions[i], 1, status->sessions[i].process_id};
        enum exit_code outcome = end_group(disconnect, &one);
        if (exit == EXIT_DONE || outcome == EXIT_INTERRUPTED)
            exit = outcome;
    }
    return exit;
}

static enum exit_code refuse_name(const struct disconnect *disconnect)
{
    struct gatehouse_error error = {.code = ERROR_NOT_FOUND};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append(&what, u"No connection has this name or process: ");
    text_append(&what, disconnect->arguments->operand);
    text_append(&advice, u"See the connections that there are: gatehouse status");
    report_error(&disconnect->report, EXIT_NOT_CONNECTED, &error, NULL);
    return EXIT_NOT_CONNECTED;
}

enum exit_code command_disconnect(const struct arguments *arguments)
{
    struct disconnect disconnect = {.arguments = arguments,
                                    .report = report_begin(arguments->json)};
    enum exit_code exit = EXIT_DONE;
    char bytes[128];
    CLEANUP(sessions_free)
    struct gatehouse_status *status = ask(&disconnect, arguments->operand, &exit);
    if (!status)
        return exit;
    if (!status->count && !arguments->all)
        return refuse_name(&disconnect);
    disconnect.end = console_watch_for_end();
    const struct group all = {status->sessions, status->count, 0};
    if (status->count)
        exit = arguments->all ? end_group(&disconnect, &all) : end_each(&disconnect, status);
    console_ended();
    if (arguments->json) {
        struct json json = json_begin(bytes, sizeof(bytes));
        json_number(&json, "schema", 1);
        json_number(&json, "stopped", disconnect.stopped);
        json_number(&json, "left", status->count - disconnect.stopped);
        console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
    } else if (!status->count) {
        console_print(CONSOLE_OUTPUT, "There are no connections.\n");
    }
    return exit;
}
