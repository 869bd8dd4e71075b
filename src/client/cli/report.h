/* SPDX-License-Identifier: MIT */
/* report.h: the output of the command `connect`, and the errors of all commands: lines of progress,
 * or with --json one JSON object per line. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "client/cli/exits.h"
#include "client/gatehouse.h"
#include "client/cli/connect/management.h"
#include "client/cli/firewall/ask.h"

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

struct report {
    bool json;
    uint64_t start; /* GetTickCount64() */
};

struct report report_begin(bool json);

/* openvpn.exe runs as process `process_id` and writes to `log`. */
void report_started(const struct report *report, uint32_t process_id, const char16_t *log);

/* openvpn has reported a state. */
void report_state(const struct report *report, const struct management_state *state);

/* openvpn asks for an answer: `asks` is "user" or "password", `realm` what it is for. */
void report_question(const struct report *report, const char *asks, const char *realm);

/* The login for `realm` was refused and is asked for again. */
void report_retry(const struct report *report, const char *realm);

/* openvpn was asked to end, or is terminated because it does not respond (`by_force`). */
void report_disconnecting(const struct report *report, bool by_force);

/* The service has restored the network and ended the session. */
void report_disconnected(const struct report *report, enum exit_code exit);

/* A wrong command line: `what` is wrong about the argument `about` ("": none). `command` is the
 * command whose help page helps ("": the program's). Returns EXIT_USAGE. */
enum exit_code report_usage(const struct report *report, const char *what, const char16_t *about,
                            const char16_t *command);

/* An error of libgatehouse, or that memory is short. Returns its exit code. */
enum exit_code report_problem(const struct report *report, const struct gatehouse_error *error);
enum exit_code report_no_memory(const struct report *report);

/* The same for an error that ends nothing. */
void report_warning(const struct report *report, const struct gatehouse_error *error);

/* The kill switch has been started. */
struct targets;
void report_kill_switch(const struct report *report, const struct gatehouse_firewall *state,
                        const struct targets *targets);

/* It blocks because the tunnel is lost, or (`has_ended`) although the connection has ended.
 * `way_out` is a sentence of the service's. */
void report_blocked(const struct report *report, const char16_t *way_out, bool has_ended);

/* It was stopped. */
void report_released(const struct report *report);

/* openvpn.exe goes on without this program. */
void report_detached(const struct report *report, uint32_t process_id);

/* An error with its exit code. `log` is the log to show; NULL: none. */
void report_error(const struct report *report, enum exit_code exit,
                  const struct gatehouse_error *error, const char16_t *log);

/* Likewise for an error of this program, with a Win32 code. `about` is appended to `what`: the name
 * of a file, or "". Returns `exit`. */
enum exit_code report_failure(const struct report *report, enum exit_code exit, uint32_t code,
                              const char16_t *what, const char16_t *about, const char16_t *advice);

#endif
