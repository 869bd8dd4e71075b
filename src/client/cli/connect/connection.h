/* SPDX-License-Identifier: MIT */
/* connection.h: follows one connection from openvpn's start to the end of the service's session.
 * One thread waits for events of the service, of openvpn's management interface and of the user. */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "client/cli/arguments.h"
#include "client/cli/connect/kill_switch.h"
#include "client/cli/connect/link.h"
#include "client/cli/connect/management.h"
#include "client/cli/connect/paths.h"
#include "client/cli/connect/question.h"
#include "client/cli/report.h"

enum { MANAGEMENT_PASSWORD_MAX = 32, EXIT_EVENT_NAME_UNITS = 40 };

enum connection_phase {
    PHASE_REACHING, /* openvpn has not opened its management interface */
    PHASE_TALKING,  /* connected to the management interface */
    PHASE_ENDING    /* openvpn ends, then the service restores the network */
};

struct connection {
    const struct arguments *arguments;
    struct report report;
    struct gatehouse *service;
    struct gatehouse_control *attached; /* ends the session with this program; NULL: nothing does */
    void *process;                      /* HANDLE of openvpn.exe; NULL: could not be opened */
    void *end_event;                    /* HANDLE of an event: the user asks to end */
    uint32_t process_id;
    uint16_t port;
    char password[MANAGEMENT_PASSWORD_MAX + 1]; /* of the management interface */
    char16_t exit_event[EXIT_EVENT_NAME_UNITS]; /* by which the service tells openvpn.exe to end */
    char16_t log[PATH_UNITS];
    struct kill_switch kill_switch;

    enum connection_phase phase;
    uint64_t deadline; /* of the phase, as GetTickCount64(); UINT64_MAX: none */
    struct link link;
    struct management management;
    struct question question;
    bool logged_in; /* to the management interface */
    bool connected; /* CONNECTED was seen */
    bool asked_to_end;
    bool is_left;  /* the service had not ended the session when this program gave up */
    bool detached; /* openvpn.exe goes on without this program */
    bool killed;
    bool failed; /* the error was reported; `exit` is its code */
    enum exit_code exit;
};

/* Follows an openvpn.exe that has just been started, until the service closes the session, or with
 * --detach until it is connected. Returns the exit code of the program. */
enum exit_code connection_run(struct connection *connection);

/* Reports an error, stores its exit code, and ends the connection. Later errors are ignored. */
void connection_fail(struct connection *connection, enum exit_code exit, uint32_t code,
                     const char16_t *what, const char16_t *advice);

/* Sends one command line to openvpn. */
void connection_send(struct connection *connection, const char *command, size_t size);

/* Starts the time limit again, or suspends it (`runs` is false) while the user types an answer. */
void connection_restart_clock(struct connection *connection, bool runs);

#endif
