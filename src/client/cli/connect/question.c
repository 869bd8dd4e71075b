/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/question.h"

#include "base/text.h"
#include "client/cli/connect/connection.h"
#include "client/cli/console.h"
#include "client/cli/connect/input.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { REFUSALS_MAX = 3 };

static const char16_t answer_advice[] =
    u"Run gatehouse in a console, or give --user and write the password as one line to "
    u"standard input.";

static void question_ask(struct connection *connection, int asks)
{
    struct question *question = &connection->question;
    const char *what = asks == ASKS_USER ? "user" : "password";
    char prompt[2 * REALM_MAX + 32], realm[REALM_MAX + 1];
    question->asks = asks;
    if (input_start() != 0) {
        connection_fail(connection, EXIT_TROUBLE, GetLastError(), u"Standard input can't be read.",
                        answer_advice);
        return;
    }
    if (connection->report.json || !input_is_console())
        report_question(&connection->report, what, question->realm);
    console_clean(question->realm, realm, sizeof(realm));
    snprintf(prompt, sizeof(prompt), "%s for %s: ", asks == ASKS_USER ? "User name" : "Password",
             realm);
    if (input_is_console())
        connection_restart_clock(connection, false);
    input_ask(prompt, asks == ASKS_PASSWORD);
    question_answer(connection);
}

static void question_send_answer(struct connection *connection, const char *verb,
                                 const char *answer)
{
    char command[MANAGEMENT_COMMAND_MAX + 1];
    size_t size = management_command(command, verb, connection->question.realm, answer);
    if (size)
        connection_send(connection, command, size);
    else
        connection_fail(connection, EXIT_LOGIN, ERROR_INVALID_DATA,
                        u"The answer can't be passed to openvpn.",
                        u"User names and passwords must not contain control characters.");
    SecureZeroMemory(command, sizeof(command));
}

void question_begin(struct connection *connection, const struct management_event *event)
{
    struct question *question = &connection->question;
    char user[MANAGEMENT_COMMAND_MAX + 1] = {0};
    snprintf(question->realm, sizeof(question->realm), "%s", event->realm);
    if (event->kind == MANAGEMENT_NEED_PASSWORD) {
        question_ask(connection, ASKS_PASSWORD);
    } else if (connection->arguments->user) {
        const char16_t *name = connection->arguments->user;
        text_to_utf8(name, text_length(name), user, sizeof(user) - 1);
        question_send_answer(connection, "username", user);
        question_ask(connection, ASKS_PASSWORD);
    } else {
        question_ask(connection, ASKS_USER);
    }
}

void question_refused(struct connection *connection, const struct management_event *event)
{
    struct question *question = &connection->question;
    question->refusals++;
    /* openvpn asks again by itself (auth-retry interact), but only a user at a console has another
     * answer. */
    if (input_event() && input_is_console() && question->refusals < REFUSALS_MAX)
        report_retry(&connection->report, event->realm);
    else
        connection_fail(connection, EXIT_LOGIN, ERROR_LOGON_FAILURE,
                        u"The user name or password was refused.",
                        u"Check both and try again. If they are right, ask the administrator of "
                        u"the VPN server.");
}

void question_answer(struct connection *connection)
{
    struct question *question = &connection->question;
    char line[INPUT_LINE_MAX + 1];
    if (question->asks == ASKS_NOTHING)
        return;
    enum input_result result = input_take(line);
    if (result == INPUT_NOTHING)
        return;
    if (result == INPUT_END) {
        question->asks = ASKS_NOTHING;
        connection_fail(connection, EXIT_LOGIN, ERROR_NO_DATA,
                        u"openvpn asks for a login, but standard input has ended.", answer_advice);
        return;
    }
    if (question->asks == ASKS_USER) {
        question_send_answer(connection, "username", line);
        if (!connection->failed)
            question_ask(connection, ASKS_PASSWORD);
    } else {
        question->asks = ASKS_NOTHING;
        question_send_answer(connection, "password", line);
        connection_restart_clock(connection, true);
    }
    SecureZeroMemory(line, sizeof(line));
}
