/* SPDX-License-Identifier: MIT */
#include "service/session.h"

#include "base/errors.h"
#include "base/log.h"
#include "service/startup/answer.h"
#include "service/serve_child.h"
#include "service/log_origin.h"
#include "service/startup/request.h"

#include <process.h>

/* Our own frames need 20 KiB at most (docs/security.md); the rest is for the deepest call into the
 * system. Reserved, not committed. */
enum { STACK_SIZE = 256 * 1024 };

struct session {
    struct service *service;
    struct client_user *place; /* NULL: the client is refused */
    struct pipe client;
    struct answer answer;
    struct request request;
};

/* Whatever openvpn.exe has had done is undone before the client is waited for: the last reply is
 * only begun here. */
static void run(struct session *session)
{
    CLEANUP(child_close) struct child child = {0};
    struct failure failure = request_serve(&session->request, &child);

    if (!failure.function && child.process) {
        clients_note_start(&session->service->clients);
        follow_child(session->service, session->place, &child, &session->answer);
        clients_note_end(&session->service->clients);
    }
    if (failure.function)
        answer_failure(&session->answer, failure);
    answer_end(&session->answer);
}

/* A client that writes before it reads would lose our answer if the pipe were closed at once, so
 * its start-up data is waited for like any other's, and thrown away. */
static void refuse(struct session *session)
{
    unsigned char byte;
    uint32_t ignored;

    answer_failure(&session->answer, failure_of(ERROR_CANT_WAIT, u"Too many concurrent clients"));
    pipe_read(&session->client, &byte, sizeof(byte), PIPE_TIMEOUT_MILLISECONDS,
              session->service->stop, &ignored);
    answer_end(&session->answer);
}

static void leave(struct service *service, struct client_user *place)
{
    if (place)
        clients_leave(&service->clients, place);
    else
        clients_leave_refusal(&service->clients);
}

/* Closing, other than disconnecting, leaves the client what it has not read yet, so no client need
 * be waited for. */
static void end(struct session *session)
{
    pipe_close(&session->client);
    leave(session->service, session->place);
    free(session);
}

static unsigned __stdcall session_thread(void *argument)
{
    struct session *session = argument;
    struct log_origin speaker;
    uint32_t size = 0;
    const void *user = session->place ? clients_user(session->place, &size) : NULL;

    log_origin_begin(&speaker, user, size);
    if (session->place)
        run(session);
    else
        refuse(session);
    log_origin_end();
    end(session);
    return 0;
}

/* Nothing but the pipe is left to answer with. */
static void give_up(struct session *session, uint32_t error)
{
    answer_failure(&session->answer,
                   failure_of(error, u"Insufficient resources to service new clients"));
    end(session);
}

static void begin(struct service *service, HANDLE pipe, struct client_user *place)
{
    struct session *session = calloc(1, sizeof(*session));

    if (!session) {
        log_error(ERROR_NOT_ENOUGH_MEMORY, "Insufficient resources to service new clients");
        CloseHandle(pipe);
        leave(service, place);
        return;
    }
    session->service = service;
    session->place = place;
    session->answer.pipe = &session->client;
    session->request = (struct request){
        .service = service, .client = &session->client, .answer = &session->answer};
    uint32_t error = pipe_open(&session->client, pipe);
    if (error) {
        log_error(error, "Insufficient resources to service new clients");
        end(session);
        return;
    }
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, session_thread, session,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread) {
        give_up(session, ERROR_NO_SYSTEM_RESOURCES);
        return;
    }
    CloseHandle((HANDLE)thread);
}

void session_start(struct service *service, HANDLE pipe, struct client_user *place)
{
    begin(service, pipe, place);
}

void session_refuse(struct service *service, HANDLE pipe)
{
    begin(service, pipe, NULL);
}
