/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/connection.h"

#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/connect/input.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum {
    REACH_INTERVAL = 50,  /* ms between attempts to reach the management interface */
    REACH_LIMIT = 30000,  /* ms until openvpn must have opened it */
    END_LIMIT = 20000,    /* ms for openvpn to end and the service to restore the network */
    KILLED_LIMIT = 10000, /* ms for the service to do so after openvpn was terminated */
    RECEIVE_BYTES = 4096
};

static const char16_t log_advice[] = u"See the end of openvpn's log for the reason.";

static void connection_set_deadline(struct connection *connection, uint64_t milliseconds)
{
    connection->deadline = GetTickCount64() + milliseconds;
}

void connection_restart_clock(struct connection *connection, bool runs)
{
    if (connection->phase != PHASE_TALKING)
        return;
    if (runs && !connection->connected && connection->arguments->timeout_seconds)
        connection_set_deadline(connection,
                                (uint64_t)connection->arguments->timeout_seconds * 1000);
    else
        connection->deadline = UINT64_MAX;
}

static void connection_kill_openvpn(struct connection *connection)
{
    connection->killed = true;
    report_disconnecting(&connection->report, true);
    if (connection->process)
        TerminateProcess(connection->process, 1);
    connection_set_deadline(connection, KILLED_LIMIT);
}

/* Asks openvpn to end, or terminates it if it can't be asked. */
static void connection_begin_end(struct connection *connection)
{
    static const char stop[] = "signal SIGTERM\n";
    if (connection->phase == PHASE_ENDING)
        return;
    connection->phase = PHASE_ENDING;
    input_restore();
    if (!connection->link.open || !connection->logged_in ||
        link_send(&connection->link, stop, sizeof(stop) - 1) != 0) {
        connection_kill_openvpn(connection);
        return;
    }
    report_disconnecting(&connection->report, false);
    connection_set_deadline(connection, END_LIMIT);
}

void connection_fail(struct connection *connection, enum exit_code exit, uint32_t code,
                     const char16_t *what, const char16_t *advice)
{
    if (!connection->failed) {
        struct gatehouse_error error = {.code = code};
        struct text what_text = TEXT_ON(error.what);
        struct text advice_text = TEXT_ON(error.advice);
        text_append(&what_text, what);
        text_append(&advice_text, advice);
        input_restore();
        report_error(&connection->report, exit, &error, connection->log);
        connection->failed = true;
        connection->exit = exit;
    }
    connection_begin_end(connection);
}

/* Called when openvpn ends by itself: waits for the service, whose reply says how it ended. */
static void connection_expect_end(struct connection *connection)
{
    link_close(&connection->link);
    if (connection->phase == PHASE_ENDING)
        return;
    connection->phase = PHASE_ENDING;
    input_restore();
    connection_set_deadline(connection, END_LIMIT);
}

void connection_send(struct connection *connection, const char *command, size_t size)
{
    if (connection->link.open && link_send(&connection->link, command, size) != 0)
        connection_expect_end(connection);
}

static void connection_send_line(struct connection *connection, const char *line)
{
    connection_send(connection, line, strlen(line));
}

static void connection_on_prompt(struct connection *connection,
                                 const struct management_event *event)
{
    (void)event;
    if (connection->logged_in || !*connection->password) {
        connection_fail(connection, EXIT_OPENVPN, ERROR_INVALID_PASSWORD,
                        u"openvpn did not accept its management password.", log_advice);
        return;
    }
    char line[MANAGEMENT_PASSWORD_MAX + 2];
    int size = snprintf(line, sizeof(line), "%s\n", connection->password);
    connection_send(connection, line, (size_t)size);
    SecureZeroMemory(line, sizeof(line));
    SecureZeroMemory(connection->password, sizeof(connection->password));
}

/* The first SUCCESS answers the password. */
static void connection_on_success(struct connection *connection,
                                  const struct management_event *event)
{
    (void)event;
    if (connection->logged_in)
        return;
    connection->logged_in = true;
    connection_send_line(connection, "state on\n");
}

/* "hold off", so that openvpn does not wait again before later attempts: it makes pauses of its
 * own. */
static void connection_on_hold(struct connection *connection, const struct management_event *event)
{
    (void)event;
    connection_send_line(connection, "hold off\n");
    connection_send_line(connection, "hold release\n");
}

