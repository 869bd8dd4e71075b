/* SPDX-License-Identifier: MIT */
/* verbs.h: what the verbs of the control pipe share. Within src/control only. */
#ifndef CONTROL_VERBS_H
#define CONTROL_VERBS_H

#include "control/control.h"
#include "wire/control_request.h"

/* A request that its row of the table allows. */
struct control_call {
    struct control_host *host;
    const struct control_caller *caller;
    const char16_t *verb;             /* of the table */
    const char16_t *argument;         /* the first; NULL: none */
    const char16_t *const *arguments; /* all of them */
    size_t argument_count;
    struct control_reply *reply;
};

/* Writes an error reply to the call, in place of what was written. Returns its record, to which
 * more values may be added. */
void control_fail(struct control_call *call, uint32_t code, const char16_t *reason);
/* Begins the reply of a success. */
void control_succeed(struct control_call *call);

/* Whether the caller's user has started the session, and whether the caller may see and end it. */
bool control_owns(const struct control_caller *caller, const struct control_session *session);
bool control_may_end(const struct control_caller *caller, const struct control_session *session);

/* A decimal number of up to 19 digits and nothing else. */
bool control_parse_number(const char16_t *text, uint64_t *number);

/* Exchanges two sessions of the list. */
static inline void control_swap(struct control_sessions *sessions, size_t a, size_t b)
{
    const struct control_session *kept = sessions->items[a];
    sessions->items[a] = sessions->items[b];
    sessions->items[b] = kept;
}

/* Writes what `status` says of the kill switch. */
void control_write_firewall(struct control_call *call);

/* Writes what `status` says of the last update. */
void control_write_update(struct control_call *call);

void control_run_status(struct control_call *call);
void control_run_stop(struct control_call *call);
void control_run_attach(struct control_call *call);
void control_run_firewall(struct control_call *call);
void control_run_update(struct control_call *call);

#endif
