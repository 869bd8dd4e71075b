/* SPDX-License-Identifier: MIT */
/* sessions.h: what the commands say of the sessions that the service lists, and which of them a
 * user means. */
#ifndef CLIENT_CLI_SESSIONS_H
#define CLIENT_CLI_SESSIONS_H

#include "client/cli/arguments.h"
#include "client/cli/report.h"
#include "client/gatehouse.h"

#include <stdbool.h>
#include <uchar.h>

/* Longest waits, in milliseconds: for the pipe, and for a reply. */
enum { SESSIONS_OPEN_LIMIT = 5000, SESSIONS_ANSWER_LIMIT = 30000 };

enum { SESSION_NAME_UNITS = 256 };

/* Opens the control pipe of the instance. NULL: the error was reported, and *exit is its code. */
struct gatehouse_control *sessions_open(const struct arguments *arguments,
                                        const struct report *report, enum exit_code *exit);

/* Asks for the sessions, and keeps those that `name` means (NULL: all). NULL: as above. The caller
 * frees the status. */
struct gatehouse_status *sessions_ask(struct gatehouse_control *control, const char16_t *name,
                                      const struct report *report, enum exit_code *exit);

/* Usable with CLEANUP(). */
void sessions_close(struct gatehouse_control **control);
void sessions_free(struct gatehouse_status **status);

/* The name of its configuration file without the extension, cut to the array; "-": the service does
 * not know it. */
void session_name(const struct gatehouse_session *session, char16_t name[SESSION_NAME_UNITS]);

/* "starting", "connected" (openvpn.exe has set an address or a route, which it does when the server
 * has accepted it) or "ending". */
const char *session_state(const struct gatehouse_session *session);
bool session_is_connected(const struct gatehouse_session *session);

/* One JSON object for all of them, which the caller frees, zero-terminated; NULL: memory is short.
 * Without the service it says nothing that changes by itself. */
char *sessions_to_json(const struct gatehouse_status *status, bool with_service);

#endif
