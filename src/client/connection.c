/* SPDX-License-Identifier: MIT */
#include "client/connection.h"

#include "base/errors.h"
#include "base/text.h"
#include "client/console.h"
#include "client/input.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum {
    REACH_INTERVAL = 50,  /* ms between looks for openvpn's listener */
    REACH_LIMIT = 30000,  /* ms until it must listen */
    END_LIMIT = 20000,    /* ms for openvpn to end and the service to undo */
    KILLED_LIMIT = 10000, /* ms for the undo after openvpn was ended by force */
    RECEIVE_BYTES = 4096
};

static const char16_t log_advice[] = u"The end of openvpn's log says why.";

static void set_deadline(struct connection *connection, uint64_t milliseconds)
{
    connection->deadline = GetTickCount64() + milliseconds;
}

void connection_restart_clock(struct connection *connection, bool runs)
{
    if (connection->phase != PHASE_TALKING)
        return;
    if (runs && !connection->connected && connection->arguments->timeout_seconds)
        set_deadline(connection, (uint64_t)connection->arguments->timeout_seconds * 1000);
    else
        connection->deadline = UINT64_MAX;
}

static void kill_openvpn(struct connection *connection)
{
    connection->killed = true;
    report_disconnecting(&connection->report, true);
    if (connection->process)
        TerminateProcess(connection->process, 1);
    set_deadline(connection, KILLED_LIMIT);
}

/* Asks openvpn to end; by force when it can't be asked. */
static void begin_end(struct connection *connection)
{
    static const char stop[] = "signal SIGTERM\n";
    if (connection->phase == PHASE_ENDING)
        return;
    connection->phase = PHASE_ENDING;
    input_restore();
    if (!connection->link.open || !connection->logged_in ||
        link_send(&connection->link, stop, sizeof(stop) - 1) != 0) {
        kill_openvpn(connection);
        return;
    }
    report_disconnecting(&connection->report, false);
    set_deadline(connection, END_LIMIT);
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
    begin_end(connection);
}

/* openvpn is ending by itself: the service's session tells how. */
static void expect_end(struct connection *connection)
{
    link_close(&connection->link);
    if (connection->phase == PHASE_ENDING)
        return;
    connection->phase = PHASE_ENDING;
    input_restore();
    set_deadline(connection, END_LIMIT);
}

void connection_send(struct connection *connection, const char *command, size_t size)
{
    if (connection->link.open && link_send(&connection->link, command, size) != 0)
        expect_end(connection);
}

static void send_line(struct connection *connection, const char *line)
{
    connection_send(connection, line, strlen(line));
}

static void on_prompt(struct connection *connection, const struct management_event *event)
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

/* The first success is the login's. */
static void on_success(struct connection *connection, const struct management_event *event)
{
    (void)event;
    if (connection->logged_in)
        return;
    connection->logged_in = true;
    send_line(connection, "state on\n");
}

/* Holding once is enough: openvpn keeps its own pauses between later attempts. */
static void on_hold(struct connection *connection, const struct management_event *event)
{
    (void)event;
    send_line(connection, "hold off\n");
    send_line(connection, "hold release\n");
}

static void on_state(struct connection *connection, const struct management_event *event)
{
    report_state(&connection->report, &event->state);
    if (strcmp(event->state.name, "CONNECTED") == 0) {
        connection->connected = true;
        connection->question.refusals = 0;
        connection_restart_clock(connection, false);
    }
}

/* What openvpn says, in its words. */
static void append_clean(struct text *text, const char *foreign)
{
    char clean[400];
    char16_t units[sizeof(clean)]; /* never more than bytes of UTF-8 */
    console_clean(foreign, clean, sizeof(clean));
    size_t length = text_from_utf8(clean, strlen(clean), units, ARRAY_COUNT(units));
    text_append_units(text, units, length);
}

static void on_unknown_need(struct connection *connection, const struct management_event *event)
{
    char16_t units[512];
    struct text what = TEXT_ON(units);
    text_append(&what, u"openvpn asks what this program can't answer: ");
    append_clean(&what, event->text);
    connection_fail(connection, EXIT_LOGIN, ERROR_NOT_SUPPORTED, units,
                    u"Use a configuration with a user name and password, a certificate in a file, "
                    u"or a graphical client such as OpenVPN-GUI.");
}

static void on_fatal(struct connection *connection, const struct management_event *event)
{
    char16_t units[512];
    struct text what = TEXT_ON(units);
    text_append(&what, u"openvpn has given up: ");
    append_clean(&what, event->text);
    expect_end(connection);
    connection_fail(connection, EXIT_OPENVPN, ERROR_OPENVPN_STARTUP, units, log_advice);
}

