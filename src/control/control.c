/* SPDX-License-Identifier: MIT */
#include "control/control.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "control/verbs.h"

#include <string.h>

/* The name of a reply to what has no verb of the table. */
static const char16_t NO_VERB[] = u"request";

static void control_run_version(struct control_call *call)
{
    struct control_service service = {0};
    call->host->describe(call->host, &service);
    control_succeed(call);
    control_reply_text(call->reply, "version", service.version);
    control_reply_text(call->reply, "instance", service.instance);
}

static void control_run_cleanup(struct control_call *call)
{
    size_t undone = 0, left = 0;
    call->host->clean_up(call->host, &undone, &left);
    control_succeed(call);
    control_reply_number(call->reply, "undone", undone);
    control_reply_number(call->reply, "left", left);
}

enum control_right {
    CONTROL_EVERYBODY, /* whom the pipe's access list lets connect */
    CONTROL_ADMINISTRATORS
};

/* Every verb of the pipe. */
static const struct control_verb {
    const char16_t *name;
    size_t least, most; /* arguments */
    enum control_right who;
    void (*run)(struct control_call *call);
} verbs[] = {
    {u"version", 0, 0, CONTROL_EVERYBODY, control_run_version},
    {u"status", 0, 1, CONTROL_EVERYBODY, control_run_status},
    {u"stop", 1, 1, CONTROL_EVERYBODY, control_run_stop},
    {u"attach", 1, 1, CONTROL_EVERYBODY, control_run_attach},
    {u"firewall", 1, CONTROL_REQUEST_MAX_STRINGS, CONTROL_EVERYBODY, control_run_firewall},
    {u"update", 1, CONTROL_REQUEST_MAX_STRINGS, CONTROL_EVERYBODY, control_run_update},
    {u"cleanup", 0, 0, CONTROL_ADMINISTRATORS, control_run_cleanup},
};

static const struct control_verb *control_verb_find(const char16_t *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(verbs); i++)
        if (text_equal(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

void control_refuse(struct control_reply *reply, char16_t *units, size_t capacity, uint32_t code,
                    const char16_t *reason)
{
    control_reply_begin(reply, units, capacity, code, NO_VERB);
    control_reply_record(reply);
    control_reply_text(reply, "reason", reason);
}

void control_fail(struct control_call *call, uint32_t code, const char16_t *reason)
{
    control_reply_begin(call->reply, call->reply->units, call->reply->capacity, code, call->verb);
    control_reply_record(call->reply);
    control_reply_text(call->reply, "reason", reason);
}

void control_succeed(struct control_call *call)
{
    control_reply_begin(call->reply, call->reply->units, call->reply->capacity, 0, call->verb);
    control_reply_record(call->reply);
}

bool control_owns(const struct control_caller *caller, const struct control_session *session)
{
    return caller->sid_size && caller->sid_size == session->owner_size &&
           memcmp(caller->sid, session->owner, caller->sid_size) == 0;
}

bool control_may_end(const struct control_caller *caller, const struct control_session *session)
{
    return caller->is_administrator || control_owns(caller, session);
}

bool control_parse_number(const char16_t *text, uint64_t *number)
{
    enum { MOST_DIGITS = 19 }; /* so that no number overflows */
    const size_t length = text_length(text);
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < u'0' || text[i] > u'9' || length > MOST_DIGITS)
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - u'0');
    }
    return length > 0;
}

/* About a number of arguments that is not allowed. */
static const char16_t *control_arguments_reason(const struct control_verb *verb)
{
    return verb->most > 1 ? u"This verb takes an argument at least"
           : verb->most   ? u"This verb takes one argument"
                          : u"This verb takes no argument";
}

static void control_run(const struct control_verb *verb, struct control_call *call)
{
    if (call->argument_count < verb->least || call->argument_count > verb->most) {
        control_fail(call, ERROR_INVALID_PARAMETER, control_arguments_reason(verb));
    } else if (verb->who == CONTROL_ADMINISTRATORS && !call->caller->is_administrator) {
        log_error_of(LOG_CONTROL_REFUSED, ERROR_ACCESS_DENIED,
                     "The control request '%s' is for administrators only", UTF8(verb->name));
        control_fail(call, ERROR_ACCESS_DENIED, u"This is for administrators only");
    } else {
        verb->run(call);
    }
}

bool control_serve(struct control_host *host, const struct control_caller *caller,
                   const void *message, size_t size, struct control_reply *reply,
                   char16_t units[CONTROL_REPLY_MAX_UNITS])
{
    struct control_request request;
    uint32_t error = control_request_decode(message, size, &request);
    if (error) {
        control_refuse(reply, units, CONTROL_REPLY_MAX_UNITS, error,
                       u"This is no request of the control pipe");
        return false;
    }
    const struct control_verb *verb = control_verb_find(request.strings[0]);
    if (!verb) {
        control_refuse(reply, units, CONTROL_REPLY_MAX_UNITS, ERROR_NOT_SUPPORTED,
                       u"This service does not know the verb");
        return true;
    }
    struct control_call call = {.host = host,
                                .caller = caller,
                                .verb = verb->name,
                                .argument = request.count > 1 ? request.strings[1] : NULL,
                                .arguments = request.strings + 1,
                                .argument_count = request.count - 1,
                                .reply = reply};
    *reply = (struct control_reply){.units = units, .capacity = CONTROL_REPLY_MAX_UNITS};
    control_run(verb, &call);
    return true;
}