static void connection_on_state(struct connection *connection, const struct management_event *event)
{
    report_state(&connection->report, &event->state);
    if (strcmp(event->state.name, "CONNECTED") == 0) {
        connection->connected = true;
        connection->question.refusals = 0;
        connection_restart_clock(connection, false);
        connection->detached = connection->arguments->detach;
    }
    kill_switch_watch(connection, event->state.name);
}

/* Appends a text of openvpn without control characters. */
static void connection_append_clean(struct text *text, const char *foreign)
{
    char clean[400];
    char16_t units[sizeof(clean)]; /* UTF-16 never needs more units than UTF-8 bytes */
    console_clean(foreign, clean, sizeof(clean));
    size_t length = text_from_utf8(clean, strlen(clean), units, ARRAY_COUNT(units));
    text_append_units(text, units, length);
}

static void connection_on_unknown_need(struct connection *connection,
                                       const struct management_event *event)
{
    char16_t units[512];
    struct text what = TEXT_ON(units);
    text_append(&what, u"openvpn asks a question that this program can't answer: ");
    connection_append_clean(&what, event->text);
    connection_fail(connection, EXIT_LOGIN, ERROR_NOT_SUPPORTED, units,
                    u"Use a configuration with a user name and password or with a certificate in a "
                    u"file, or use a graphical client such as OpenVPN-GUI.");
}

static void connection_on_fatal(struct connection *connection, const struct management_event *event)
{
    char16_t units[512];
    struct text what = TEXT_ON(units);
    text_append(&what, u"openvpn stopped with a fatal error: ");
    connection_append_clean(&what, event->text);
    connection_expect_end(connection);
    connection_fail(connection, EXIT_OPENVPN, ERROR_OPENVPN_STARTUP, units, log_advice);
}

static void connection_on_event(void *context, const struct management_event *event)
{
    static void (*const handlers[])(struct connection *, const struct management_event *) = {
        [MANAGEMENT_PROMPT] = connection_on_prompt,
        [MANAGEMENT_STATE] = connection_on_state,
        [MANAGEMENT_HOLD] = connection_on_hold,
        [MANAGEMENT_NEED_LOGIN] = question_begin,
        [MANAGEMENT_NEED_PASSWORD] = question_begin,
        [MANAGEMENT_NEED_UNKNOWN] = connection_on_unknown_need,
        [MANAGEMENT_PASSWORD_WRONG] = question_refused,
        [MANAGEMENT_REMOTE] = kill_switch_answer,
        [MANAGEMENT_FATAL] = connection_on_fatal,
        [MANAGEMENT_SUCCESS] = connection_on_success,
        [MANAGEMENT_OTHER] = NULL,
    };
    struct connection *connection = context;
    /* While openvpn ends, only its states are reported. */
    if (connection->phase == PHASE_ENDING && event->kind != MANAGEMENT_STATE)
        return;
    if (event->kind < ARRAY_COUNT(handlers) && handlers[event->kind])
        handlers[event->kind](connection, event);
}

static void connection_reach(struct connection *connection)
{
    uint32_t error = link_open(&connection->link, connection->port, connection->process_id);
    if (error == ERROR_NOT_READY)
        return;
    if (error == ERROR_WRONG_TARGET_NAME) {
        connection_fail(connection, EXIT_TROUBLE, error,
                        u"Another program has taken the port of openvpn's management interface.",
                        u"Nothing was sent to it. Try again; another port will be used.");
    } else if (error) {
        connection_fail(connection, EXIT_TROUBLE, error,
                        u"openvpn's management interface can't be reached.",
                        u"Check that no firewall or security program blocks 127.0.0.1.");
    } else {
        connection->phase = PHASE_TALKING;
        connection_restart_clock(connection, true);
    }
}

static void connection_receive(struct connection *connection)
{
    char bytes[RECEIVE_BYTES];
    size_t got = 0;
    uint32_t error = link_receive(&connection->link, bytes, sizeof(bytes), &got);
    if (error)
        connection_expect_end(connection);
    else
        management_read(&connection->management, bytes, got, connection_on_event, connection);
}

static void connection_on_deadline(struct connection *connection)
{
    if (connection->phase == PHASE_REACHING) {
        connection_fail(connection, EXIT_TIMED_OUT, WAIT_TIMEOUT,
                        u"openvpn did not open its management interface in time.", log_advice);
    } else if (connection->phase == PHASE_TALKING) {
        connection_fail(connection, EXIT_TIMED_OUT, WAIT_TIMEOUT,
                        u"No connection was made within the time limit.",
                        u"Check the network and the server's name in the configuration, or allow "
                        u"more time with --timeout.");
    } else if (!connection->killed) {
        connection_kill_openvpn(connection);
    }
}

