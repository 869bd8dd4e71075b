/* SPDX-License-Identifier: MIT */
#include "service/control/serve.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "service/caller.h"
#include "service/control/connection.h"
#include "service/control/end.h"
#include "service/control/host.h"
#include "service/log_origin.h"
#include "service/pipe_name.h"

#include <process.h>

/* As a session's: the deepest call undoes changes (`cleanup`). Reserved, not committed. */
enum { STACK_SIZE = 256 * 1024, REFUSAL_UNITS = 512 };

/* ---- writing ---- */

/* Returns whether the client has taken it, or there was room for it, in time. */
static bool send_reply(struct control_connection *connection, const struct control_reply *reply)
{
    pipe_write_begin(&connection->pipe, reply->units,
                     (uint32_t)(reply->length * sizeof(*reply->units)));
    return pipe_write_end(&connection->pipe, PIPE_TIMEOUT_MILLISECONDS) == 0;
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
    struct pipe *pipe = &connection->pipe;
    HANDLE events[] = {pipe->reading.hEvent, connection->service->stop,
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
    uint32_t error =
        connection->attached
            ? read_while_attached(connection, size)
            : pipe_read(&connection->pipe, connection->request, sizeof(connection->request),
                        PIPE_TIMEOUT_MILLISECONDS, connection->service->stop, size);
    if (error == ERROR_MORE_DATA) {
        pipe_discard(&connection->pipe, PIPE_TIMEOUT_MILLISECONDS, connection->service->stop);
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
        caller_identify(connection->pipe.handle, SecurityIdentification, caller);
    if (!failed(failure))
        return true;
    log_error(failure.code, "A client of the control pipe is refused: %s", UTF8(failure.function));
    send_refusal(connection, failure.code, failure.function);
    return false;
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
    if (!identify_caller(connection, &caller))
        return false;
    const struct control_caller known = {.sid = caller.sid,
                                         .sid_size = GetLengthSid(caller.sid),
                                         .is_administrator = caller_is_administrator(&caller)};
    bool goes_on =
        control_serve(&connection->host, &known, connection->request, size, &reply, units);
    connection->has_asked = true;
    return send_reply(connection, &reply) && goes_on;
}

/* The session that is attached ends with the connection, whichever side has ended that. While the
 * service stops all sessions end anyway. */
static void end_attached(struct control_connection *connection)
{
    struct session_list *list = &connection->service->sessions;
    struct listed_session *session = connection->attached;
    if (!session)
        return;
    if (WaitForSingleObject(session->process, 0) != WAIT_OBJECT_0 &&
        !session_list_is_stopping(list)) {
        log_information("openvpn.exe (process %lu) is ended, because its client has gone",
                        (unsigned long)session->facts.process_id);
        session_end(list, session);
    }
    session_drop(list, session);
}

static void serve_connection(struct control_connection *connection)
{
    uint32_t size;
    while (read_request(connection, &size) && serve_request(connection, size))
        ;
}

/* Reads the request first and throws it away: a client that writes before it reads would lose the
 * answer if the pipe were closed at once. */
static void refuse_connection(struct control_connection *connection)
{
    uint32_t ignored;
    log_error(ERROR_CANT_WAIT, "Too many concurrent clients of the control pipe");
    if (pipe_read(&connection->pipe, connection->request, sizeof(connection->request),
                  PIPE_TIMEOUT_MILLISECONDS, connection->service->stop,
                  &ignored) == ERROR_MORE_DATA)
        pipe_discard(&connection->pipe, PIPE_TIMEOUT_MILLISECONDS, connection->service->stop);
    send_refusal(connection, ERROR_CANT_WAIT, u"Too many concurrent clients");
}

/* ---- the thread ---- */

static void release_control_slot(struct service *service, struct client_user *user)
{
    if (user)
        clients_leave(&service->control_clients, user);
    else
        clients_leave_refusal(&service->control_clients);
}

static void end_connection(struct control_connection *connection)
{
    pipe_disconnect(&connection->pipe);
    release_control_slot(connection->service, connection->user);
    free(connection);
}

static unsigned __stdcall control_thread(void *argument)
{
    struct control_connection *connection = argument;
    struct log_origin origin;
    uint32_t size = 0;
    const void *sid = connection->user ? clients_sid(connection->user, &size) : NULL;
    log_origin_begin(&origin, sid, size);
    if (connection->user)
        serve_connection(connection);
    else
        refuse_connection(connection);
    end_attached(connection);
    log_origin_end();
    end_connection(connection);
    return 0;
}

static void start_connection(struct service *service, HANDLE pipe, struct client_user *user)
{
    struct control_connection *connection = calloc(1, sizeof(*connection));
    if (!connection) {
        log_error(ERROR_NOT_ENOUGH_MEMORY, "A client of the control pipe cannot be served");
        pipe_instance_close(&pipe);
        release_control_slot(service, user);
        return;
    }
    connection->host = service_control_host;
    connection->service = service;
    connection->user = user;
    uint32_t error = pipe_open(&connection->pipe, pipe);
    uintptr_t thread = error ? 0
                             : _beginthreadex(NULL, STACK_SIZE, control_thread, connection,
                                              STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread) {
        log_error(error ? error : ERROR_NO_SYSTEM_RESOURCES,
                  "A client of the control pipe cannot be served");
        end_connection(connection);
        return;
    }
    CloseHandle((HANDLE)thread);
}

/* Limits count the user of the client's process; rights are the token's (caller.h). */
void control_accept(struct service *service, HANDLE pipe)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    uint32_t size = client_process_user(pipe, sid);
    struct client_user *user = clients_admit(&service->control_clients, sid, size);
    struct log_origin origin;
    log_origin_begin(&origin, sid, size);
    if (user || clients_admit_refusal(&service->control_clients))
        start_connection(service, pipe, user);
    else
        pipe_instance_close(&pipe);
    log_origin_end();
}
