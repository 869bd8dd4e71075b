/* SPDX-License-Identifier: MIT */
/* `stop` and `attach`: which session a caller may end, now or with the connection. */
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "control/verbs.h"

#ifndef ERROR_TIMEOUT
#define ERROR_TIMEOUT 1460L
#endif

/* Puts the session of this process first. NULL: there is none. */
static const struct control_session *find_session(struct control_sessions *sessions,
                                                  uint64_t process_id)
{
    for (size_t i = 0; i < sessions->count; i++) {
        if (sessions->items[i]->process_id != process_id)
            continue;
        control_swap(sessions, 0, i);
        return sessions->items[0];
    }
    return NULL;
}

static void refuse_session(struct control_call *call, const struct control_session *session)
{
    log_error_of(LOG_CONTROL_REFUSED, ERROR_ACCESS_DENIED,
                 "The control request '%s' is refused: process %lu is another user's",
                 UTF8(call->verb), (unsigned long)session->process_id);
    control_fail(call, ERROR_ACCESS_DENIED, u"This process is another user's");
}

/* Puts the session first that the argument names. NULL when the caller may not have it: the reply
 * says why. */
static const struct control_session *
named_session(struct control_call *call, struct control_sessions *sessions,
              bool (*may)(const struct control_caller *, const struct control_session *))
{
    uint64_t process_id;
    if (!control_parse_number(call->argument, &process_id)) {
        control_fail(call, ERROR_INVALID_PARAMETER, u"The argument is no process id");
        return NULL;
    }
    const struct control_session *session = find_session(sessions, process_id);
    if (!session) {
        control_fail(call, ERROR_NOT_FOUND, u"No session has this process");
        return NULL;
    }
    if (!may(call->caller, session)) {
        refuse_session(call, session);
        return NULL;
    }
    return session;
}

/* Puts first what the argument names and the caller may end, and counts it. Returns false when the
 * reply says why that is nothing. */
static bool choose_sessions(struct control_call *call, struct control_sessions *sessions,
                            size_t *count)
{
    *count = 1;
    if (!text_equal(call->argument, u"all"))
        return named_session(call, sessions, control_may_end) != NULL;
    *count = 0;
    for (size_t i = 0; i < sessions->count; i++)
        if (control_may_end(call->caller, sessions->items[i]))
            control_swap(sessions, (*count)++, i);
    return true;
}

static void answer_stop(struct control_call *call, const struct control_sessions *left,
                        uint32_t error, size_t chosen)
{
    char16_t units[512];
    struct text reason = TEXT_ON(units);
    if (!error && !left->count) {
        control_succeed(call);
        control_reply_number(call->reply, "stopped", chosen);
        return;
    }
    text_append(&reason, u"still undoing:");
    for (size_t i = 0; i < left->count; i++)
        text_append_format(&reason, " %lu", (unsigned long)left->items[i]->process_id);
    control_fail(call, error ? error : (uint32_t)ERROR_TIMEOUT, units);
    control_reply_number(call->reply, "stopped", chosen - left->count);
    control_reply_number(call->reply, "left", left->count);
}

void control_run_stop(struct control_call *call)
{
    struct control_sessions all = {0};
    uint32_t error = call->host->list(call->host, &all);
    if (error) {
        control_fail(call, error, u"The sessions cannot be listed");
        return;
    }
    struct control_sessions chosen = all; /* its first ones: all of them are to be released */
    size_t count;
    if (choose_sessions(call, &all, &count)) {
        chosen.count = count;
        error = call->host->end(call->host, &chosen);
        answer_stop(call, &chosen, error, count);
    }
    call->host->release(call->host, &all);
}

void control_run_attach(struct control_call *call)
{
    struct control_sessions sessions = {0};
    uint32_t error = call->host->list(call->host, &sessions);
    if (error) {
        control_fail(call, error, u"The sessions cannot be listed");
        return;
    }
    const struct control_session *session = named_session(call, &sessions, control_owns);
    if (session) {
        error = call->host->attach(call->host, session);
        control_succeed(call);
        control_reply_number(call->reply, "pid", session->process_id);
        if (error == ERROR_NOT_FOUND)
            control_fail(call, error, u"This session has just ended");
        else if (error)
            control_fail(call, error, u"This connection has a session already");
    }
    call->host->release(call->host, &sessions);
}