static void connection_on_end_asked(struct connection *connection)
{
    connection->asked_to_end = true;
    connection_begin_end(connection);
}

static void connection_on_service(struct connection *connection)
{
    (void)connection; /* connection_run() calls gatehouse_wait() before the next step */
}

static DWORD connection_time_left(const struct connection *connection)
{
    uint64_t now = GetTickCount64();
    if (connection->phase == PHASE_REACHING)
        return REACH_INTERVAL;
    if (connection->deadline == UINT64_MAX)
        return INFINITE;
    return connection->deadline > now ? (DWORD)(connection->deadline - now) : 0;
}

struct waits {
    HANDLE events[5];
    void (*handlers[5])(struct connection *);
    DWORD count;
};

static void waits_add(struct waits *waits, bool wanted, void *event,
                      void (*handler)(struct connection *))
{
    if (!wanted || !event)
        return;
    waits->events[waits->count] = event;
    waits->handlers[waits->count++] = handler;
}

/* Waits for the first event and handles it. Waits only for events that can be handled now: lines
 * that were piped in before openvpn asks for them stay in the input. */
static void connection_step(struct connection *connection)
{
    struct waits waits = {.count = 0};
    const bool may_end = !connection->asked_to_end && connection->phase != PHASE_ENDING;
    waits_add(&waits, true, gatehouse_event(connection->service), connection_on_service);
    waits_add(&waits, may_end, connection->end_event, connection_on_end_asked);
    waits_add(&waits, may_end && connection->arguments->until_stdin_closes, input_end_event(),
              connection_on_end_asked);
    waits_add(&waits, connection->link.open, connection->link.event, connection_receive);
    waits_add(&waits, may_end && connection->question.asks, input_event(), question_answer);

    DWORD woken =
        WaitForMultipleObjects(waits.count, waits.events, FALSE, connection_time_left(connection));
    if (woken < WAIT_OBJECT_0 + waits.count)
        waits.handlers[woken - WAIT_OBJECT_0](connection);
    if (connection->phase == PHASE_REACHING)
        connection_reach(connection);
    if (GetTickCount64() >= connection->deadline)
        connection_on_deadline(connection);
}

/* The session has ended: returns the exit code, and reports the error if there is one. */
static enum exit_code connection_conclude(struct connection *connection,
                                          const struct gatehouse_error *error)
{
    if (connection->failed)
        return connection->exit;
    if (connection->asked_to_end)
        return connection->connected ? EXIT_DONE : EXIT_INTERRUPTED;
    if (error->code) {
        report_error(&connection->report, EXIT_OPENVPN, error, connection->log);
        return EXIT_OPENVPN;
    }
    if (connection->connected)
        return EXIT_DONE;
    connection_fail(connection, EXIT_OPENVPN, ERROR_GRACEFUL_DISCONNECT,
                    u"openvpn ended before the connection was made.", log_advice);
    return EXIT_OPENVPN;
}

enum exit_code connection_run(struct connection *connection)
{
    struct gatehouse_error error = {.code = 0};
    connection->phase = PHASE_REACHING;
    connection_set_deadline(connection, REACH_LIMIT);
    if (connection->arguments->until_stdin_closes && input_start() != 0)
        connection_fail(connection, EXIT_TROUBLE, GetLastError(), u"Standard input can't be read.",
                        u"Leave out --until-stdin-closes.");

    while (gatehouse_wait(connection->service, 0, &error) == GATEHOUSE_STILL_RUNNING) {
        connection_step(connection);
        if (connection->detached && connection->phase == PHASE_TALKING) {
            link_close(&connection->link);
            report_detached(&connection->report, connection->process_id);
            return EXIT_DONE;
        }
        if (connection->killed && GetTickCount64() >= connection->deadline) {
            link_close(&connection->link);
            connection->is_left = true;
            error.code = WAIT_TIMEOUT;
            wcscpy(error.what, u"The service did not end the session in time.");
            wcscpy(error.advice, u"It may still be restoring the network settings. Its messages "
                                 u"are in the Application log of the Event Viewer.");
            report_error(&connection->report, EXIT_TIMED_OUT, &error, connection->log);
            return EXIT_TIMED_OUT;
        }
    }
    link_close(&connection->link);
    /* openvpn has ended: a failure that is reported now must not try to end it. */
    connection->phase = PHASE_ENDING;
    enum exit_code exit = kill_switch_end(connection, connection_conclude(connection, &error));
    report_disconnected(&connection->report, exit);
    return exit;
}
