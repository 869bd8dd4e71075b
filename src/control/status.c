/* SPDX-License-Identifier: MIT */
/* `status`: the service, and the sessions that the caller may see, page by page. */
#include "base/errors.h"
#include "base/text.h"
#include "control/verbs.h"

enum { MARK_UNITS = 32 /* for "\nmark=<number>\n" */ };

/* A page must have room for the service and for one session, with every unit of its texts escaped,
 * or its reader would come to no end. */
_Static_assert(3 * (CONTROL_CONFIG_UNITS + 6 * CONTROL_NAME_UNITS) + CONTROL_FIREWALL_UNITS + 2000 <
                   CONTROL_REPLY_MAX_UNITS,
               "a reply is too short for one session");

static size_t count_visible(const struct control_caller *caller,
                            const struct control_sessions *sessions)
{
    size_t visible = 0;
    for (size_t i = 0; i < sessions->count; i++)
        visible += control_may_end(caller, sessions->items[i]);
    return visible;
}

static void write_service(struct control_call *call, const struct control_sessions *sessions)
{
    struct control_service service = {0};
    struct control_reply *reply = call->reply;
    call->host->describe(call->host, &service);
    control_reply_text(reply, "version", service.version);
    control_reply_text(reply, "instance", service.instance);
    control_reply_number(reply, "pid", service.process_id);
    control_reply_number(reply, "uptime", service.uptime);
    control_reply_number(reply, "sessions", count_visible(call->caller, sessions));
    control_reply_number(reply, "open_entries", service.open_entries);
    control_reply_number(reply, "left", service.left);
    control_reply_number(reply, "start_undone", service.start_undone);
    control_reply_number(reply, "start_gone", service.start_gone);
    control_reply_number(reply, "start_left_alone", service.start_left_alone);
    control_reply_number(reply, "start_failed", service.start_failed);
    control_write_firewall(call);
    control_write_update(call);
}

static void write_session(struct control_call *call, const struct control_session *session)
{
    struct control_facts facts = {0};
    struct control_reply *reply = call->reply;
    call->host->look(call->host, session, &facts);
    control_reply_record(reply);
    control_reply_number(reply, "pid", session->process_id);
    control_reply_text(reply, "state", facts.is_ending ? u"ending" : u"running");
    control_reply_text(reply, "user", facts.user);
    control_reply_text(reply, "config", session->config);
    control_reply_number(reply, "since", session->since);
    control_reply_number(reply, "client", session->client_id);
    control_reply_text(reply, "adapter", facts.adapter);
    control_reply_number(reply, "addresses", facts.addresses);
    control_reply_number(reply, "routes", facts.routes);
    control_reply_number(reply, "name_servers", facts.name_servers);
    control_reply_number(reply, "rules", facts.rules);
    control_reply_number(reply, "filters", facts.filters);
}

/* Writes the sessions behind `mark` as far as they fit. Returns the mark at which the next page
 * goes on, or 0 if there is none. */
static uint64_t write_page(struct control_call *call, const struct control_sessions *sessions,
                           uint64_t mark)
{
    for (size_t i = 0; i < sessions->count; i++) {
        const struct control_session *session = sessions->items[i];
        if (session->serial <= mark || !control_may_end(call->caller, session))
            continue;
        const struct control_reply before = *call->reply;
        write_session(call, session);
        if (call->reply->is_full) {
            *call->reply = before;
            return mark;
        }
        mark = session->serial;
    }
    return 0;
}

void control_run_status(struct control_call *call)
{
    struct control_sessions sessions = {0};
    uint64_t mark = 0;
    if (call->argument && (!control_parse_number(call->argument, &mark) || !mark)) {
        control_fail(call, ERROR_INVALID_PARAMETER, u"The mark is none of this service's");
        return;
    }
    uint32_t error = call->host->list(call->host, &sessions);
    if (error) {
        control_fail(call, error, u"The sessions cannot be listed");
        return;
    }
    call->reply->capacity -= MARK_UNITS;
    control_succeed(call);
    write_service(call, &sessions);
    uint64_t next = write_page(call, &sessions, mark);
    call->reply->capacity += MARK_UNITS;
    if (next) {
        control_reply_record(call->reply);
        control_reply_number(call->reply, "mark", next);
    }
    call->host->release(call->host, &sessions);
}
