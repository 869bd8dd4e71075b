/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/kill_switch.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/connect/connection.h"
#include "client/cli/firewall/ask.h"

#include <string.h>
#include <windows.h>

/* ---- the start ---- */

static enum exit_code refuse_proxy(const struct report *report)
{
    return report_failure(
        report, EXIT_USAGE, ERROR_NOT_SUPPORTED,
        u"This configuration goes through a proxy, which --kill-switch can't.", u"",
        u"Write the proxy's address into it instead of its name, then use gatehouse firewall start "
        u"--for CONFIG, and gatehouse connect CONFIG without --kill-switch.");
}

static uint32_t ask_to_start(const struct connection *connection, struct gatehouse_reply **reply,
                             struct gatehouse_error *error)
{
    const struct arguments *arguments = connection->arguments;
    struct target_words gateways;
    const char16_t *words[3 + GATEWAYS_MAX] = {u"start"};
    size_t count = 1;
    if (arguments->allow_lan)
        words[count++] = u"allow-lan";
    if (arguments->remote_ok)
        words[count++] = u"remote-ok";
    targets_to_words(&connection->kill_switch.targets, &gateways);
    for (size_t i = 0; i < gateways.count; i++)
        words[count++] = gateways.words[i];
    return firewall_ask(arguments->instance, words, count, reply, error);
}

enum exit_code kill_switch_start(struct connection *connection, const char16_t *config)
{
    const struct arguments *arguments = connection->arguments;
    const struct report *report = &connection->report;
    struct kill_switch *self = &connection->kill_switch;
    struct gatehouse_error error;
    struct gatehouse_firewall state;
    const struct targets_wanted wanted = {arguments->instance, config, arguments->more,
                                          arguments->more_count};
    enum exit_code exit = targets_find(report, &wanted, &self->targets);
    if (exit != EXIT_DONE)
        return exit;
    if (servers_have_proxy(&self->targets.servers))
        return refuse_proxy(report);
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (ask_to_start(connection, &reply, &error) != 0)
        return report_problem(report, &error);
    gatehouse_firewall_read(reply, 0, &state);
    struct text way_out = TEXT_ON(self->way_out);
    text_append(&way_out, *state.way_out ? state.way_out : u"gatehouse firewall stop");
    self->is_started = true;
    report_kill_switch(report, &state, &self->targets);
    return EXIT_DONE;
}

/* ---- while openvpn runs ---- */

static void warn_of_unknown_server(const struct connection *connection, const char *question)
{
    struct gatehouse_error error = {.code = ERROR_NOT_FOUND};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    char16_t units[REMOTE_HOST_BYTES + 64];
    const size_t length = text_from_utf8(question, strlen(question), units, ARRAY_COUNT(units));
    text_append(&what, u"openvpn wants to connect to a server that the configuration did not name "
                       u"when the connection began, and is told to leave it out: ");
    text_append_units(&what, units, length < ARRAY_COUNT(units) ? length : ARRAY_COUNT(units));
    text_append(&advice, u"End the connection and make it again: the servers are looked up then.");
    report_warning(&connection->report, &error);
}

void kill_switch_answer(struct connection *connection, const struct management_event *event)
{
    char command[ANSWER_BYTES] = "remote ACCEPT\n"; /* the configuration may have it ask, too */
    struct kill_switch *self = &connection->kill_switch;
    if (self->is_started &&
        servers_answer(&self->targets.servers, event->text, command) == ANSWER_SKIP)
        warn_of_unknown_server(connection, event->text);
    connection_send(connection, command, strlen(command));
}

void kill_switch_watch(struct connection *connection, const char *state)
{
    struct kill_switch *self = &connection->kill_switch;
    const bool is_lost = strcmp(state, "RECONNECTING") == 0 && connection->connected;
    if (self->is_started && is_lost && !self->is_lost)
        report_blocked(&connection->report, self->way_out, false);
    self->is_lost = (self->is_lost || is_lost) && strcmp(state, "CONNECTED") != 0;
}

/* ---- the end ---- */

static enum exit_code release(const struct connection *connection)
{
    static const char16_t *const words[] = {u"stop"};
    struct gatehouse_error error;
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (firewall_ask(connection->arguments->instance, words, 1, &reply, &error) != 0)
        return report_problem(&connection->report, &error);
    report_released(&connection->report);
    return EXIT_DONE;
}

enum exit_code kill_switch_end(struct connection *connection, enum exit_code exit)
{
    struct kill_switch *self = &connection->kill_switch;
    enum exit_code released = EXIT_DONE;
    if (!self->is_started)
        return exit;
    self->is_started = false;
    const bool may_release = connection->arguments->release && !connection->is_left;
    if (may_release)
        released = release(connection);
    if (!may_release || released != EXIT_DONE)
        report_blocked(&connection->report, self->way_out, true);
    return exit == EXIT_DONE ? released : exit;
}