static void on_event(void *context, const struct management_event *event)
{
    static void (*const handlers[])(struct connection *, const struct management_event *) = {
        [MANAGEMENT_PROMPT] = on_prompt,
        [MANAGEMENT_STATE] = on_state,
        [MANAGEMENT_HOLD] = on_hold,
        [MANAGEMENT_NEED_LOGIN] = question_begin,
        [MANAGEMENT_NEED_PASSWORD] = question_begin,
        [MANAGEMENT_NEED_UNKNOWN] = on_unknown_need,
        [MANAGEMENT_PASSWORD_WRONG] = question_refused,
        [MANAGEMENT_FATAL] = on_fatal,
        [MANAGEMENT_SUCCESS] = on_success,
        [MANAGEMENT_OTHER] = NULL,
    };
    struct connection *connection = context;
    /* While it ends only its states are news. */
    if (connection->phase == PHASE_ENDING && event->kind != MANAGEMENT_STATE)
        return;
    if (event->kind < ARRAY_COUNT(handlers) && handlers[event->kind])
        handlers[event->kind](connection, event);
}

static void reach(struct connection *connection)
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

static void receive(struct connection *connection)
{
    char bytes[RECEIVE_BYTES];
    size_t got = 0;
    uint32_t error = link_receive(&connection->link, bytes, sizeof(bytes), &got);
    if (error)
        expect_end(connection);
    else
        management_read(&connection->management, bytes, got, on_event, connection);
}

static void on_deadline(struct connection *connection)
{
    if (connection->phase == PHASE_REACHING) {
        connection_fail(connection, EXIT_TIMED_OUT, WAIT_TIMEOUT,
                        u"openvpn did not open its management interface in time.", log_advice);
    } else if (connection->phase == PHASE_TALKING) {
        connection_fail(connection, EXIT_TIMED_OUT, WAIT_TIMEOUT,
                        u"The connection was not made within the time limit.",
                        u"Check the network and the server's name in the configuration, or allow "
                        u"more time with --timeout.");
    } else if (!connection->killed) {
        kill_openvpn(connection);
    }
}

static void on_end_asked(struct connection *connection)
{
    connection->asked_to_end = true;
    begin_end(connection);
}

static void on_service(struct connection *connection)
{
    (void)connection; /* gatehouse_wait() sees to it before the next step */
}

static DWORD time_left(const struct connection *connection)
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

static void wait_for(struct waits *waits, bool wanted, void *event,
                     void (*handler)(struct connection *))
{
    if (!wanted || !event)
        return;
    waits->events[waits->count] = event;
    waits->handlers[waits->count++] = handler;
}

/* Waits once, for whatever comes first, and sees to it. Only what can be dealt with now is waited
 * for: lines that were piped in before they are asked for stay where they are. */
static void step(struct connection *connection)
{
    struct waits waits = {.count = 0};
    const bool may_end = !connection->asked_to_end && connection->phase != PHASE_ENDING;
    wait_for(&waits, true, gatehouse_event(connection->service), on_service);
    wait_for(&waits, may_end, connection->end_event, on_end_asked);
    wait_for(&waits, may_end && connection->arguments->until_stdin_closes, input_end_event(),
             on_end_asked);
    wait_for(&waits, connection->link.open, connection->link.event, receive);
    wait_for(&waits, may_end && connection->question.asks, input_event(), question_answer);

    DWORD woken = WaitForMultipleObjects(waits.count, waits.events, FALSE, time_left(connection));
    if (woken < WAIT_OBJECT_0 + waits.count)
        waits.handlers[woken - WAIT_OBJECT_0](connection);
    if (connection->phase == PHASE_REACHING)
        reach(connection);
    if (GetTickCount64() >= connection->deadline)
        on_deadline(connection);
}

/* The session is over: what does that mean to the user? */
static enum exit_code conclude(struct connection *connection, const struct gatehouse_error *error)
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
                    u"openvpn ended before it was connected.", log_advice);
    return EXIT_OPENVPN;
}

enum exit_code connection_run(struct connection *connection)
{
    struct gatehouse_error error = {.code = 0};
    connection->phase = PHASE_REACHING;
    set_deadline(connection, REACH_LIMIT);
    if (connection->arguments->until_stdin_closes && input_start() != 0)
        connection_fail(connection, EXIT_TROUBLE, GetLastError(), u"Standard input can't be read.",
                        u"Leave out --until-stdin-closes.");

    while (gatehouse_wait(connection->service, 0, &error) == GATEHOUSE_STILL_RUNNING) {
        step(connection);
        if (connection->killed && GetTickCount64() >= connection->deadline) {
            link_close(&connection->link);
            error.code = WAIT_TIMEOUT;
            wcscpy(error.what, u"The service has not closed the session in time.");
            wcscpy(error.advice, u"It may still be putting the network back. Its messages are in "
                                 u"the Application log of the Event Viewer.");
            report_error(&connection->report, EXIT_TIMED_OUT, &error, connection->log);
            return EXIT_TIMED_OUT;
        }
    }
    link_close(&connection->link);
    /* Nothing is left to end; a failure found now must not try. */
    connection->phase = PHASE_ENDING;
    enum exit_code exit = conclude(connection, &error);
    report_disconnected(&connection->report, exit);
    return exit;
}
