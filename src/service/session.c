/* SPDX-License-Identifier: MIT */
#include "service/session.h"

#include "base/cleanup.h"
#include "service/connection.h"
#include "service/serve_child.h"
#include "service/startup/answer.h"
#include "service/startup/request.h"

struct session {
    struct connection connection;
    struct answer answer;
    struct request request;
};

/* The last reply is only begun before the undo: no slow reader delays it. The client then has time
 * to read, in which its session keeps its place. */
static void serve_client(struct connection *connection)
{
    struct session *session = CONTAINING_RECORD(connection, struct session, connection);
    struct service *service = connection->service;
    struct profile_copies copies = {.store = &service->profiles};
    CLEANUP(child_close) struct child child = {0};
    session->answer.pipe = &connection->pipe;
    session->request = (struct request){.settings = &service->settings,
                                        .stop = service->stop,
                                        .client = &connection->pipe,
                                        .answer = &session->answer,
                                        .sessions = &service->sessions,
                                        .user = connection->user,
                                        .copies = &copies};
    struct failure failure = request_serve(&session->request, &child);
    if (!failed(failure) && child.process) {
        clients_note_start(&service->clients);
        follow_child(service, connection->user, session->request.listed, &child, &session->answer);
        session_list_leave(&service->sessions, session->request.listed);
        clients_note_end(&service->clients);
    }
    profile_copies_remove(&copies); /* before a client that reads slowly is waited for */
    if (failed(failure))
        answer_failure(&session->answer, failure);
    answer_end(&session->answer);
}

static void refuse_client(struct connection *connection, struct failure reason)
{
    struct session *session = CONTAINING_RECORD(connection, struct session, connection);
    session->answer.pipe = &connection->pipe;
    answer_failure(&session->answer, reason);
    connection_discard(connection);
    answer_end(&session->answer);
}

void session_accept(struct service *service, HANDLE pipe)
{
    static const struct connection_type type = {sizeof(struct session), serve_client,
                                                refuse_client};
    connection_accept(&type, service, &service->clients, pipe);
}
