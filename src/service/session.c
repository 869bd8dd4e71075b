/* SPDX-License-Identifier: MIT */
#include "service/session.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/log.h"
#include "service/log_origin.h"
#include "service/pipe_name.h"
#include "service/serve_child.h"
#include "service/startup/answer.h"
#include "service/caller.h"
#include "service/startup/request.h"
#include "wire/startup.h"

#include <process.h>

/* Our own frames need 20 KiB at most (docs/security.md); the rest is for the deepest call into the
 * system. Reserved, not committed. */
enum { STACK_SIZE = 256 * 1024 };

#define NO_RESOURCES "Insufficient resources to service new clients"

struct session {
    struct service *service;
    struct client_user *user; /* NULL: there are too many clients */
    struct failure refusal;   /* why the client is not served, if it is not */
    struct pipe client;
    struct answer answer;
    struct request request;
};

/* The last reply is only begun before the undo: no slow reader delays it. The client then has time
 * to read, in which its session keeps its place. */
static void serve_client(struct session *session)
{
    CLEANUP(child_close) struct child child = {0};
    struct failure failure = request_serve(&session->request, &child);
    if (!failed(failure) && child.process) {
        clients_note_start(&session->service->clients);
        follow_child(session->service, session->user, session->request.listed, &child,
                     &session->answer);
        session_list_leave(&session->service->sessions, session->request.listed);
        clients_note_end(&session->service->clients);
    }
    if (failed(failure))
        answer_failure(&session->answer, failure);
    answer_end(&session->answer);
}

/* Reads the start-up data first and throws it away: a client that writes before it reads would lose
 * the answer if the pipe were closed at once. Its data may hold a password. */
static void refuse_client(struct session *session)
{
    unsigned char data[STARTUP_MAX_BYTES];
    uint32_t ignored;
    answer_failure(&session->answer, session->refusal);
    if (pipe_read(&session->client, data, sizeof(data), PIPE_TIMEOUT_MILLISECONDS,
                  session->service->stop, &ignored) == ERROR_MORE_DATA)
        pipe_discard(&session->client, PIPE_TIMEOUT_MILLISECONDS, session->service->stop);
    SecureZeroMemory(data, sizeof(data));
    answer_end(&session->answer);
}

static void release_slot(struct service *service, struct client_user *user)
{
    if (user)
        clients_leave(&service->clients, user);
    else
        clients_leave_refusal(&service->clients);
}

/* The client has had its time to read. It may keep its own end, so it is disconnected
 * (pipe_name.h). */
static void end_session(struct session *session)
{
    pipe_disconnect(&session->client);
    release_slot(session->service, session->user);
    free(session);
}

static void run_session(struct session *session)
{
    struct log_origin origin;
    uint32_t size = 0;
    const void *sid = session->user ? clients_sid(session->user, &size) : NULL;
    log_origin_begin(&origin, sid, size);
    if (failed(session->refusal))
        refuse_client(session);
    else
        serve_client(session);
    log_origin_end();
    end_session(session);
}

static unsigned __stdcall session_thread(void *argument)
{
    run_session(argument);
    return 0;
}

static VOID CALLBACK run_session_callback(PTP_CALLBACK_INSTANCE instance, void *context)
{
    (void)instance;
    run_session(context);
}

/* In a thread of its own. If there can be none, one of the pool's tells the client so. */
static bool begin_session(struct session *session)
{
    uintptr_t thread = _beginthreadex(NULL, STACK_SIZE, session_thread, session,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread) {
        CloseHandle((HANDLE)thread);
        return true;
    }
    session->refusal = failure_of(ERROR_NO_SYSTEM_RESOURCES, u"" NO_RESOURCES);
    return TrySubmitThreadpoolCallback(run_session_callback, session, NULL);
}

static void start_session(struct service *service, HANDLE pipe, struct client_user *user)
{
    struct session *session = calloc(1, sizeof(*session));
    if (!session) {
        log_error(ERROR_NOT_ENOUGH_MEMORY, NO_RESOURCES);
        pipe_instance_close(&pipe);
        release_slot(service, user);
        return;
    }
    session->service = service;
    session->user = user;
    if (!user)
        session->refusal = failure_of(ERROR_CANT_WAIT, u"Too many concurrent clients");
    session->answer.pipe = &session->client;
    session->request = (struct request){.settings = &service->settings,
                                        .stop = service->stop,
                                        .client = &session->client,
                                        .answer = &session->answer,
                                        .sessions = &service->sessions};
    uint32_t error = pipe_open(&session->client, pipe);
    if (!error && begin_session(session))
        return;
    log_error(error ? error : GetLastError(), NO_RESOURCES);
    end_session(session);
}

/* Limits count the user of the client's process, because a client can only be impersonated after it
 * has written. */
void session_accept(struct service *service, HANDLE pipe)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    uint32_t size = client_process_user(pipe, sid);
    struct client_user *user = clients_admit(&service->clients, sid, size);
    struct log_origin origin;
    log_origin_begin(&origin, sid, size);
    if (user || clients_admit_refusal(&service->clients))
        start_session(service, pipe, user);
    else
        pipe_instance_close(&pipe);
    log_origin_end();
}
