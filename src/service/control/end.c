/* SPDX-License-Identifier: MIT */
#include "service/control/end.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/caller.h"

enum {
    EXIT_MILLISECONDS = 5000, /* for openvpn.exe to end by itself */
    UNDO_MILLISECONDS = 30000 /* for everything, that included */
};

/* The event belongs to the client, so it is opened with the client's rights and never made: a name
 * that somebody else holds, or nobody, is no reason to act with the service's. */
static bool tell_to_end(const struct listed_session *session)
{
    CLEANUP_HANDLE HANDLE event = NULL;
    if (!*session->exit_event)
        return false;
    uint32_t error = token_open_event(session->token, session->exit_event, &event);
    if (!error && !SetEvent(event))
        error = GetLastError();
    if (error)
        log_error_of(LOG_SESSION_ENDED, error,
                     "openvpn.exe (process %lu) cannot be told to end by its event %s",
                     (unsigned long)session->facts.process_id, UTF8(session->exit_event));
    return !error;
}

/* Of a process that has ended already this changes nothing. */
static void end_process(const struct listed_session *session)
{
    TerminateProcess(session->process, 1);
}

static void tell_all(struct control_sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++) {
        struct listed_session *session = (struct listed_session *)sessions->items[i];
        session->is_ending = true;
        if (!tell_to_end(session))
            end_process(session);
    }
}

static void log_requests(const struct control_sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++)
        log_information_of(LOG_SESSION_ENDED,
                           "A client of the control pipe ends openvpn.exe (process %lu)",
                           (unsigned long)sessions->items[i]->process_id);
}

void sessions_end(struct session_list *list, struct control_sessions *sessions)
{
    const uint64_t start = GetTickCount64();
    log_requests(sessions);
    tell_all(sessions);
    session_list_wait(list, sessions, start + EXIT_MILLISECONDS);
    if (session_list_is_stopping(list))
        return;
    for (size_t i = 0; i < sessions->count; i++)
        end_process((const struct listed_session *)sessions->items[i]);
    session_list_wait(list, sessions, start + UNDO_MILLISECONDS);
}

void session_end(struct session_list *list, struct listed_session *session)
{
    const struct control_session *item = &session->facts;
    struct control_sessions sessions = {&item, 1};
    tell_all(&sessions);
    session_list_wait(list, &sessions, GetTickCount64() + EXIT_MILLISECONDS);
    if (sessions.count && !session_list_is_stopping(list))
        end_process(session);
}
