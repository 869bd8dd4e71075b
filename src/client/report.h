/* SPDX-License-Identifier: MIT */
/* report.h: what `connect` tells its user: lines of progress, or with --json one object a line. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "client/exits.h"
#include "client/gatehouse.h"
#include "client/management.h"

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

struct report {
    bool json;
    uint64_t start; /* GetTickCount64() */
};

struct report report_begin(bool json);

/* openvpn.exe runs as this process and writes this log. */
void report_started(const struct report *report, uint32_t process_id, const char16_t *log);

/* A state of openvpn's. */
void report_state(const struct report *report, const struct management_state *state);

/* What is asked of the user ("user", "password"), and for what. */
void report_question(const struct report *report, const char *asks, const char *realm);

/* The login was refused and is asked again. */
void report_retry(const struct report *report, const char *realm);

/* openvpn was asked to end; or, not listening, is ended by force. */
void report_disconnecting(const struct report *report, bool by_force);

/* All is undone: the service has ended the session. */
void report_disconnected(const struct report *report, enum exit_code exit);

/* `log` may be NULL. */
void report_error(const struct report *report, enum exit_code exit,
                  const struct gatehouse_error *error, const char16_t *log);

#endif
