/* SPDX-License-Identifier: MIT */
/* session_list.h: the sessions with an openvpn.exe, for the control pipe to look at and to end.
 *
 * A session is in the list from before its client learns the process id until all that it has
 * changed is undone. Others hold it by reference, so that what they see stays valid, and the list's
 * lock is held for moments only: no one who looks keeps a session waiting. Thread-safe. */
#ifndef SERVICE_SESSION_LIST_H
#define SERVICE_SESSION_LIST_H

#include "channel/tally.h"
#include "control/control.h"
#include "policy/exit_event.h"
#include "service/caller.h"

#include <windows.h>

struct listed_session {
    struct control_session facts; /* points into this struct; first, so that it leads back here */
    struct channel_tally tally;   /* written by the session */
    HANDLE process;
    HANDLE token;                          /* of the client: by which its event is opened */
    char16_t exit_event[EXIT_EVENT_UNITS]; /* the full name; empty: openvpn.exe has none */
    unsigned char owner[SECURITY_MAX_SID_SIZE];
    atomic_bool is_ending; /* its undo has begun, or is about to */
    bool has_ended;        /* all is undone; guarded by the list's lock, like what follows */
    unsigned references;
    struct listed_session *next, *previous;
    char16_t config[];
};

struct session_list {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;      /* a session has ended, or the service stops */
    struct listed_session *sessions; /* oldest first */
    size_t count;
    uint64_t last_serial;
    bool is_stopping;
};

void session_list_open(struct session_list *list);

/* Whoever waits for sessions waits no longer. */
void session_list_stop(struct session_list *list);

/* What is known of a session before it is in the list. */
struct session_facts {
    struct caller *caller; /* its token is taken over, also when entering fails */
    const struct tokens *options;
    HANDLE client_pipe;
    HANDLE process;
    uint32_t process_id;
};

/* Enters a session. Returns 0 or a Win32 error. */
uint32_t session_list_enter(struct session_list *list, const struct session_facts *facts,
                            struct listed_session **session);

/* The session has ended and everything is undone. */
void session_list_leave(struct session_list *list, struct listed_session *session);

/* One more reference to a session that is in a list of session_list_copy(), and one less. */
void session_hold(struct session_list *list, struct listed_session *session);
void session_drop(struct session_list *list, struct listed_session *session);

/* The list as it is now, with a reference to each. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t session_list_copy(struct session_list *list, struct control_sessions *copy);
void session_list_release(struct session_list *list, struct control_sessions *copy);

/* Waits until all these have ended, the service stops, or GetTickCount64() is at `deadline`. Takes
 * what has ended from the count, and puts the others first. */
void session_list_wait(struct session_list *list, struct control_sessions *sessions,
                       uint64_t deadline);

/* Whether the service stops: nobody waits for sessions then. */
bool session_list_is_stopping(struct session_list *list);

#endif
