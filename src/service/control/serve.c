/* SPDX-License-Identifier: MIT */
#include "service/control/serve.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "service/caller.h"
#include "service/client_image.h"
#include "service/control/connection.h"
#include "service/control/end.h"
#include "service/control/host.h"

enum { REFUSAL_UNITS = 512 };

/* ---- writing ---- */

/* Returns whether the client has taken it, or there was room for it, in time. */
static bool send_reply(struct control_connection *connection, const struct control_reply *reply)
{
    pipe_write_begin(&connection->accepted.pipe, reply->units,
                     (uint32_t)(reply->length * sizeof(*reply->units)));
    return pipe_write_end(&connection->accepted.pipe, PIPE_TIMEOUT_MILLISECONDS) == 0;
}

static void send_refusal(struct control_connection *connection, uint32_t code,
                         const char16_t *reason)
{
    char16_t units[REFUSAL_UNITS];
    struct control_reply reply;
    control_refuse(&reply, units, REFUSAL_UNITS, code, reason);
    send_reply(connection, &reply);
}

/* ---- reading ---- */

/* A connection to which a session is attached may be silent for as long as that lives. Returns as
 * pipe_read(); ERROR_CANCELLED: the service stops, or the attached process has ended. */
static uint32_t read_while_attached(struct control_connection *connection, uint32_t *size)
{
    struct pipe *pipe = &connection->accepted.pipe;
    HANDLE events[] = {pipe->reading.hEvent, connection->accepted.service->stop,
                       connection->attached->process};
    uint32_t error = pipe_read_begin(pipe, connection->request, sizeof(connection->request), size);
    if (error != ERROR_IO_PENDING)
        return error;
    if (WaitForMultipleObjects(ARRAY_COUNT(events), events, FALSE, INFINITE) != WAIT_OBJECT_0) {
        CancelIoEx(pipe->handle, &pipe->reading);
        pipe_read_end(pipe, size);
        return ERROR_CANCELLED;
    }
    return pipe_read_end(pipe, size);
}

/* Reads the next request. Returns false when there is none to serve: the client has gone, is
 * silent or is told that it has sent too much, or the service stops. */
static bool read_request(struct control_connection *connection, uint32_t *size)
{
    uint32_t error = connection->attached
                         ? read_while_attached(connection, size)
                         : pipe_read(&connection->accepted.pipe, connection->request,
                                     sizeof(connection->request), PIPE_TIMEOUT_MILLISECONDS,
                                     connection->accepted.service->stop, size);
    if (error == ERROR_MORE_DATA) {
        pipe_discard(&connection->accepted.pipe, PIPE_TIMEOUT_MILLISECONDS,
                     connection->accepted.service->stop);
        send_refusal(connection, ERROR_INVALID_DATA, u"This is no request of the control pipe");
    } else if (error == WAIT_TIMEOUT && !connection->has_asked) {
        send_refusal(connection, error, u"No request has come within two seconds");
    }
    /* A client that has asked once would take a reply to its silence for one to its next request.
     */
    return error == 0;
}

/* ---- serving ---- */

/* Whoever may not be told apart from others is not served. Windows lets a service impersonate a
 * client only once something of it was read. */
static bool identify_caller(struct control_connection *connection, struct caller *caller)
{
    struct failure failure =
        caller_identify(connection->accepted.pipe.handle, SecurityIdentification, caller);
    if (!failed(failure))
        return true;
    log_error_of(LOG_CONTROL_REFUSED, failure.code, "A client of the control pipe is refused: %s",
                 UTF8(failure.function));
    send_refusal(connection, failure.code, failure.function);
    return false;
}

/* With control_clients=installed not every program is served, whatever its user may do. Its image
 * is looked at once, when something of it was read. */
static bool admit_program(struct control_connection *connection, const struct caller *caller)
{
    const struct client_question question = {.settings = &connection->accepted.service->settings,
                                             .caller = caller,
                                             .pipe = connection->accepted.pipe.handle,
                                             .connected = connection->accepted.connected};
    if (!question.settings->installed_clients_only)
        return true;
    struct failure failure = client_process_check(&question);
    if (!failed(failure) && !connection->has_asked)
        failure = client_image_check(&question);
    if (failed(failure))
        send_refusal(connection, failure.code, failure.function);
    return !failed(failure);
}

/* The reply's memory is taken for one request only: a connection may wait for days. Returns whether
 * the connection goes on. */
static bool serve_request(struct control_connection *connection, uint32_t size)
{
    CLEANUP(caller_close) struct caller caller = {0};
    CLEANUP_FREE char16_t *units = malloc(CONTROL_REPLY_MAX_UNITS * sizeof(*units));
    struct control_reply reply;
    if (!units) {
        send_refusal(connection, ERROR_NOT_ENOUGH_MEMORY, u"The service is short of memory");
        return false;
    }
    if (!identify_caller(connection, &caller) || !admit_program(connection, &caller))
        return false;
    const struct served_caller served = {
        .known = {.sid = caller.sid,
                  .sid_size = GetLengthSid(caller.sid),
                  .is_administrator = caller_is_administrator(&caller)},
        .caller = &caller,
    };
    bool goes_on =
        control_serve(&connection->host, &served.known, connection->request, size, &reply, units);
    connection->has_asked = true;
    return send_reply(connection, &reply) && goes_on;
}

/* The session that is attached ends with the connection, whichever side has ended that. While the
 * service stops all sessions end anyway. */
static void end_attached(struct control_connection *connection)
{
    struct session_list *list = &connection->accepted.service->sessions;
    struct listed_session *session = connection->attached;
    if (!session)
        return;
    if (WaitForSingleObject(session->process, 0) != WAIT_OBJECT_0 &&
        !session_list_is_stopping(list)) {
        log_information_of(LOG_SESSION_ENDED,
                           "openvpn.exe (process %lu) is ended, because its client has gone",
                           (unsigned long)session->facts.process_id);
        session_end(list, session);
    }
    session_drop(list, session);
}

static void serve_connection(struct connection *accepted)
{
    struct control_connection *connection =
        CONTAINING_RECORD(accepted, struct control_connection, accepted);
    uint32_t size;
    connection->host = service_control_host;
    while (read_request(connection, &size) && serve_request(connection, size))
        ;
    end_attached(connection);
}

static void refuse_connection(struct connection *accepted, struct failure reason)
{
    struct control_connection *connection =
        CONTAINING_RECORD(accepted, struct control_connection, accepted);
    log_error_of(LOG_CONTROL_REFUSED, reason.code, "A client of the control pipe is refused: %s",
                 UTF8(reason.function));
    connection_discard(accepted);
    send_refusal(connection, reason.code, reason.function);
}

void control_accept(struct service *service, HANDLE pipe)
{
    static const struct connection_type type = {sizeof(struct control_connection), serve_connection,
                                                refuse_connection};
    connection_accept(&type, service, &service->control_clients, pipe);
}
