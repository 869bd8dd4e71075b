/* SPDX-License-Identifier: MIT */
/* question.h: the user names and passwords that openvpn asks for. */
#ifndef CLIENT_QUESTION_H
#define CLIENT_QUESTION_H

#include "client/management.h"

#include <stdbool.h>

enum { REALM_MAX = 127 };

struct question {
    enum { ASKS_NOTHING, ASKS_USER, ASKS_PASSWORD } asks;
    char realm[REALM_MAX + 1];
    unsigned refusals; /* so far */
};

struct connection;

/* openvpn needs a login or password. */
void question_begin(struct connection *connection, const struct management_event *event);

/* What was given was refused: another try, while a person sits there. */
void question_refused(struct connection *connection, const struct management_event *event);

/* Takes what has been typed or piped in, as far as it is wanted. */
void question_answer(struct connection *connection);

#endif
