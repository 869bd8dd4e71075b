/* SPDX-License-Identifier: MIT */
/* question.h: answers openvpn's questions for user names and passwords. */
#ifndef CLIENT_QUESTION_H
#define CLIENT_QUESTION_H

#include "client/cli/connect/management.h"

#include <stdbool.h>

enum { REALM_MAX = 127 };

struct question {
    enum { ASKS_NOTHING, ASKS_USER, ASKS_PASSWORD } asks;
    char realm[REALM_MAX + 1];
    unsigned refusals; /* answers that were refused */
};

struct connection;

/* Called when openvpn asks for a login or a password: asks the user. */
void question_begin(struct connection *connection, const struct management_event *event);

/* Called when an answer was refused. At a console the user may try again, some times. */
void question_refused(struct connection *connection, const struct management_event *event);

/* Passes the next line of the input to openvpn if there is one and openvpn waits for it. */
void question_answer(struct connection *connection);

#endif
