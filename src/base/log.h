/* SPDX-License-Identifier: MIT */
/* log.h: log lines for the administrator of the machine.
 *
 * A line is UTF-8 and is about one event; what exceeds LOG_LINE_MAX bytes, the terminator included,
 * is cut off. The service passes lines to the Windows event log; without a sink they are dropped.
 * Never log secrets or whole command lines of a client. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum { LOG_LINE_MAX = 500 };

enum log_level { LOG_INFORMATION, LOG_ERROR };

/* What a line is about. Each of these has an id of its own in the event log, by which
 * administrators choose what they collect (docs/recovery.md, "Event ids"). */
enum log_event {
    LOG_GENERAL, /* what the reference logs too, and whatever is none of the following */

    LOG_START_REFUSED,   /* no openvpn.exe, for a reason that the reference does not have */
    LOG_PROGRAM_REFUSED, /* no openvpn.exe or tapctl.exe, because users could have changed it */
    LOG_REQUEST_REFUSED, /* a request of openvpn.exe */
    LOG_REQUEST_IN_PART, /* one that was served as far as it could be */
    LOG_CONTROL_REFUSED, /* a request on the control pipe, or its client */
    LOG_LINES_LIMITED,   /* further lines about the same are not logged */

    LOG_SESSION_ENDED, /* a session, because a client of the control pipe wanted that or has gone */

    LOG_RECOVERED,      /* what the last process had left is undone */
    LOG_LEFT_ALONE,     /* a change that is not undone, because it is no longer ours */
    LOG_OBSTACLE,       /* a state that would be of no use now, because of the network */
    LOG_UNDO_FAILED,    /* a change that is still in place, and tried again */
    LOG_UNDO_DONE,      /* nothing is left of those */
    LOG_MADE_AGAIN,     /* what living sessions had lost */
    LOG_NOT_MADE_AGAIN, /* what a living session has lost and does not get back now */
    LOG_JOURNAL,        /* the journal, or what it needs, does not serve */

    LOG_INSTALLATION, /* what an administrator should put right in the installation's folders */
    LOG_SETTING,      /* a registry value of the service */
    LOG_COMMAND_LINE, /* a command line that is not understood */
    LOG_PIPE_NAME,    /* another program has the name of a pipe */

    LOG_KILL_SWITCH_UP,       /* somebody has started it */
    LOG_KILL_SWITCH_CHANGED,  /* somebody has changed what it lets out */
    LOG_KILL_SWITCH_DOWN,     /* somebody has stopped it */
    LOG_KILL_SWITCH_OPENED,   /* a tunnel may be used */
    LOG_KILL_SWITCH_CLOSED,   /* a tunnel has ended, and everything is blocked again */
    LOG_KILL_SWITCH_KEPT,     /* the service has found it up at its start */
    LOG_KILL_SWITCH_REPAIRED, /* parts of it were missing */
    LOG_KILL_SWITCH_REMOVED,  /* not by this service */
    LOG_KILL_SWITCH_FAILED,   /* it could not be read or changed */

    LOG_UPDATE_ACCEPTED,  /* an update is taken over, and is to be installed */
    LOG_UPDATE_REFUSED,   /* one is not taken over */
    LOG_UPDATE_INSTALLED, /* the new version runs */
    LOG_UPDATE_FAILED,    /* it does not */
    LOG_UPDATE_WAITS,     /* for another installation, or for a restart of Windows */
    LOG_EVENT_COUNT
};

/* `text` is the line; it is the sink's until it returns. */
struct log_line {
    enum log_event event;
    enum log_level level;
    uint32_t error; /* the Win32 code that the line is about, 0 for none */
    const char *text;
};

/* Several threads may call a sink at the same time. */
typedef void log_sink(const struct log_line *line);

/* Sets the sink. Call it before other threads exist. */
void log_to(log_sink *sink);

/* Those of errors return `error`, so that a caller can log and return in one expression. */
void log_information_of(enum log_event event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
uint32_t log_error_of(enum log_event event, uint32_t error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_information(...)  log_information_of(LOG_GENERAL, __VA_ARGS__)
#define log_error(error, ...) log_error_of(LOG_GENERAL, error, __VA_ARGS__)

#endif
