/* SPDX-License-Identifier: MIT */
/* connection.h: one connection from openvpn's start to the end of the service's session: one thread
 * that waits for news of the service, of openvpn's management interface, of the user. */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "client/arguments.h"
#include "client/link.h"
#include "client/management.h"
#include "client/paths.h"
#include "client/question.h"
#include "client/report.h"

enum { MANAGEMENT_PASSWORD_MAX = 32 };

enum connection_phase {
    PHASE_REACHING, /* openvpn does not listen yet */
    PHASE_TALKING,  /* the management interface is open */
    PHASE_ENDING    /* openvpn is to end, or is ending; undo follows */
};

struct connection {
    const struct arguments *arguments;
    struct report report;
    struct gatehouse *service;
    void *process;   /* HANDLE of openvpn.exe, NULL when Windows gave none */
    void *end_event; /* HANDLE: the user wants to end */
    uint32_t process_id;
    uint16_t port;
    char password[MANAGEMENT_PASSWORD_MAX + 1]; /* of the management interface */
    char16_t log[PATH_UNITS];

    enum connection_phase phase;
    uint64_t deadline; /* of the phase, in GetTickCount64()'s time; UINT64_MAX: none */
    struct link link;
    struct management management;
    struct question question;
    bool logged_in; /* to the management interface */
    bool connected; /* CONNECTED was seen */
    bool asked_to_end;
    bool killed;
    bool failed; /* the reason was reported; `exit` holds it */
    enum exit_code exit;
};

/* Follows an openvpn.exe that has just been started until the service has closed the session. */
enum exit_code connection_run(struct connection *connection);

/* Reports the failure, remembers its exit code, and ends the connection. Only the first counts. */
void connection_fail(struct connection *connection, enum exit_code exit, uint32_t code,
                     const char16_t *what, const char16_t *advice);

/* Sends one command line to openvpn. */
void connection_send(struct connection *connection, const char *command, size_t size);

/* The user's time to answer does not count. */
void connection_restart_clock(struct connection *connection, bool runs);

#endif
